"""The record as it stood at the end of a day."""

import json
from datetime import date, timedelta

import pytest

from cds_service.audit.entered import WHEN_ENTERED
from cds_service.audit.rows import Verdict
from tests.audit.charts import CPT, FIRST, FURTHER, MONDAY, SUBJECT, claim, condition, visit, worker
from tests.audit.exports import looked_back, rows_of

ENTERED = date(2026, 3, 10)


def since(resource):
    patient = looked_back([*worker(), *visit(MONDAY), resource], "worker")
    return patient.in_time.since(f"{resource['resourceType']}/{resource['id']}")


@pytest.mark.parametrize(("kind", "element"), sorted(WHEN_ENTERED.items()))
def test_a_resource_is_known_from_the_day_on_which_it_was_entered(kind, element):
    owner = "patient" if kind in {"Claim", "ClaimResponse", "ExplanationOfBenefit"} else "subject"
    resource = {"resourceType": kind, "id": "entered", owner: SUBJECT, element: ENTERED.isoformat()}
    assert since({**resource, "meta": {"lastUpdated": "2026-09-01T00:00:00Z"}}) == ENTERED


def test_the_last_edit_decides_nothing():
    assert since({**condition("back", "M54.5", "Back pain"), "meta": {"lastUpdated": "2026-09-01T00:00:00Z"}}) == date(
        2026, 2, 10
    )


def test_a_resource_that_does_not_say_it_is_known_from_the_day_of_what_it_tells():
    coverage = {"resourceType": "Coverage", "id": "second", "beneficiary": SUBJECT, "period": {"start": "2026-03-10"}}
    assert since(coverage) == ENTERED


def test_the_day_of_an_instant_is_that_of_the_place():
    late = {**condition("back", "M54.5", "Back pain"), "recordedDate": "2026-03-11T03:00:00Z"}
    assert since(late) == ENTERED


def test_a_resource_without_any_date_is_known_all_along_and_that_is_said():
    rows = rows_of([*worker(), *visit(MONDAY), condition("back", "M54.5", "Back pain", recorded=None)], "worker")
    assert rows.visits[0].caveats == (
        "A diagnosis does not say when it was entered (recordedDate); its own date counts.",
    )


def test_what_was_entered_later_is_not_there():
    plan = next(resource for resource in worker() if resource["resourceType"] == "CarePlan")
    rest = [resource for resource in worker() if resource["resourceType"] != "CarePlan"]
    resources = [*rest, {**plan, "created": "2026-03-03"}, *visit(MONDAY), *visit(MONDAY + timedelta(1))]
    found = rows_of(resources, "worker")
    missing = {row.visit[-12:-2] for row in found.findings if row.kind == "plan-of-care.missing"}
    assert missing == {"2026-03-02"}


def test_a_bill_that_is_right_by_the_record_as_completed_later_is_right():
    late = {
        "resourceType": "Procedure",
        "id": "traction",
        "status": "completed",
        "recorded": "2026-03-04",
        "subject": SUBJECT,
        "encounter": {"reference": f"Encounter/visit-{MONDAY}"},
        "code": {"text": "Work hardening"},
        "performedPeriod": {"start": f"{MONDAY}T12:00:00-06:00", "end": f"{MONDAY}T13:00:00-06:00"},
        "performer": [{"actor": {"reference": "Practitioner/therapist"}}],
    }
    bill = claim(MONDAY, FIRST, ("97546", 3, "WH", "GP"))
    (found,) = rows_of([*worker(), *visit(MONDAY), late, bill], "worker").visits
    assert found.expected == "97545-WH-GP x1, 97546-WH-GP x2"
    assert (found.verdict, found.reasons[0]) == (
        Verdict.RIGHT,
        "Right by the record as it stands now; on the day of the visit it said something else.",
    )


def test_bills_are_not_on_record_when_a_visit_ends():
    resources = [*worker(), *visit(MONDAY), claim(MONDAY, FIRST, FURTHER, created=MONDAY)]
    assert [row.kind for row in rows_of(resources, "worker").findings if row.rule == "visit-charges"] == [
        "visit-charges.draft"
    ]


def test_a_bill_that_a_claim_stands_for_is_off_the_record_with_it():
    item = {
        "resourceType": "ChargeItem",
        "id": "hours",
        "status": "billable",
        "subject": SUBJECT,
        "code": {"coding": [{"system": CPT, "code": "97546"}]},
        "quantity": {"value": 2},
        "occurrenceDateTime": MONDAY.isoformat(),
    }
    draft = claim(MONDAY + timedelta(1), FIRST, name="next", status="draft")  # so that each visit is read on its own
    resources = [*worker(), *visit(MONDAY), claim(MONDAY, FIRST, FURTHER, created=MONDAY), item, draft]
    charges = [row.kind for row in rows_of(resources, "worker").findings if row.rule == "visit-charges"]
    assert charges == ["visit-charges.draft"]


def test_what_cannot_be_read_is_not_on_record_before_it_was_entered():
    plan = next(resource for resource in worker() if resource["resourceType"] == "CarePlan")
    rest = [resource for resource in worker() if resource["resourceType"] != "CarePlan"]
    spoiled = {**plan, "created": "2026-03-03", "status": {"odd": 7}}
    found = rows_of([*rest, spoiled, *visit(MONDAY), *visit(MONDAY + timedelta(1))], "worker")
    missing = {row.visit[-12:-2] for row in found.findings if row.kind == "plan-of-care.missing"}
    unread = {row.visit[-12:-2] for row in found.gaps if row.visit and "A plan of care could" in row.why}
    assert (missing, unread) == ({"2026-03-02"}, {"2026-03-03"})


def test_a_visit_whose_treatment_was_entered_later_has_no_lines_of_an_earlier_visit():
    encounter, first = visit(MONDAY)
    _, second = visit(MONDAY + timedelta(2))
    encounter["period"] = {"start": encounter["period"]["start"]}
    second |= {"encounter": first["encounter"], "recorded": "2026-03-06"}
    found = rows_of([*worker(), encounter, first, second], "worker")
    late = found.visits[1]
    assert (late.verdict, late.expected, late.expected_units) == (Verdict.NOT_JUDGED, "", None)
    assert late.reasons == ("No treatment of this visit was on record by the end of its day.",)
    assert {row.visit for row in (*found.lines, *found.findings) if row.visit} == {found.visits[0].visit}


def test_a_visit_in_a_state_of_two_time_zones_is_on_one_date_in_both():
    written = json.dumps([*worker(), *visit(MONDAY)]).replace('"TX"', '"OR"')
    in_utc = json.loads(written.replace("T08:00:00-06:00", "T16:00:00Z").replace("T12:00:00-06:00", "T20:00:00Z"))
    found = rows_of(in_utc, "worker")
    assert "time zone" not in {gap.fact for gap in found.gaps}
