"""The picture of a program: drawn, as a table, and in words."""
