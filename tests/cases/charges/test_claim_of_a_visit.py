"""The draft claim as a whole: what the chart tells is on it, in its place of R4; what it does not tell is not."""

from datetime import date

from cds_service.domain.chart import Facility
from cds_service.domain.findings import ChargeLine, ClaimHead, DraftCharges, Proposal
from cds_service.fhir.writing.proposed_actions import Writing, actions
from cds_service.stories import build
from tests.playing import play

TODAY = date(2026, 3, 16)
VISIT = {"day": "today", "from": "08:00", "to": "12:00", "by": ["PT", "PTA"]}
INJURY = {"text": "Low back strain", "code": "S39.012A", "onset": "2026-01-10"}


def coverage(**more):
    return {
        "resourceType": "Coverage",
        "id": "wc",
        "status": "active",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "WCBPOL"}]},
        "beneficiary": {"reference": "Patient/story"},
        "payor": [{"display": "Prairie Mutual Compensation (invented)"}],
        **more,
    }


def drafted(**words):
    """The first Claim that is proposed, and the text of its card."""
    story = {"patient": {"id": "story", "state": "IA"}, "injury": INJURY, "visits": [VISIT], **words}
    for card in play(build(story, TODAY), "encounter-discharge").cards:
        for suggestion in card.get("suggestions", []):
            for action in suggestion["actions"]:
                if action["resource"]["resourceType"] == "Claim":
                    return action["resource"], card["detail"]
    raise AssertionError("no claim is proposed")


def codes(concept):
    return [coding["code"] for coding in concept["coding"]]


def test_the_diagnosis_is_its_code_and_each_line_points_to_it():
    claim, _ = drafted()
    assert [["S39.012A"]] == [codes(diagnosis["diagnosisCodeableConcept"]) for diagnosis in claim["diagnosis"]]
    assert [[1], [1]] == [item["diagnosisSequence"] for item in claim["item"]]


def test_an_external_cause_is_neither_first_nor_alone():
    cause = {"id": "cause", "text": "Work activity", "code": "Y99.0", "work_related": False}
    strain = {**INJURY, "id": "strain", "work_related": False}
    treated = [
        {"from": "08:00", "to": "10:00", "injury": "cause"},
        {"from": "10:00", "to": "12:00", "injury": "strain"},
    ]
    claim, _ = drafted(injury=[cause, strain], visits=[{"day": "today", "sessions": treated}])
    assert [["S39.012A"], ["Y99.0"]] == [
        codes(diagnosis["diagnosisCodeableConcept"]) for diagnosis in claim["diagnosis"]
    ]
    claim, detail = drafted(injury=[cause])
    assert "diagnosis" not in claim
    assert "diagnosis code" in detail


def test_a_condition_without_a_code_is_referred_to():
    claim, detail = drafted(injury={"text": "Low back strain", "code": None})
    assert [["diagnosisReference", "sequence"]] == [sorted(diagnosis) for diagnosis in claim["diagnosis"]]
    assert "diagnosis code" in detail


def test_the_accident_is_the_day_of_the_work_injury():
    claim, _ = drafted()
    assert ("2026-01-10", ["WPA"]) == (claim["accident"]["date"], codes(claim["accident"]["type"]))
    assert "locationAddress" not in claim["accident"]


def test_an_accident_on_an_earlier_claim_tells_day_and_state():
    earlier = {"day": -7, "status": "active", "lines": ["97545 x1 GP"], "accident_state": "NE"}
    claim, _ = drafted(visits=[{**VISIT, "day": -7}, VISIT], charges=[earlier])
    assert ("2026-03-09", {"state": "NE", "country": "US"}) == (
        claim["accident"]["date"],
        claim["accident"]["locationAddress"],
    )


def test_an_injury_that_is_not_from_work_is_no_accident():
    health = {"class": "commercial", "payer": "Prairie Health (invented)"}
    claim, _ = drafted(coverage=health, injury={**INJURY, "work_related": False})
    assert "accident" not in claim


def test_the_claim_number_stands_with_the_insurance():
    number = {"type": {"text": "Claim number"}, "system": "https://carrier.example/claims", "value": "WC-77"}
    claim, detail = drafted(coverage="none", resources=[coverage(identifier=[number])])
    assert {"system": "https://carrier.example/claims", "value": "WC-77"} == claim["insurance"][0]["identifier"]
    assert "claim number" not in detail


def test_two_claim_numbers_are_none():
    numbers = [{"type": {"text": "Claim number"}, "value": value} for value in ("WC-77", "WC-78")]
    claim, detail = drafted(coverage="none", resources=[coverage(identifier=numbers)])
    assert "identifier" not in claim["insurance"][0]
    assert "Add to the claim: claim number" in detail


def test_therapists_are_primary_and_assistants_assist():
    claim, _ = drafted()
    assert [["primary"], ["assist"]] == [codes(member["role"]) for member in claim["careTeam"]]
    assert [[1, 2], [1, 2]] == [item["careTeamSequence"] for item in claim["item"]]


def test_a_line_points_to_those_who_gave_it():
    service = {"code": "97110", "from": "12:00", "to": "12:30", "by": "OT"}
    claim, _ = drafted(visits=[{**VISIT, "by": "PT", "services": [service]}])
    assert [[1], [1], [2]] == [item["careTeamSequence"] for item in claim["item"]]


def test_the_place_of_service_is_the_code_of_the_location_and_else_left_out():
    claim, _ = drafted()
    assert not any("locationCodeableConcept" in item for item in claim["item"])
    known = ClaimHead(facility=Facility("Location/north", "11"))
    change = DraftCharges(TODAY, (ChargeLine("97545", ("GP",), 1, TODAY),), head=known)
    writing = Writing("story", TODAY, "call", lambda _: None)
    (action,) = actions(Proposal("charges", (change,)), writing)
    assert {"reference": "Location/north"} == action.resource["facility"]
    assert [["11"]] == [codes(item["locationCodeableConcept"]) for item in action.resource["item"]]


def test_a_changed_draft_keeps_its_head_and_gets_what_it_lacks():
    claim, _ = drafted(charges={"lines": ["97545 x2 GP"]})
    assert ["diagnosisReference"] == [name for name in claim["diagnosis"][0] if name != "sequence"]
    assert ("2026-01-10", ["primary", "assist"]) == (
        claim["accident"]["date"],
        [codes(member["role"])[0] for member in claim["careTeam"]],
    )
    assert "billablePeriod" not in claim
