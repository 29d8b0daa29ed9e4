"""A look-back of any size: two steps that any process can do, do again, and do in any order."""
