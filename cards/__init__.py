"""From findings to a CDS Hooks response: wording, Markdown, suggestions, override reasons and the answer's own checks.

Pure: imports ``cds_service.domain`` only; identity and time are passed in, FHIR resources arrive as plain dicts.
"""
