"""What was billed against what the discharge of the visit would have answered."""

from datetime import timedelta

import msgspec

from cds_service.audit.rows import Side, Verdict
from cds_service.stories.playing import with_own_values
from tests.audit.charts import FIRST, FURTHER, MONDAY, SUBJECT, approval, claim, visit, worker
from tests.audit.exports import TERMS, rows_of
from tests.playing import CASES, bundled_policies, stories_of

TUESDAY = MONDAY + timedelta(days=1)


def judged(*resources, chart=None, terms=TERMS):
    """The only visit of a worker with these resources."""
    (found,) = rows_of([*(worker() if chart is None else chart), *resources], "worker", terms=terms).visits
    return found


def without(kind):
    return [resource for resource in worker() if resource["resourceType"] != kind]


def test_a_bill_that_says_what_the_discharge_says_is_right():
    found = judged(*visit(MONDAY), claim(MONDAY, FIRST, FURTHER))
    assert (found.verdict, found.expected, found.billed) == (
        Verdict.RIGHT,
        "97545-WH-GP x1, 97546-WH-GP x2",
        "97545-WH-GP x1, 97546-WH-GP x2",
    )
    assert (found.clinic, found.therapist, found.payer) == ("Bluebonnet Work Rehab", "Pat Example", "Lone Star Mutual")
    assert (found.minutes, found.charged_cents, found.approval) == (240, 30150, "approved")


def test_fewer_units_are_under_coded_and_more_are_over_coded():
    assert judged(*visit(MONDAY), claim(MONDAY, FIRST, ("97546", 1, "WH", "GP"))).verdict is Verdict.UNDER_CODED
    over = judged(*visit(MONDAY), claim(MONDAY, FIRST, ("97546", 3, "WH", "GP")))
    assert over.verdict is Verdict.OVER_CODED
    assert over.reasons == ("Billed 97546 x3; the record supports x2 (240 min).",)


def test_a_modifier_that_is_missing_is_neither_under_nor_over_coded():
    assert judged(*visit(MONDAY), claim(MONDAY, ("97545", 1, "GP"), ("97546", 2, "GP"))).verdict is Verdict.WRONG_CODING


def test_a_modifier_that_only_the_site_knows_is_left_to_it():
    accredited = claim(MONDAY, ("97545", 1, "WH", "CA", "GP"), ("97546", 2, "WH", "CA", "GP"))
    assert judged(*visit(MONDAY), accredited).verdict is Verdict.RIGHT


def test_a_visit_without_a_bill_is_not_billed_and_a_draft_is_no_bill():
    assert judged(*visit(MONDAY)).verdict is Verdict.NOT_BILLED
    assert judged(*visit(MONDAY), claim(MONDAY, FIRST, FURTHER, status="draft")).verdict is Verdict.NOT_BILLED


def test_nothing_is_called_not_billed_where_the_export_holds_no_bills():
    kinds = frozenset({"Patient", "Coverage", "Encounter", "Procedure", "CarePlan", "ClaimResponse"})
    found = judged(*visit(MONDAY), terms=msgspec.structs.replace(TERMS, types=kinds))
    assert found.verdict is Verdict.NOT_JUDGED
    assert "The export holds no claims, charges or explanations of benefits." in found.reasons


def test_a_bill_without_recorded_time_has_no_support():
    found = judged(*visit(MONDAY, hours=0), claim(MONDAY, FIRST, FURTHER))
    assert found.verdict is Verdict.UNSUPPORTED


def test_a_bill_without_any_treatment_on_record_has_no_support():
    rows = rows_of(
        [*worker(), *visit(MONDAY), claim(MONDAY, FIRST, FURTHER), claim(MONDAY + timedelta(9), FIRST)], "worker"
    )
    assert [found.verdict for found in rows.visits] == [Verdict.RIGHT, Verdict.UNSUPPORTED]


def test_a_bill_for_the_day_after_a_visit_is_not_judged_but_asked_about():
    rows = rows_of([*worker(), *visit(MONDAY), claim(TUESDAY, FIRST, FURTHER)], "worker")
    assert [found.verdict for found in rows.visits] == [Verdict.NOT_BILLED, Verdict.NOT_JUDGED]
    assert rows.visits[1].reasons[-1] == "Check the date of service: a visit is on record for Mar 2, 2026."


def test_a_denied_approval_takes_the_support_away():
    chart = [*without("ClaimResponse"), approval(disposition="Denied")]
    assert judged(*visit(MONDAY), claim(MONDAY, FIRST, FURTHER), chart=chart).verdict is Verdict.UNSUPPORTED


def test_an_approval_that_came_later_is_said_and_nothing_is_held_against_the_bill():
    late = approval("late", created="2026-03-20")
    chart = [*without("ClaimResponse"), approval(disposition="Denied"), late]
    found = judged(*visit(MONDAY), claim(MONDAY, FIRST, FURTHER), chart=chart)
    assert found.approval == "denied"
    assert (found.verdict, found.reasons) == (Verdict.RIGHT, ("An approval for the date came after the visit.",))


def test_a_billing_that_stands_in_several_resources_counts_once():
    sent = claim(MONDAY, FIRST, FURTHER)
    settled = {
        **sent,
        "resourceType": "ExplanationOfBenefit",
        "id": "settled",
        "claim": {"reference": f"Claim/{sent['id']}"},
    }
    charge = {
        "resourceType": "ChargeItem",
        "id": "charge",
        "status": "billed",
        "subject": SUBJECT,
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "97545"}]},
        "context": {"reference": f"Encounter/visit-{MONDAY}"},
        "occurrenceDateTime": f"{MONDAY}",
        "quantity": {"value": 1},
    }
    found = judged(*visit(MONDAY), sent, settled, charge)
    assert (found.verdict, found.billed_units) == (Verdict.RIGHT, 3)


def test_a_claim_that_another_replaces_does_not_count():
    wrong = claim(MONDAY, FIRST, name="wrong")
    corrected = claim(MONDAY, FIRST, FURTHER, name="corrected", related=[{"claim": {"reference": "Claim/wrong"}}])
    assert judged(*visit(MONDAY), wrong, corrected).verdict is Verdict.RIGHT


def test_two_claims_for_one_date_are_not_judged_where_nothing_says_which_counts():
    twice = [claim(MONDAY, FIRST, FURTHER, name=name) for name in ("one", "two")]
    found = judged(*visit(MONDAY), *twice)
    assert found.verdict is Verdict.NOT_JUDGED
    assert "97545 is on 2 bills of this date; nothing says whether one replaces another." in found.reasons


def test_a_claim_over_several_days_is_not_judged():
    span = claim(MONDAY, FIRST, FURTHER)
    for item in span["item"]:
        del item["servicedDate"]
        item["servicedPeriod"] = {"start": f"{MONDAY}", "end": f"{MONDAY + timedelta(4)}"}
    assert judged(*visit(MONDAY), span).verdict is Verdict.NOT_JUDGED


def test_without_a_coverage_no_bill_is_called_right_or_wrong():
    found = judged(*visit(MONDAY), claim(MONDAY, FIRST, FURTHER), chart=without("Coverage"))
    assert found.verdict is Verdict.NOT_JUDGED


def test_two_encounters_of_one_date_are_one_visit():
    later = [
        {**resource, "id": f"{resource['id']}-pm"} if resource["resourceType"] == "Encounter" else resource
        for resource in visit(MONDAY, name="pm")
    ]
    later[1]["encounter"] = {"reference": f"Encounter/{later[0]['id']}"}
    period = {"start": f"{MONDAY}T13:00:00-06:00", "end": f"{MONDAY}T14:00:00-06:00"}
    later[0]["period"] = later[1]["performedPeriod"] = period
    assert judged(*visit(MONDAY), *later).expected == "97545-WH-GP x1, 97546-WH-GP x3"


def test_a_bill_that_may_be_of_either_of_two_visits_counts_once_and_judges_neither():
    knee = {
        "resourceType": "Condition",
        "id": "knee",
        "subject": SUBJECT,
        "recordedDate": "2026-02-10",
        "code": {
            "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "S83.92XD"}],
            "text": "Knee sprain",
        },
    }
    visits = [*visit(MONDAY), *visit(MONDAY, name="knee")]
    for resource, injury in zip(visits, ("fracture", "fracture", "knee", "knee"), strict=True):
        resource["reasonReference"] = [{"reference": f"Condition/{injury}"}]
    bill = claim(MONDAY, FIRST, FURTHER)
    for line in bill["item"]:
        del line["encounter"]
    found = rows_of([*worker(), knee, *visits, bill], "worker").visits
    assert [row.verdict for row in found] == [Verdict.NOT_JUDGED, Verdict.NOT_JUDGED]
    assert [row.billed_units for row in found] == [3, 0]
    assert found[1].reasons == (
        "There were visits for several injuries on this date, and a bill does not say which of them it is for.",
    )


def test_lines_of_both_bills_are_listed():
    rows = rows_of([*worker(), *visit(MONDAY), claim(MONDAY, FIRST)], "worker")
    assert [(line.side, line.code, line.units) for line in rows.lines] == [
        (Side.EXPECTED, "97545", 1),
        (Side.EXPECTED, "97546", 2),
        (Side.BILLED, "97545", 1),
    ]


def test_results_name_patients_only_where_ids_are_asked_for():
    plain = msgspec.json.encode(rows_of([*worker(), *visit(MONDAY)], "worker"))
    assert b'worker"' not in plain
    assert b"visit-2026" not in plain
    assert b"PA-100" not in plain
    named = rows_of([*worker(), *visit(MONDAY)], "worker", terms=msgspec.structs.replace(TERMS, with_ids=True))
    assert named.visits[0].encounter == f"Encounter/visit-{MONDAY}"
    assert b"PA-100" in msgspec.json.encode(named)


def test_dates_payers_and_clinics_that_nobody_asked_about_are_left_out():
    resources = [*worker(), *visit(MONDAY), *visit(TUESDAY)]

    def dates(**asked):
        return [
            found.date for found in rows_of(resources, "worker", terms=msgspec.structs.replace(TERMS, **asked)).visits
        ]

    assert dates(first=TUESDAY) == ["2026-03-03"]
    assert dates(last=MONDAY) == ["2026-03-02"]
    assert dates(payer="lone star") == dates(payer="workers-compensation") == ["2026-03-02", "2026-03-03"]
    assert dates(payer="other mutual") == dates(clinic="cedar") == []


def test_a_visit_that_the_payer_verifiably_does_not_pay_has_no_support_when_billed():
    (story,) = [story for story in stories_of(CASES / "coverage" / "telehealth.yaml") if "stands alone" in story.title]
    policies = with_own_values(story, bundled_policies())
    visited = next(resource for resource in story.resources if resource["resourceType"] == "Encounter")
    bill = claim(
        story.today, ("97545", 1, "GP"), ("97546", 2, "GP"), patient={"reference": f"Patient/{story.patient_id}"}
    )
    for item in bill["item"]:
        item["encounter"] = [{"reference": f"Encounter/{visited['id']}"}]

    (unbilled,) = rows_of(story.resources, story.patient_id, policies).visits
    (billed,) = rows_of([*story.resources, bill], story.patient_id, policies).visits
    assert (unbilled.verdict, unbilled.expected) == (Verdict.RIGHT, "")
    assert (billed.verdict, billed.expected) == (Verdict.UNSUPPORTED, "")
