import pytest

from tests.fhir.resources import CPT, bundle, care_plan, chart_of, coded, service_request


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
