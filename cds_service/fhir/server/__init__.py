"""FHIR servers of clients: what is asked, and how."""
