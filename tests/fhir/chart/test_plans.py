from datetime import date

import pytest

from cds_service.domain.codes import Discipline, Program
from tests.fhir.resources import CPT, PATIENT, SNOMED, bundle, care_plan, chart_of, coded, service_request


def told(**more):
    """The plan read of a CarePlan that says nothing in title or category."""
    resource = care_plan(**more)
    if "title" not in more:
        del resource["title"]
    return chart_of(carePlans=bundle(resource)).plans


def narrative(text: str) -> dict[str, str]:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{text}</p></div>'}


ORDER = service_request("ordered", status="active", code=coded(CPT, "97545", "Work hardening"))


@pytest.mark.parametrize(
    "resources",
    [
        {
            "carePlans": bundle(
                care_plan(title=None, contained=[ORDER], activity=[{"reference": {"reference": "#ordered"}}])
            )
        },
        {
            "carePlans": bundle(
                care_plan(title=None, activity=[{"reference": {"reference": "ServiceRequest/ordered"}}]), ORDER
            )
        },
        {
            "carePlans": bundle(
                care_plan(title=None, activity=[{"reference": {"reference": "ServiceRequest/ordered"}}])
            ),
            "orders": bundle(ORDER),
        },
        {
            "carePlans": {
                "resourceType": "Bundle",
                "entry": [
                    {"resource": care_plan(title=None, activity=[{"reference": {"reference": "urn:uuid:5"}}])},
                    {"fullUrl": "urn:uuid:5", "resource": ORDER},
                ],
            }
        },
        {
            "carePlans": {
                "resourceType": "Bundle",
                "entry": [
                    {"resource": care_plan(title=None, activity=[{"reference": {"reference": "urn:uuid:5"}}])},
                    {"fullUrl": "urn:uuid:5", "resource": {name: ORDER[name] for name in ORDER if name != "id"}},
                ],
            }
        },
    ],
    ids=["contained", "same Bundle", "among the orders", "by its address", "by its address alone"],
)
def test_an_activity_is_read_from_the_order_it_refers_to(resources):
    (plan,) = chart_of(**resources).plans
    assert (plan.work_rehab, plan.content) == (True, True)


@pytest.mark.parametrize(
    "more",
    [
        {"text": narrative("Work conditioning, five times a week")},
        {"text": narrative("Care plan of the worker")},
        {"title": "Care plan", "text": narrative("see the narrative")},
        {"category": [{"coding": [{"code": "assess-plan"}]}], "text": narrative("PT three times a week")},
        {"activity": [{"reference": {"reference": "ServiceRequest/not-given"}}]},
        {},
    ],
)
def test_a_plan_that_tells_nothing_to_programs_is_a_plan_without_content(more):
    (plan,) = told(**more)
    assert (plan.work_rehab, plan.content) == (False, False)


@pytest.mark.parametrize(
    "more",
    [
        {"title": "Diabetes management"},
        {"title": "Diabetes: diet and exercise"},
        {"title": "Chemotherapy"},
        {"title": "Cardiac rehabilitation"},
        {"text": narrative("Insulin and diabetes education")},
        {"activity": [{"detail": {"status": "in-progress", "code": coded(CPT, "99213")}}]},
        {"activity": [{"reference": {"reference": "MedicationRequest/m"}}]},
        {"category": [{"text": "Oncology"}]},
    ],
)
def test_a_plan_of_another_specialty_is_none(more):
    assert told(**more) == ()


def test_a_plan_names_those_that_it_replaces_or_continues():
    (plan,) = told(
        title="Work conditioning", replaces=[{"reference": "CarePlan/a"}], basedOn=[{"reference": "CarePlan/b"}]
    )
    assert plan.continues == ("CarePlan/a", "CarePlan/b")


@pytest.mark.parametrize(
    ("change", "discipline", "origin"),
    [
        ({"category": [coded(SNOMED, "91251008")]}, Discipline.PT, "category"),
        ({"category": [coded(SNOMED, "91251008"), coded(SNOMED, "84478008")]}, None, None),
        ({"author": {"reference": "PractitionerRole/r"}}, Discipline.OT, "author"),
        ({"contributor": [{"reference": "PractitionerRole/r"}]}, Discipline.OT, "contributor"),
        ({}, None, None),
    ],
)
def test_the_discipline_of_a_plan_comes_from_category_then_author_then_contributor(change, discipline, origin):
    role = {"resourceType": "PractitionerRole", "id": "r", "code": [coded(None, "225X00000X")]}
    (plan,) = chart_of(carePlans=bundle(care_plan(**change), role)).plans
    assert (discipline, origin) == (plan.discipline, plan.discipline_from)


def test_a_plan_tells_program_codes_goals_and_frequency():
    detail = {"code": coded(CPT, "97545", "Work hardening"), "status": "in-progress", "scheduledString": "daily"}
    (plan,) = chart_of(
        carePlans=bundle(care_plan(title="Plan", activity=[{"detail": detail}], goal=[{"reference": "Goal/g"}]))
    ).plans
    assert (True, Program.HARDENING, ("97545",), ("Goal/g",), True) == (
        plan.work_rehab, plan.program, plan.codes, plan.goals, plan.scheduled,
    )  # fmt: skip


def test_a_plan_is_one_of_work_rehabilitation_when_its_activity_refers_to_such_an_order():
    plan = care_plan(title="Plan of care", activity=[{"reference": {"reference": "ServiceRequest/s"}}])
    assert chart_of(carePlans=bundle(plan), orders=bundle(service_request())).plans[0].work_rehab


def test_a_plan_about_something_else_is_no_therapy_plan():
    assert chart_of(carePlans=bundle(care_plan(title="Diabetes diet"))).plans == ()


def test_a_goal_measures_with_the_same_tool_as_an_observation():
    goal = {
        "resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "subject": PATIENT,
        "description": {"text": "Lift 50 lb"},
        "target": [
            {"measure": coded(None, "lift"), "detailQuantity": {"value": 50}, "dueDate": "2026-04-01"}
        ],
    }  # fmt: skip
    (goal_on_chart,) = chart_of(goals=bundle(goal)).goals
    assert ("lift", 50, date(2026, 4, 1), True) == (
        goal_on_chart.measure,
        goal_on_chart.target,
        goal_on_chart.due,
        goal_on_chart.described,
    )


TIMED = {"repeat": {"frequency": 5, "period": 1, "periodUnit": "wk", "duration": 4, "durationUnit": "h"}}


@pytest.mark.parametrize("place", ["contained", "orders"])
@pytest.mark.parametrize(("timing", "scheduled"), [({"occurrenceTiming": TIMED}, True), ({}, False)])
def test_a_plan_says_when_by_the_order_that_its_activity_refers_to(place, timing, scheduled):
    order = ORDER | timing
    contained = {"contained": [order]} if place == "contained" else {}
    activity = [{"reference": {"reference": "#ordered" if contained else "ServiceRequest/ordered"}}]
    chart = chart_of(
        carePlans=bundle(care_plan(activity=activity, **contained)), orders=bundle(*([] if contained else [order]))
    )
    assert [scheduled] == [plan.scheduled for plan in chart.plans]
