"""A program as a picture: its facts, from the case that the rules read."""
