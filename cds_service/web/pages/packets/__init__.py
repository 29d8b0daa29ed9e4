"""The page on which a request for approval is read, edited, printed and taken along."""
