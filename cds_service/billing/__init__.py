"""From a visit or drafts to its bill: pure functions of a case and the policy values of its date."""
