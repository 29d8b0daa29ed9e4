"""The EHR's side, for trials: signed calls, loading a FHIR server, judging responses."""
