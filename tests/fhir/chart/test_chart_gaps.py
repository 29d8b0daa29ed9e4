import pytest

from cds_service.domain.chart import Fact
from cds_service.fhir.chart.build import build_chart
from tests.fhir.chart.test_visits import DAY
from tests.fhir.resources import (
    ACCIDENT,
    CPT,
    PATIENT,
    bundle,
    chart_of,
    claim_response,
    coded,
    encounter,
    prefetched,
)


def test_a_claim_tells_its_lines_encounters_and_numbers():
    item = {
        "sequence": 4, "productOrService": coded(CPT, "97545"), "modifier": [coded(CPT, "GP"), coded(None, "WH")],
        "servicedDate": "2026-03-02", "quantity": {"value": 1}, "encounter": [{"reference": "Encounter/e"}],
    }  # fmt: skip
    (claim,) = chart_of(
        charges=bundle(ACCIDENT | {"item": [item, {"sequence": 5}], "insurance": [{"preAuthRef": ["PA-1"]}]})
    ).claims
    (line,) = claim.lines
    assert (4, "97545", ("GP", "WH"), 1, DAY) == (line.sequence, line.code, line.modifiers, line.units, line.date)
    assert (("Encounter/e",), ("PA-1",)) == (claim.encounters, claim.authorization_numbers)


def test_facts_whose_keys_failed_or_are_absent_are_unavailable_and_say_why():
    prefetch = prefetched(["procedures", "coverage", "goals"], coverage=None, goals=bundle())
    unavailable = build_chart("p1", prefetch).unavailable
    assert unavailable[Fact.SESSIONS] == "procedures was not given"
    assert {Fact.COVERAGE, Fact.GOALS, Fact.ENCOUNTER} & set(unavailable) == set()


def test_either_encounter_key_delivers_the_encounters():
    prefetch = prefetched(["encounter", "encounters"], encounter=encounter())
    assert Fact.ENCOUNTER not in build_chart("p1", prefetch).unavailable


@pytest.mark.parametrize(
    ("use", "said"), [(None, True), ("bill", True), ("preauthorization", False), ("claim", False), ("Claim", False)]
)
def test_a_claim_that_does_not_say_what_it_is_for_is_said(use, said):
    claim = {"resourceType": "Claim", "id": "c", "status": "active", "use": use, "patient": PATIENT}
    gaps = chart_of(charges=bundle({key: value for key, value in claim.items() if value is not None})).gaps
    assert said == any(gap.fact is Fact.CHARGES and gap.why == "does not say that it is a claim" for gap in gaps)


@pytest.mark.parametrize("change", [{"use": None}, {"status": "final"}])
def test_an_answer_of_a_payer_that_cannot_be_read_as_one_is_said(change):
    answer = {key: value for key, value in claim_response(**change).items() if value is not None}
    assert any(gap.fact is Fact.AUTHORIZATIONS for gap in chart_of(authorizations=bundle(answer)).gaps)
