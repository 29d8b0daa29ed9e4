"""What stands around every endpoint: access, trust, logs, errors."""
