"""Look-back: past visits of many patients put to the same pipeline, against what was billed."""
