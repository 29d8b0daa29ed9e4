"""Assembly of a running service: settings, reloading, metrics."""
