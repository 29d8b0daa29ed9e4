"""Bundles, entries and versions as servers and converters put them together."""

import pytest
from msgspec import json

from cds_service.domain.care import Role
from cds_service.domain.chart import Fact
from cds_service.domain.codes import Discipline
from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.reading.clinical_resources import ProcedureResource
from cds_service.fhir.reading.prefetch import State
from cds_service.fhir.reading.prefetch_reader import read_prefetch
from tests.fhir.resources import bundle, chart_of, coverage, encounter, prefetched, procedure

NOTE = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}
ODD = procedure("odd", status=["completed"])
SERVER = "https://ehr.example.org/fhir"


def ids(**prefetch):
    return list(prefetched(**prefetch).of(ProcedureResource))


def versions(*status_and_meta):
    return bundle(*(procedure(status=status, meta=meta) for status, meta in status_and_meta))


@pytest.mark.parametrize("beside", [[], [ODD]], ids=["as it should be", "beside one read tolerantly"])
def test_the_bundle_within_the_answer_of_a_batch_is_read(beside):
    within = bundle(procedure("x"), *beside)
    assert ["x", *(resource["id"] for resource in beside)] == ids(procedures=bundle(within))


@pytest.mark.parametrize("beside", [[], [{"resourceType": "Procedure", "id": 1, "code": 5}]], ids=["plain", "odd"])
@pytest.mark.parametrize(
    "more", [{"total": 40}, {"link": [{"relation": "next", "url": "https://ehr.example.org/next"}]}], ids=str
)
def test_a_bundle_within_another_that_holds_a_part_only_is_in_part(more, beside):
    slot = prefetched(procedures=bundle(bundle(procedure(), *beside, **more))).slots["procedures"]
    assert State.PARTIAL is slot.state


def test_resources_in_place_of_entries_are_read():
    value = {"resourceType": "Bundle", "type": "collection", "entry": [procedure("x"), procedure("y")]}
    assert ["x", "y"] == ids(procedures=value)
    assert ["x", "y", "odd"] == ids(procedures={**value, "entry": [*value["entry"], ODD]})


def test_what_a_server_says_of_the_search_does_not_make_its_results_a_part():
    role = {"resourceType": "PractitionerRole", "id": "r"}
    slot = prefetched(procedures=bundle(procedure(), role, NOTE, total=2)).slots["procedures"]
    assert State.PRESENT is slot.state


OLD = ("preparation", {"versionId": "1", "lastUpdated": "2026-03-02T08:00:00Z"})
NEW = ("completed", {"versionId": "2", "lastUpdated": "2026-03-02T18:00:00.5Z"})


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)], ids=["old first", "new first"])
@pytest.mark.parametrize("told_by", ["lastUpdated", "versionId"])
def test_of_two_versions_of_a_resource_the_newer_counts(order, told_by):
    sent = versions(*((status, {told_by: meta[told_by]}) for status, meta in order))
    prefetch = prefetched(procedures=sent)
    assert ["completed"] == [record.status for record in prefetch.of(ProcedureResource).values()]
    received = prefetch.as_received("Procedure/a")
    assert received is not None
    assert received["status"] == "completed"


@pytest.mark.parametrize("meta", [None, {}, {"versionId": "abc"}, {"versionId": 7, "lastUpdated": "soon"}], ids=str)
def test_of_two_that_do_not_tell_which_is_newer_the_first_counts(meta):
    sent = versions(("completed", meta), ("preparation", meta))
    prefetch = prefetched(procedures=sent)
    assert ["completed"] == [record.status for record in prefetch.of(ProcedureResource).values()]
    received = prefetch.as_received("Procedure/a")
    assert received is not None
    assert received["status"] == "completed"


def test_a_contained_therapist_with_a_null_among_the_codes_is_known():
    therapist = {
        "resourceType": "PractitionerRole",
        "id": "pt",
        "code": [{"coding": [None, {"system": "http://nucc.org/provider-taxonomy", "code": "225100000X"}]}],
    }
    by = [{"actor": {"reference": "#pt"}}]
    (session,) = chart_of(procedures=bundle(procedure(contained=[therapist], performer=by))).sessions
    assert [Role(Discipline.PT, assistant=False)] == [performer.role for performer in session.performers]


def given_by(server, *resources):
    entries = [
        {"fullUrl": f"{server}/{resource['resourceType']}/{resource['id']}", "resource": resource}
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


@pytest.mark.parametrize(
    ("server", "sure"),
    [(SERVER, True), ("https://ehr.example.org:443/fhir", True), ("https://other.example.org/fhir", False)],
)
def test_a_patient_named_by_the_address_of_the_server_that_gave_the_search_results_is_that_of_the_call(server, sure):
    named = {"reference": f"{SERVER}/Patient/p1"}
    raw = {
        "coverage": given_by(server, coverage(beneficiary=named)),
        "encounters": given_by(server, encounter(subject=named)),
        "procedures": given_by(server, procedure(subject=named)),
    }
    chart = build_chart("p1", read_prefetch(json.encode(raw), list(raw)))
    assert len(chart.sessions) == 1
    assert sure == (not [gap for gap in chart.gaps if gap.fact is Fact.SESSIONS])
