"""The commands ``policies ...``."""
