"""One chart serves many visits where that changes no answer; else the record is read anew for each."""

import json
from datetime import timedelta

from tests.audit.charts import FIRST, FURTHER, MONDAY, SUBJECT, claim, visit, worker
from tests.audit.exports import looked_back

DAYS = [MONDAY + timedelta(days=number) for number in range(5)]


def charts_read(resources):
    """Of how many visits the chart is one that was read for several, and how many visits there are."""
    patient = looked_back(resources, "worker")
    visits = list(patient.visits())
    charts = {id(found.consultation.case.chart.history) for found in visits}
    return len(charts), len(visits)


def course(**changes):
    return [resource for day in DAYS for resource in (*visit(day, **changes), claim(day, FIRST, FURTHER))]


def test_visits_between_which_nothing_else_changed_share_one_chart():
    assert charts_read([*worker(), *course()]) == (1, 5)


def test_what_is_entered_between_visits_makes_another_chart():
    goal = {
        "resourceType": "Goal",
        "id": "lift",
        "lifecycleStatus": "active",
        "subject": {"reference": "Patient/worker"},
        "description": {"text": "Lifts 50 lb"},
        "startDate": DAYS[2].isoformat(),
    }
    assert charts_read([*worker(), *course(), goal]) == (2, 5)


def test_visits_in_a_state_of_two_time_zones_share_one_chart_where_both_give_the_same_dates():
    written = json.dumps([*worker(), *course()])
    in_utc = json.loads(written.replace("T08:00:00-06:00", "T14:00:00Z").replace("T12:00:00-06:00", "T18:00:00Z"))
    (first, *_) = looked_back(in_utc, "worker").visits()
    assert "-06:00" not in json.dumps(in_utc)
    assert first.consultation.case.visit.minutes == 240
    assert charts_read(in_utc) == (1, 5)


def test_visits_at_two_places_are_read_one_by_one():
    resources = [*worker(), *course()]
    encounter = next(resource for resource in resources if resource["resourceType"] == "Encounter")
    encounter["serviceProvider"] = {"reference": "Organization/another"}
    assert charts_read(resources) == (5, 5)


def result_of(kind, name, issued, **more):
    return {
        "resourceType": kind,
        "id": name,
        "status": "final",
        "subject": SUBJECT,
        "code": {"text": "Functional capacity evaluation"},
        "effectiveDateTime": DAYS[0].isoformat(),
        "issued": f"{issued}T18:00:00-06:00",
        **more,
    }


def test_a_report_whose_result_comes_later_speaks_for_itself_until_then():
    report = result_of("DiagnosticReport", "report", DAYS[0], result=[{"reference": "Observation/lift"}])
    result = result_of("Observation", "lift", DAYS[3], valueQuantity={"value": 40, "unit": "lb"})
    patient = looked_back([*worker(), *course(), report, result], "worker")
    seen = [{found.reference for found in visit.consultation.case.chart.assessments} for visit in patient.visits()]
    assert seen == [{"DiagnosticReport/report"}] * 3 + [{"Observation/lift"}] * 2


def test_a_document_called_a_reassessment_is_named_until_something_newer_is_measured():
    note = {
        "resourceType": "DocumentReference",
        "id": "note",
        "status": "current",
        "type": {"text": "PT weekly reassessment"},
        "subject": SUBJECT,
        "date": f"{DAYS[1]}T12:00:00-06:00",
    }
    at = {"effectiveDateTime": DAYS[3].isoformat(), "valueQuantity": {"value": 40, "unit": "lb"}}
    measured = result_of("Observation", "lift", DAYS[3]) | at
    patient = looked_back([*worker(), *course(), note, measured], "worker")
    named = [
        "DocumentReference/note" in {gap.reference for gap in visit.consultation.case.chart.gaps}
        for visit in patient.visits()
    ]
    assert named == [False, True, True, False, False]
