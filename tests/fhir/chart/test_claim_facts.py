"""Codes of diagnoses, claim numbers and places of service, however they are written."""

import pytest
from msgspec import convert

from cds_service.domain.chart import Facility
from cds_service.domain.coverage_and_claims import ClaimNumber
from cds_service.fhir.chart import claim_facts
from cds_service.fhir.reading.clinical_resources import EncounterResource
from cds_service.fhir.reading.elements import CodeableConcept, Coding
from cds_service.fhir.reading.financial_resources import ClaimResource, CoverageResource
from cds_service.fhir.reading.person_resources import LocationResource
from cds_service.fhir.reading.references import References


@pytest.mark.parametrize(
    "system",
    ["http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.90", "ICD10"],
)
@pytest.mark.parametrize("code", ["S39.012A", "S39012A", "s39.012a"])
def test_a_diagnosis_code_is_read_with_its_dot(system, code):
    concept = CodeableConcept((Coding("http://snomed.info/sct", "279039007"), Coding(system, code)))
    assert "S39.012A" == claim_facts.diagnosis_code(concept)


@pytest.mark.parametrize(
    "coding",
    [
        Coding(None, "S39.012A"),
        Coding("http://snomed.info/sct", "279039007"),
        Coding("http://hl7.org/fhir/sid/icd-9-cm", "847.2"),
        Coding("http://hl7.org/fhir/sid/icd-10-pcs", "F07"),
        Coding("http://hl7.org/fhir/sid/icd-10-cm", "low back strain"),
        Coding("http://hl7.org/fhir/sid/icd-10-cm", None),
    ],
)
def test_what_is_no_diagnosis_code_is_not_taken_for_one(coding):
    assert claim_facts.diagnosis_code(CodeableConcept((coding,))) is None


def numbers(**coverage):
    record = convert({"resourceType": "Coverage", **coverage}, CoverageResource)
    return [number.value for number in claim_facts.numbers_of_coverage(record, "Coverage/c")]


@pytest.mark.parametrize(
    "identifier",
    [
        {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "WCN"}]}},
        {"type": {"text": "Claim number"}},
        {"type": {"text": "Workers' comp claim #"}},
        {"type": {"coding": [{"display": "WC Claim No"}]}},
        {"system": "https://carrier.example/claim-number"},
        {"system": "https://carrier.example/ns/ClaimNumber"},
    ],
)
def test_a_claim_number_is_an_identifier_called_so(identifier):
    assert ["WC-77"] == numbers(identifier=[{"value": "WC-77", **identifier}])


@pytest.mark.parametrize(
    "coverage",
    [
        {"subscriberId": "S1"},
        {"identifier": [{"value": "M-1", "type": {"coding": [{"code": "MB"}], "text": "Member number"}}]},
        {"identifier": [{"value": "M-1", "system": "https://carrier.example/members"}]},
        {"identifier": [{"value": "M-1", "type": {"text": "Claimant id"}}]},
        {"identifier": [{"type": {"text": "Claim number"}}]},
        {"class": [{"type": {"coding": [{"code": "group"}]}, "value": "G-1", "name": "Example Foods"}]},
    ],
)
def test_other_numbers_of_a_coverage_are_no_claim_number(coverage):
    assert [] == numbers(**coverage)


def test_a_class_of_the_coverage_may_be_the_claim_number():
    assert ["WC-77"] == numbers(**{"class": [{"type": {"text": "Claim number"}, "value": "WC-77"}]})


def test_the_number_that_another_claim_was_assigned_is_read():
    insurance = [{"identifier": {"system": "urn:x", "value": "WC-77"}}, {}]
    record = convert({"resourceType": "Claim", "insurance": insurance}, ClaimResource)
    assert [ClaimNumber("Claim/1", "WC-77", "urn:x")] == list(claim_facts.numbers_of_claim(record, "Claim/1"))


SITE = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"


@pytest.mark.parametrize(
    ("codings", "code"),
    [
        ([{"system": SITE, "code": "11"}], "11"),
        ([{"system": "urn:place_of_service", "code": "62"}], "62"),
        ([{"system": SITE, "code": "11"}, {"system": SITE, "code": "22"}], None),
        ([{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "HOSP"}], None),
        ([{"code": "11"}], None),
    ],
)
def test_a_place_of_service_is_only_what_the_location_carries(codings, code):
    location = convert({"resourceType": "Location", "id": "l", "type": [{"coding": codings}]}, LocationResource)
    named = [{"location": {"reference": "https://ehr.example/fhir/Location/l"}}]
    encounter = convert({"resourceType": "Encounter", "location": named}, EncounterResource)
    assert Facility("Location/l", code) == claim_facts.facility_of(encounter, {"l": location}, References())


@pytest.mark.parametrize(
    "words",
    [{"name": "Telehealth"}, {"physicalType": {"text": "Virtual visit"}}, {"type": [{"text": "Video visit room"}]}],
)
def test_a_place_says_telehealth_in_words(words):
    location = convert({"resourceType": "Location", "id": "l", **words}, LocationResource)
    encounter = convert(
        {"resourceType": "Encounter", "location": [{"location": {"reference": "Location/l"}}]}, EncounterResource
    )
    facility = claim_facts.facility_of(encounter, {"l": location}, References())
    assert facility.telehealth is not None
    assert not facility.telehealth.coded


def test_an_encounter_at_several_places_tells_none():
    named = [{"location": {"reference": f"Location/{name}"}} for name in "lm"]
    encounter = convert({"resourceType": "Encounter", "location": named}, EncounterResource)
    assert claim_facts.facility_of(encounter, {}, References()) is None
