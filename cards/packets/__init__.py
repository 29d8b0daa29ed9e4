"""The authorization packet for people: what stands on its page."""
