"""What became of the cards, for the billing and clinical lead, behind a door."""
