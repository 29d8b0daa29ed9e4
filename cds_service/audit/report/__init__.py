"""The report of a look-back: HTML without outside parts, from the SQLite file of its results."""
