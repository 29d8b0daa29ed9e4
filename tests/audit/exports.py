"""Exports for tests: the resources of stories as lines, as a Bulk Data export has them."""

import json

from cds_service.audit.bucket import audited_patient
from cds_service.audit.line_heads import LineHead, head_of
from cds_service.audit.patients import PatientLine, record_of
from cds_service.audit.shared import shared_record
from cds_service.audit.terms import Terms
from cds_service.audit.visits import Patient
from tests.playing import bundled_policies

TERMS = Terms(secret=b"a test")


def lines_of(resources):
    """The lines of resources that a look-back reads, and those that all patients share."""
    lines, shared = [], []
    for number, resource in enumerate(resources, start=1):
        raw = json.dumps(resource).encode()
        head = head_of(raw)
        if isinstance(head, LineHead):
            line = PatientLine(head.kind, head.id, head.patient, raw, "export.ndjson", number)
            (lines if head.patient else shared).append(line)
    return lines, shared


def looked_back(resources, patient, policies=None, terms=TERMS):
    """A patient whose visits can be asked for."""
    lines, shared = lines_of(resources)
    record = record_of(patient, [line for line in lines if line.patient == patient], shared_record(shared).by_type, terms)
    return Patient(record, policies or bundled_policies(), terms)


def rows_of(resources, patient, policies=None, terms=TERMS):
    """The rows of a patient."""
    lines, shared = lines_of(resources)
    own = [line for line in lines if line.patient == patient]
    return audited_patient(patient, own, shared_record(shared), policies or bundled_policies(), terms)
