"""FHIR resources out of the words of a story."""
