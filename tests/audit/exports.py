"""Exports for tests: the resources of stories as lines, as a Bulk Data export has them."""

import json

from cds_service.audit.audit_terms import Terms
from cds_service.audit.bucket import audited_patient
from cds_service.audit.line_heads import LineHead, line_head
from cds_service.audit.past_visits import Patient
from cds_service.audit.patients import PatientLine, patient_record
from cds_service.audit.shared import shared_record
from tests.playing import bundled_policies

TERMS = Terms(secret=b"a test")


def lines_of(resources):
    """The lines of resources that a look-back reads, and those that all patients share."""
    lines, shared = [], []
    for number, resource in enumerate(resources, start=1):
        raw = json.dumps(resource).encode()
        head = line_head(raw)
        if isinstance(head, LineHead):
            line = PatientLine(head.kind, head.id, head.patient, raw, "export.ndjson", number)
            (lines if head.patient else shared).append(line)
    return lines, shared


def looked_back(resources, patient, policies=None, terms=TERMS):
    """A patient whose visits can be asked for."""
    lines, shared = lines_of(resources)
    record = patient_record(
        patient, [line for line in lines if line.patient == patient], shared_record(shared).by_type, terms
    )
    return Patient(record, policies or bundled_policies(), terms)


def rows_of(resources, patient, policies=None, terms=TERMS):
    """The rows of a patient."""
    lines, shared = lines_of(resources)
    own = [line for line in lines if line.patient == patient]
    return audited_patient(patient, own, shared_record(shared), policies or bundled_policies(), terms)
