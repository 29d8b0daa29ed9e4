"""Every fault of the EHR's FHIR server is a named gap, and the rest of the answer stands."""

import pytest

from cds_service.errors import DataNeeded
from tests import hosts
from tests.fhir_host import searchset
from tests.hooks.fetching.fetching_calls import evaluation, gaps, without_prefetch

FAULTS = [
    (hosts.status(401), "the EHR's FHIR server did not accept the access token (401)"),
    (hosts.status(403), "the EHR's FHIR server refused access (403)"),
    (hosts.status(404), "the EHR's FHIR server does not have it (404)"),
    (hosts.status(500), "the EHR's FHIR server failed (500)"),
    (hosts.half, "the EHR's FHIR server broke off"),
    (hosts.hang, "the EHR's FHIR server did not answer in time"),
    (hosts.body(b"<html>"), "the EHR's FHIR server answered with something that is not FHIR JSON"),
    (
        hosts.body({"resourceType": "Patient", "id": "x"}),
        "the EHR's FHIR server answered with another type of resource",
    ),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[reason for _, reason in FAULTS])
def test_a_fault_is_a_named_gap_and_the_rest_of_the_answer_stands(ask, ehr, discharge, fault, reason):
    ehr.faults["Coverage"] = fault
    answer = ask(without_prefetch(discharge, ehr), seconds=2.0 if fault is hosts.hang else 5.0)
    assert f"coverage was not given, and {reason}" in gaps(answer)
    assert "visit-charges" in [rule["id"] for rule in evaluation(answer)["rules"] if rule["outcome"] == "fired"]


def test_a_search_that_brings_another_type_is_a_gap(ask, ehr, discharge):
    ehr.faults["Coverage"] = hosts.body(searchset([{"resourceType": "Goal", "id": "g"}]))
    answer = ask(without_prefetch(discharge, ehr))
    assert "what was given under coverage is of another resource type" in gaps(answer)


@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[reason for _, reason in FAULTS])
def test_when_even_the_needed_data_fails_the_call_is_refused(ask, ehr, discharge, fault, reason):
    ehr.faults["Procedure"] = fault
    with pytest.raises(DataNeeded) as refused:
        ask(without_prefetch(discharge, ehr), seconds=0.3 if fault is hosts.hang else 5.0)
    assert refused.value.keys == ("procedures",)
    assert reason


def test_foreign_data_from_the_server_is_not_used(ask, ehr, discharge):
    foreign = {
        "resourceType": "Coverage", "id": "theirs", "status": "active", "beneficiary": {"reference": "Patient/other"},
        "payor": [{"display": "Medicare"}],
    }  # fmt: skip
    ehr.faults["Coverage"] = hosts.body(searchset([foreign]))
    answer = ask(without_prefetch(discharge, ehr))
    assert "1 resource of another patient was left out" in gaps(answer)
    assert "us-medicare" not in evaluation(answer)["policies"]
