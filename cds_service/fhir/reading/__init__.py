"""From bytes to resources: the fields that rules use, and what they mean."""
