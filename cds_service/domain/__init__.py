"""What is known about a case and what is found in it.

Pure: standard library only, no input or output, no clock, no FHIR. Time and identity are passed in.
"""
