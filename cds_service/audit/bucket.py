"""A bucket: the lines of some patients, with what belongs to everybody, made rows of each patient."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from cds_service.audit.audit_terms import Terms
from cds_service.audit.finding_rows import RowWords
from cds_service.audit.past_visits import Patient
from cds_service.audit.patients import PatientLine, PatientRecord, SetAsidePatient, patient_record
from cds_service.audit.program_rows import ProgramsOf
from cds_service.audit.rows import BadLineRow, PatientRows
from cds_service.audit.shared import SharedRecord
from cds_service.audit.visit_rows import RowsOfVisit, VisitRows
from cds_service.domain.fees import NO_FEES, FeeTable
from cds_service.fhir.reading.clinical_resources import EncounterResource, ProcedureResource
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.set_aside import OTHER_VERSION
from cds_service.policies.stack import PolicyStack

_NOT_READ: Final = "could not be read"


def audited(
    lines: Iterable[PatientLine],
    shared: SharedRecord,
    policies: PolicyStack,
    terms: Terms,
    fees: FeeTable = NO_FEES,
) -> Iterator[PatientRows]:
    """The rows of each patient of a bucket, by patient; the same whatever the order of the lines.

    Args:
        lines: All lines of the bucket's patients.
        shared: What belongs to no patient.
        policies: What to decide by.
        terms: What was asked for.
        fees: Dollars a unit.
    """
    for patient, of_patient in groupby(sorted(lines, key=attrgetter("patient")), attrgetter("patient")):
        yield audited_patient(patient, list(of_patient), shared, policies, terms, fees)


def audited_patient(
    patient: str,
    lines: Sequence[PatientLine],
    shared: SharedRecord,
    policies: PolicyStack,
    terms: Terms,
    fees: FeeTable = NO_FEES,
) -> PatientRows:
    """The rows of one patient."""
    key = terms.patient_key(patient)
    record = patient_record(patient, lines, shared.by_type, terms)
    if isinstance(record, SetAsidePatient):
        return PatientRows(key, set_aside=record.why, resources=record.resources, bad_lines=record.bad_lines)
    looked_at = Patient(record, policies, terms)
    words = RowWords(policies, looked_at.chart, with_ids=terms.with_ids)
    programs = ProgramsOf(looked_at, key, words)
    rows = tuple(_rows_of_visits(looked_at, VisitRows(key, record.prefetch, shared, words, terms, fees), programs))
    of_programs = tuple(programs.rows(rows))
    return PatientRows(
        patient=key,
        visits=tuple(found.visit for found in rows),
        lines=tuple(line for found in rows for line in found.lines),
        findings=(
            *(finding for found in rows for finding in found.findings),
            *(finding for _, findings, _ in of_programs for finding in findings),
        ),
        programs=tuple(program for program, _, _ in of_programs),
        gaps=(*(gap for found in rows for gap in found.gaps), *(gap for _, _, gaps in of_programs for gap in gaps)),
        resources=len(record.lines),
        read=record.counts,
        bad_lines=(*record.bad_lines, *_not_used(record, looked_at)),
    )


def _rows_of_visits(patient: Patient, rows: VisitRows, programs: ProgramsOf) -> Iterator[RowsOfVisit]:
    on, number = None, 0
    for visit in patient.visits():
        number = number + 1 if visit.date == on else 1
        on = visit.date
        case = visit.answered.case if visit.answered is not None else visit.case
        found = rows.of(visit, f"{rows.patient}.{on.isoformat()}.{number}", programs.key_of(case))
        if _is_asked_about(found, rows.terms):
            yield found


def _is_asked_about(found: RowsOfVisit, terms: Terms) -> bool:
    """Whether payer and clinic are those asked for."""
    payer, clinic = terms.payer.casefold(), terms.clinic.casefold()
    row = found.visit
    of_payer = payer in row.payer.casefold() or payer == row.payer_class.casefold()
    return of_payer and clinic in row.clinic.casefold()


def _not_used(record: PatientRecord, patient: Patient) -> Iterator[BadLineRow]:
    """Resources that could not be read, or are of another FHIR version, where they stood; all of them."""
    reasons = {line.reference: next((gap.why for gap in line.gaps), _NOT_READ) for line in record.unread}
    of_other = {gap.reference for gap in patient.chart.gaps if gap.why == OTHER_VERSION}
    of_other |= set(_in_r5_shape(record.prefetch))
    for reference, line in record.lines.items():
        if reference in reasons:
            yield BadLineRow(line.file, line.number, f"The {line.kind} {reasons[reference]}.", "unreadable")
        elif reference in of_other:
            yield BadLineRow(line.file, line.number, f"The {line.kind} {OTHER_VERSION}.", "other-version")


def _in_r5_shape(prefetch: Prefetch) -> Iterator[str]:
    """Visits and treatments with their time where FHIR R5 has it; a chart names only the first few of them."""
    for name, visit in prefetch.of(EncounterResource).items():
        if visit.actual_period is not None and visit.period is None:
            yield f"Encounter/{name}"
    for name, treatment in prefetch.of(ProcedureResource).items():
        if treatment.occurrence_period is not None or treatment.occurrence_date_time is not None:
            yield f"Procedure/{name}"
