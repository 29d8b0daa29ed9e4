"""A packet as FHIR: the questionnaire of a policy, the answers to it, and the draft claim; the judge takes them all."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cds_service.domain.codes import Program
from cds_service.domain.findings import ClaimHead, Diagnosis
from cds_service.domain.packet import AmountAsked, PacketElement, PacketUse, Parties, Party, ServiceAsked
from cds_service.domain.packet_edits import edited
from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.writing.preauthorizations import PasVersion, has_preauthorization, preauthorization_bundle
from cds_service.fhir.writing.request_questionnaires import (
    ElementAsked,
    has_questionnaire,
    request_answers,
    request_questionnaire,
)
from tests.packet_examples import ASKED, SENTENCE, appeal_of, packet_of

HERE = "https://cds.example.org"
NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\x00 \ud800 \u202e {{7*7}} \"';--"


def bundle_of(packet, version=PasVersion.V2_2_1):
    bundle = preauthorization_bundle(packet, version, HERE, NOW)
    assert first_r4_error(bundle) is None
    for entry in bundle["entry"]:
        assert first_r4_error(entry["resource"]) is None
    return bundle


def resource_in(bundle, kind):
    return next(entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind)


def test_a_questionnaire_asks_for_each_element_and_cites_its_source():
    asked = [ElementAsked("patient", "the patient's name", required=True, source="28 TAC 134.600 (l)")]

    questionnaire = request_questionnaire(HERE, "us-tx-dwc", "Texas", "Example", asked)

    assert first_r4_error(questionnaire) is None
    assert questionnaire["url"] == "https://cds.example.org/fhir/Questionnaire/us-tx-dwc"
    (item,) = questionnaire["item"]
    assert (item["linkId"], item["type"], item["required"]) == ("patient", "text", True)
    assert item["item"][0]["text"] == "28 TAC 134.600 (l)"


def test_the_answers_are_in_progress_and_what_is_missing_has_none():
    response = request_answers(packet_of(), HERE)

    assert first_r4_error(response) is None
    assert response["questionnaire"] == "https://cds.example.org/fhir/Questionnaire/us-tx-dwc"
    assert response["status"] == "in-progress"
    assert {item["linkId"]: item["answer"][0]["valueString"] for item in response["item"]} == {
        "patient": "Dana Example",
        "medical-necessity": SENTENCE,
    }


def test_what_a_clinician_wrote_is_what_is_answered():
    response = request_answers(edited(packet_of(), {"signature": "Signed by hand"}), HERE)

    assert response["item"][-1]["answer"] == [{"valueString": "Signed by hand"}]


def test_the_draft_claim_asks_ahead_for_the_services():
    claim = resource_in(bundle_of(packet_of()), "Claim")

    assert claim["use"] == "preauthorization"
    assert [item["productOrService"]["coding"][0]["code"] for item in claim["item"]] == ["97545", "97546"]
    assert claim["item"][0]["quantity"] == {"value": 12}
    assert claim["item"][0]["servicedPeriod"] == {"start": "2026-03-20", "end": "2026-04-20"}
    assert claim["item"][0]["diagnosisSequence"] == [1]
    assert "quantity" not in claim["item"][1], "no order tells it"
    assert claim["insurance"][0]["identifier"] == {"value": "WC-EXAMPLE-1"}
    assert {part.get("valueString") for part in claim["supportingInfo"]} == {None, SENTENCE}


@pytest.mark.parametrize("version", PasVersion)
def test_the_bundle_names_the_profiles_of_its_edition_and_says_that_it_is_a_draft(version):
    bundle = bundle_of(packet_of(), version)

    assert bundle["meta"]["profile"][0].endswith(f"profile-pas-request-bundle|{version}")
    assert bundle["meta"]["tag"] == [{"display": "draft, checked as FHIR R4"}]
    named = {entry["fullUrl"] for entry in bundle["entry"]}
    assert resource_in(bundle, "Claim")["patient"]["reference"] in named
    assert resource_in(bundle, "Coverage")["payor"][0]["reference"] in named


def test_an_approval_is_named_where_more_of_it_is_asked_for():
    head = replace(packet_of().head, authorization="PA-1")

    first = resource_in(bundle_of(packet_of(head=head)), "Claim")
    more = resource_in(bundle_of(packet_of(head=head, use=PacketUse.RENEWAL)), "Claim")

    assert "preAuthRef" not in first["insurance"][0]
    assert more["insurance"][0]["preAuthRef"] == ["PA-1"]


def test_nothing_is_invented_where_the_record_has_nothing():
    bare = packet_of(parties=Parties(), head=ClaimHead(), amount=AmountAsked(), services=(ServiceAsked("97545"),))

    bundle = bundle_of(bare)

    claim = resource_in(bundle, "Claim")
    assert claim["item"] == [{"sequence": 1, "productOrService": claim["item"][0]["productOrService"]}]
    assert not claim.keys() & {"diagnosis", "accident", "careTeam", "facility"}
    assert resource_in(bundle, "Patient")["name"] == [{"text": "not recorded"}]


def test_a_diagnosis_without_a_code_is_not_on_the_claim():
    claim = resource_in(bundle_of(packet_of(head=ClaimHead(diagnoses=(Diagnosis("Condition/i1"),)))), "Claim")

    assert "diagnosis" not in claim


@pytest.mark.parametrize("text", [HOSTILE, "a" * 100_000, "\x00", "   "])
def test_hostile_text_in_every_field_stays_text(text):
    party = Party(text, text, text, text, text, text, text)
    element = PacketElement("patient", "the patient", ASKED, text)
    packet = packet_of(
        parties=Parties(party, None, party, (party,), party, party, party), elements=(element,), injury=text
    )

    bundle_of(packet)
    assert first_r4_error(request_answers(packet, HERE)) is None


def test_an_appeal_is_neither_a_questionnaire_nor_a_claim():
    assert not has_questionnaire(appeal_of())
    assert not has_preauthorization(appeal_of())
    assert not has_preauthorization(packet_of(services=()))
    assert has_preauthorization(packet_of(program=Program.UNKNOWN))
