"""The endpoints that machines call."""
