"""A site's own copies of official PDF forms, filled field by field from a packet."""
