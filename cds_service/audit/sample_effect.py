"""What other policies change for the invented population: the same look-back twice, held against each other."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from cds_service.audit.audit_terms import Terms
from cds_service.audit.bucket import audited_patient
from cds_service.audit.line_heads import LineHead, line_head
from cds_service.audit.patients import PatientLine
from cds_service.audit.population import PATIENTS, population
from cds_service.audit.population_files import SAMPLE_FEES, patient_resources
from cds_service.audit.results.policy_effect import PolicyEffect, policy_effect
from cds_service.audit.results.sqlite_file import RESULTS_FILE, write_sqlite
from cds_service.audit.rows import PatientRows
from cds_service.audit.shared import shared_record
from cds_service.policies.stack import PolicyStack

_TERMS: Final = Terms(secret=b"invented")


def effect_on_sample(first: PolicyStack, second: PolicyStack, patients: int = PATIENTS) -> PolicyEffect:
    """Look back over an invented population by both policies, and say what the second change."""
    rows = tuple(zip(*_rows(patients, (first, second)), strict=True))
    with TemporaryDirectory() as folder:
        files = [Path(folder, f"{side}-{RESULTS_FILE}") for side in ("first", "second")]
        for file, of_patients in zip(files, rows, strict=True):
            write_sqlite(of_patients, (), (), {}, file)
        return policy_effect(*files)


def _rows(patients: int, sides: Sequence[PolicyStack]) -> Iterator[tuple[PatientRows, ...]]:
    """The rows of each patient, by each of the policies."""
    people = population(patients)
    for program in people.programs:
        lines = tuple(map(_line, patient_resources(program, people.visit_errors)))
        shared = shared_record(line for line in lines if not line.patient)
        own = [line for line in lines if line.patient]
        yield tuple(audited_patient(program.patient, own, shared, side, _TERMS, SAMPLE_FEES) for side in sides)


def _line(resource: Mapping[str, object]) -> PatientLine:
    raw = orjson.dumps(resource)
    head = line_head(raw)
    if not isinstance(head, LineHead):
        raise TypeError(f"{resource['resourceType']} of the invented population cannot be read: {head.why}")
    return PatientLine(head.kind, head.id, head.patient, raw)
