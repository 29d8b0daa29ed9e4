import pytest

from cds_service.domain.chart import Place
from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.chart.places import jurisdiction
from cds_service.fhir.reading.elements import Address
from tests.fhir.resources import PATIENT, bundle, encounter, prefetched

PERSON = {"resourceType": "Patient", "id": "p1", "address": [{"use": "home", "state": "LA"}]}
CLINIC = {"resourceType": "Organization", "id": "o", "address": [{"state": "Mississippi"}]}
VISIT = encounter(serviceProvider={"reference": "Organization/o"})
CLAIM = {
    "resourceType": "Claim",
    "id": "cl",
    "status": "draft",
    "use": "claim",
    "patient": PATIENT,
    "accident": {"date": "2026-01-02", "locationAddress": {"state": "TX"}},
}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (Address(state="TX"), "US-TX"),
        (Address(state=" texas "), "US-TX"),
        (Address(state="US-TX", country="USA"), "US-TX"),
        (Address(state="Tenn."), "US-TN"),
        (Address(state="W. Va."), "US-WV"),
        (Address(state="ON", country="CA"), None),
        (Address(state="CA", country="Spain"), None),
        (Address(state="Nowhere"), None),
        (Address(), None),
        (None, None),
    ],
)
def test_a_jurisdiction_is_a_state_of_the_united_states_by_code_or_name(address, expected):
    assert jurisdiction(address) == expected


def place(**values):
    return build_chart("p1", prefetched(**values), clients_jurisdiction="US-WA").place


def test_the_place_of_the_accident_comes_first():
    found = place(patient=PERSON, encounters=bundle(VISIT, CLINIC), charges=bundle(CLAIM))
    assert Place("US-TX", "the place of the accident on a claim", "Claim/cl") == found


def test_claims_with_accidents_in_two_states_leave_the_law_open():
    second = CLAIM | {"id": "cm", "accident": {"locationAddress": {"state": "MS"}}}
    found = place(charges=bundle(CLAIM, second))
    assert ("US-TX", ("US-MS",)) == (found.jurisdiction, found.other_states)


def test_an_accident_at_school_tells_no_law():
    school = CLAIM | {"accident": CLAIM["accident"] | {"type": {"coding": [{"code": "SCHOOL"}]}}}
    assert Place("US-LA", "the patient's address", "Patient/p1") == place(patient=PERSON, charges=bundle(school))


def test_then_the_place_of_the_encounter():
    assert place(patient=PERSON, encounters=bundle(VISIT, CLINIC)) == Place(
        "US-MS", "the place of the encounter", "Encounter/e"
    )


def test_then_the_home_of_the_patient():
    assert Place("US-LA", "the patient's address", "Patient/p1") == place(patient=PERSON, encounters=bundle(VISIT))


def test_then_the_profile_of_the_client():
    assert Place("US-WA", "the client's profile") == place(encounters=bundle(VISIT))


def test_the_encounter_of_the_call_comes_before_later_ones():
    later = encounter(
        "f", period={"start": "2026-03-09T09:00:00Z"}, location=[{"location": {"reference": "Location/l"}}]
    )
    where = {"resourceType": "Location", "id": "l", "address": {"state": "FL"}}
    prefetch = prefetched(encounters=bundle(VISIT, CLINIC, later, where))
    assert [build_chart("p1", prefetch, encounter_id=visit).place.jurisdiction for visit in ("e", None)] == [
        "US-MS",
        "US-FL",
    ]


def test_the_state_stands_on_each_encounter():
    assert [visit.state for visit in build_chart("p1", prefetched(encounters=bundle(VISIT, CLINIC))).encounters] == [
        "US-MS"
    ]
