"""What is kept of calls and feedback, and what can be learned from it: never the content of a chart."""
