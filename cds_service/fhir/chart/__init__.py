"""From resources to the chart of one patient."""
