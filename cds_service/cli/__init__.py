"""The command line: run the service, act as an EHR, look at policies, rules and records."""
