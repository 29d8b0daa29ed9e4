"""The authorization packet, drawn up from a consultation."""
