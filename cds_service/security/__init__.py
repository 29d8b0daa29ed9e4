"""Who may call us."""
