"""What belongs to another patient, or to nobody known, is never used."""

import pytest

from cds_service.domain.chart import Fact, Unknown
from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.chart.patients_own import UNKNOWN_SERVER
from tests.fhir.resources import (
    SOMEBODY_ELSE,
    bundle,
    care_plan,
    chart_of,
    chart_of_procedures,
    claim_response,
    condition,
    coverage,
    encounter,
    observation,
    prefetched,
    procedure,
    service_request,
)


@pytest.mark.parametrize(
    ("key", "record", "fact"),
    [
        ("procedures", procedure(subject=SOMEBODY_ELSE), Fact.SESSIONS),
        ("encounters", encounter(subject=SOMEBODY_ELSE), Fact.ENCOUNTER),
        ("coverage", coverage(beneficiary=SOMEBODY_ELSE), Fact.COVERAGE),
        ("carePlans", care_plan(subject=SOMEBODY_ELSE), Fact.PLAN_OF_CARE),
        ("conditions", condition(subject=SOMEBODY_ELSE), Fact.INJURY),
        ("observations", observation(subject=SOMEBODY_ELSE), Fact.ASSESSMENTS),
        ("authorizations", claim_response(patient=SOMEBODY_ELSE), Fact.AUTHORIZATIONS),
        ("orders", service_request(subject=SOMEBODY_ELSE), Fact.ORDERS),
        ("procedures", procedure(subject={"reference": "Group/p1"}), Fact.SESSIONS),
        ("procedures", procedure(subject={"reference": "urn:uuid:unknown"}), Fact.SESSIONS),
        ("procedures", procedure(subject={"reference": "#p1"}), Fact.SESSIONS),
    ],
)
def test_what_belongs_to_another_patient_is_never_used_and_is_a_gap(key, record, fact):
    chart = chart_of(**{key: bundle(record)})
    assert (Unknown(fact, "1 resource of another patient was left out"),) == chart.gaps
    used = (
        chart.sessions,
        chart.encounters,
        chart.coverages,
        chart.plans,
        chart.assessments,
        chart.authorizations,
        chart.orders,
    )
    assert not any((*used, chart.injury, chart.deficits))


@pytest.mark.parametrize(
    "reference", ["Patient/p1", "https://ehr.example.org/fhir/Patient/p1", "Patient/p1/_history/3", "urn:uuid:7"]
)
def test_the_patient_is_known_however_the_reference_is_written(reference):
    entry = {"fullUrl": "urn:uuid:7", "resource": {"resourceType": "Patient", "id": "p1"}}
    chart = chart_of_procedures(
        procedure(subject={"reference": reference}), patient={"resourceType": "Bundle", "entry": [entry]}
    )
    assert len(chart.sessions) == 1


def test_a_temporary_reference_that_stands_for_two_patients_stands_for_none():
    people = [{"fullUrl": "urn:uuid:7", "resource": {"resourceType": "Patient", "id": name}} for name in ("p1", "p2")]
    chart = chart_of_procedures(
        procedure(subject={"reference": "urn:uuid:7"}), patient={"resourceType": "Bundle", "entry": people}
    )
    assert chart.sessions == ()


def test_a_missing_subject_is_a_gap_but_for_encounters():
    chart = chart_of_procedures(procedure(subject=None), encounters=bundle(encounter(subject=None)))
    assert (Unknown(Fact.SESSIONS, "does not say which patient it belongs to", "Procedure/a"),) == chart.gaps
    assert ((), 1) == (chart.sessions, len(chart.encounters))


def test_another_patient_resource_is_not_used():
    stranger = {"resourceType": "Patient", "id": "p2", "address": [{"state": "TX"}]}
    chart = chart_of(patient=stranger)
    assert (None, (Unknown(Fact.PATIENT, "the Patient given is another one", "Patient/p2"),)) == (
        chart.place,
        chart.gaps,
    )


def test_gaps_of_one_kind_are_counted_after_the_first_twenty():
    chart = chart_of_procedures(*(procedure(f"x{number}", status="done") for number in range(30)))
    assert (21, "10 more resources were left out") == (len(chart.gaps), chart.gaps[-1].why)


def test_resources_of_other_patients_are_counted_together_and_not_named():
    chart = chart_of(
        procedures=bundle(*(procedure(f"x{number}", subject=SOMEBODY_ELSE) for number in range(30))),
        encounters=bundle(encounter(subject=SOMEBODY_ELSE)),
    )
    counted = "31 resources of other patients were left out"
    assert {Unknown(Fact.SESSIONS, counted), Unknown(Fact.ENCOUNTER, counted)} == set(chart.gaps)


@pytest.mark.parametrize(
    ("server", "reference", "sessions", "gaps"),
    [
        ("https://ehr.example.org/fhir", "https://ehr.example.org/fhir/Patient/p1", 1, []),
        ("https://ehr.example.org/fhir/", "http://EHR.example.org/fhir/Patient/p1/_history/3", 1, []),
        (
            "https://ehr.example.org/fhir",
            "https://other.example.org/fhir/Patient/p1",
            0,
            ["1 resource of a patient of another server was left out"],
        ),
        (
            "https://ehr.example.org/fhir",
            "https://ehr.example.org/tenant-2/fhir/Patient/p1",
            0,
            ["1 resource of a patient of another server was left out"],
        ),
        ("https://ehr.example.org/fhir", "Patient/p1", 1, []),
        ("https://ehr.example.org/fhir", "urn:uuid:9", 0, ["1 resource of another patient was left out"]),
        (None, "https://ehr.example.org/fhir/Patient/p1", 1, [UNKNOWN_SERVER]),
        (None, "https://ehr.example.org/fhir/Patient/p2", 0, ["1 resource of another patient was left out"]),
    ],
)
def test_a_patient_of_another_server_is_another_patient(server, reference, sessions, gaps):
    prefetch = prefetched(procedures=bundle(procedure(subject={"reference": reference})))
    chart = build_chart("p1", prefetch, server=server)
    assert (sessions, gaps) == (len(chart.sessions), [gap.why for gap in chart.gaps])


def test_a_subject_by_identifier_alone_is_set_aside_with_a_gap():
    chart = chart_of_procedures(procedure(subject={"identifier": {"system": "urn:mrn", "value": "1"}}))
    assert chart.sessions == ()
    assert [gap.reference for gap in chart.gaps] == ["Procedure/a"]
