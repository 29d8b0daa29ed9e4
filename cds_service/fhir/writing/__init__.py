"""From findings to FHIR resources: Claim, ChargeItem, ServiceRequest."""
