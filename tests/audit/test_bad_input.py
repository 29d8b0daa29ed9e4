"""What an export should not hold is counted and named by file and line; the rest is looked at."""

import json
from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from cds_service.audit.line_heads import BadHead, line_head
from cds_service.audit.patients import SetAsidePatient, patient_record
from cds_service.audit.rows import Verdict
from tests.audit.charts import FIRST, FURTHER, MONDAY, SUBJECT, claim, condition, visit, worker
from tests.audit.exports import TERMS, lines_of, looked_back, rows_of

TUESDAY = MONDAY + timedelta(days=1)


def why_not(text):
    head = line_head(text.encode() if isinstance(text, str) else text)
    return head.kind if isinstance(head, BadHead) else head


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('{"resourceType": "Procedure"', "broken"),
        ("[1, 2]", "broken"),
        (b"\xff\xfe", "broken"),
        ('{"id": "nothing"}', "broken"),
        ('{"resourceType": "Procedure", "subject": {"reference": "Patient/a"}}', "broken"),
        ('{"resourceType": "Patient"}', "no-patient"),
        ('{"resourceType": "Procedure", "id": "a"}', "no-patient"),
        ('{"resourceType": "Procedure", "id": "a", "subject": "Patient/a"}', "no-patient"),
        ('{"resourceType": "Procedure", "id": "a", "subject": {"reference": "Group/a"}}', "no-patient"),
        ('{"resourceType": "MedicationRequest", "id": "a"}', "unknown-type"),
        ("[" * 100_000, "broken"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(line, kind):
    assert why_not(line) == kind


def test_why_a_line_is_not_used_repeats_nothing_of_it():
    head = line_head(b'{"resourceType": "John Example, born 1980", "id": "a"}')
    assert head.why == "A resource of an odd type is not read in a look-back."


def test_a_patient_over_the_bound_is_named_and_set_aside():
    terms = msgspec.structs.replace(TERMS, most_resources=5)
    rows = rows_of([*worker(), *visit(MONDAY)], "worker", terms=terms)
    assert rows.visits == ()
    assert rows.set_aside == (
        "The patient has 8 resources of 0 MiB together; up to 5 resources and 48 MiB are looked at."
    )


def test_two_patients_with_one_id_are_set_aside():
    twins = [{**worker()[0], "birthDate": born} for born in ("1980-01-01", "1975-05-05")]
    rows = rows_of([*twins, *worker()[1:], *visit(MONDAY)], "worker")
    assert rows.set_aside.startswith("Two patients of the export share one id")
    assert [bad.kind for bad in rows.bad_lines] == ["other-patient"]


def test_of_several_versions_the_last_edited_counts_and_the_others_are_named():
    old = {**claim(MONDAY, FIRST), "meta": {"lastUpdated": "2026-03-05T00:00:00Z"}}
    new = {**claim(MONDAY, FIRST, FURTHER), "meta": {"lastUpdated": "2026-03-09T00:00:00Z"}}
    rows = rows_of([*worker(), *visit(MONDAY), new, old], "worker")
    assert rows.visits[0].billed == "97545-WH-GP x1, 97546-WH-GP x2"
    assert [(bad.kind, bad.file) for bad in rows.bad_lines] == [("duplicate", "export.ndjson")]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"versionId": "9"}, {"versionId": "10"}),
        ({"lastUpdated": "2026-03-05T09:00:00+02:00"}, {"lastUpdated": "2026-03-05T08:00:00Z"}),
    ],
    ids=["by number", "in two offsets"],
)
def test_the_newest_version_counts_wherever_it_stands(older, newer):
    old, new = {**claim(MONDAY, FIRST), "meta": older}, {**claim(MONDAY, FIRST, FURTHER), "meta": newer}
    for versions in ([old, new], [new, old]):
        assert rows_of([*worker(), *visit(MONDAY), *versions], "worker").visits[0].billed_units == 3


def test_the_same_line_twice_is_one_resource():
    rows = rows_of([*worker(), *visit(MONDAY), claim(MONDAY, FIRST, FURTHER), claim(MONDAY, FIRST, FURTHER)], "worker")
    assert rows.visits[0].billed_units == 3
    assert rows.bad_lines == ()


def test_a_resource_in_the_shape_of_r5_is_named_by_its_line():
    treatment = {
        "resourceType": "Procedure",
        "id": "r5",
        "status": "completed",
        "subject": SUBJECT,
        "code": {"text": "Work hardening"},
        "occurrencePeriod": {"start": "2026-03-03T08:00:00-06:00", "end": "2026-03-03T12:00:00-06:00"},
    }
    rows = rows_of([*worker(), *visit(MONDAY), treatment], "worker")
    assert [(bad.kind, bad.line) for bad in rows.bad_lines] == [("other-version", 11)]


def test_a_resource_that_cannot_be_read_is_named_by_its_line_without_its_content():
    rows = rows_of([*worker(), *visit(MONDAY), {**condition("odd", "M54.5", "Back pain"), "code": 7}], "worker")
    assert [(bad.kind, bad.line) for bad in rows.bad_lines] == [("unreadable", 11)]


def test_every_resource_that_is_not_used_is_named_however_many_there_are():
    odd = [{**condition(f"odd-{number}", "M54.5", "Back pain"), "code": 7} for number in range(45)]
    newer = [
        {
            "resourceType": "Procedure",
            "id": f"r5-{number}",
            "status": "completed",
            "subject": SUBJECT,
            "code": {"text": "Work hardening"},
            "occurrenceDateTime": "2026-03-03",
        }
        for number in range(45)
    ]
    rows = rows_of([*worker(), *visit(MONDAY), *odd, *newer], "worker")
    counts = Counter(bad.kind for bad in rows.bad_lines)
    assert counts == {"unreadable": 45, "other-version": 45}


@pytest.mark.parametrize("units", [1, 2, 4])
def test_a_visit_is_not_judged_where_another_treatment_of_it_cannot_be_read(units):
    _, odd = visit(MONDAY, name="odd", status={"odd": 7})
    rows = rows_of(
        [*worker(), *visit(MONDAY), odd, *visit(TUESDAY), claim(MONDAY, FIRST, ("97546", units, "WH", "GP"))], "worker"
    )
    found, next_day = rows.visits
    assert (found.verdict, next_day.verdict) == (Verdict.NOT_JUDGED, Verdict.NOT_BILLED)
    assert found.reasons == ("A treatment could not be read: status: Input should be a valid string.",)


def test_where_only_the_encounter_tells_the_time_and_the_treatment_cannot_be_read_no_lines_are_expected():
    encounter, odd = visit(MONDAY, status={"odd": 7})
    (found,) = rows_of([*worker(), encounter, odd], "worker").visits
    assert (found.verdict, found.expected_units) == (Verdict.NOT_JUDGED, None)


def test_an_encounter_that_cannot_be_read_is_named_with_its_visit():
    encounter, treatment = visit(MONDAY)
    rows = rows_of([*worker(), encounter | {"status": {"odd": 7}}, treatment], "worker")
    assert "An encounter could not be read: status: Input should be a valid string." in {gap.why for gap in rows.gaps}
    assert "Nothing given under encounter could be read." in {gap.why for gap in rows.gaps}


def test_a_type_that_the_whole_export_lacks_is_not_known_rather_than_empty():
    without_answers = [resource for resource in worker() if resource["resourceType"] != "ClaimResponse"]
    kinds = frozenset(resource["resourceType"] for resource in [*without_answers, *visit(MONDAY)])
    resources = [*without_answers, *visit(MONDAY)]
    known = rows_of(resources, "worker")
    unknown = rows_of(resources, "worker", terms=msgspec.structs.replace(TERMS, types=kinds))
    assert "authorization.missing" in {row.kind for row in known.findings}
    assert "authorization.missing" not in {row.kind for row in unknown.findings}
    assert "payer's approval" in {gap.fact for gap in unknown.gaps}


def test_notes_of_visits_do_not_leave_open_whether_a_payer_answered():
    note = {
        "resourceType": "DocumentReference",
        "id": "note",
        "status": "current",
        "subject": SUBJECT,
        "date": "2026-03-01T12:00:00Z",
        "type": {"text": "Progress note"},
    }
    without_answers = [resource for resource in worker() if resource["resourceType"] != "ClaimResponse"]
    rows = rows_of([*without_answers, *visit(MONDAY), note], "worker")
    assert "authorization.missing" in {row.kind for row in rows.findings}


def test_reports_of_a_laboratory_alone_do_not_leave_open_whether_anything_was_measured():
    report = {"resourceType": "DiagnosticReport", "id": "blood", "status": "final", "subject": SUBJECT}
    rows = rows_of([*worker(), *visit(MONDAY), report], "worker")
    assert "measurements" not in {gap.fact for gap in rows.gaps}


def test_reports_of_tests_are_read():
    report = {"resourceType": "DiagnosticReport", "id": "fce", "status": "final", "subject": SUBJECT}
    rows = rows_of([*worker(), *visit(MONDAY), report], "worker")
    assert (rows.read["DiagnosticReport"], rows.bad_lines) == (1, ())


def test_the_order_of_lines_does_not_matter():
    resources = [*worker(), *visit(MONDAY), claim(MONDAY, FIRST, FURTHER)]
    forth, back = rows_of(resources, "worker"), rows_of(resources[::-1], "worker")
    assert msgspec.json.encode(forth) == msgspec.json.encode(back)


def test_a_server_by_whose_address_references_name_the_patient_is_the_patients_own():
    text = json.dumps([*worker(), *visit(MONDAY)]).replace(
        '"Patient/worker"', '"https://ehr.example.org/fhir/Patient/worker"'
    )
    patient = looked_back(json.loads(text), "worker")
    assert patient.record.server == "https://ehr.example.org/fhir"
    assert patient.chart.gaps == ()


def test_a_record_over_the_bound_of_bytes_is_set_aside():
    lines, _ = lines_of(worker())
    terms = msgspec.structs.replace(TERMS, most_bytes=10)
    assert isinstance(patient_record("worker", lines, {}, terms), SetAsidePatient)
