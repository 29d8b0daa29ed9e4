"""The SMART app: opened from a patient's chart in the EHR, it shows the state of the patient's program."""
