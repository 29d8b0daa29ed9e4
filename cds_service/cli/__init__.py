"""Groups of commands of the command line that are large enough for a home of their own."""
