"""What a story expects and does not get is said in a sentence, with what is there instead."""

from datetime import date

import pytest

from cds_service.policies.stack import PolicyStack
from cds_service.stories import build
from cds_service.stories.checking import unmet
from cds_service.stories.playing import play

TODAY = date(2026, 3, 16)
VISIT = {
    "patient": {"state": "TX"},
    "evaluations": [{"day": -7, "code": "97161"}],
    "visits": [{"day": 0, "from": "08:00", "minutes": 120}],
}


@pytest.fixture(scope="module")
def said():
    """The sentences about a visit in Texas without approval."""
    policies = PolicyStack.load()

    def of(expect, **words):
        story = build({**VISIT, **words, "expect": expect}, TODAY)
        return unmet(story, play(story, "encounter-discharge", policies))

    return of


@pytest.mark.parametrize(
    "expect",
    [
        {"fires": ["authorization", "authorization.missing"]},
        {"silent": "pair-edit", "not_applicable": "intensity"},
        {"charges": "97545 x1 WC GP", "unsaid": "97140"},
        {"policies": "us-tx-dwc", "values": {"authorization.required": "always"}},
        {"values": {"program.per_injury": "none"}, "layers": {"program.per_injury": "none"}},
        {"layers": {"authorization.required": "us-tx-dwc"}, "questions": "authorization.exempt_if"},
        {"details": "28 TAC 134.600", "said": "Claim"},
    ],
)
def test_what_is_as_expected_is_not_spoken_of(said, expect):
    assert [] == said(expect)


@pytest.mark.parametrize(
    ("expect", "sentence"),
    [
        ({"silent": "authorization"}, "authorization should be quiet, is fired; cards: "),
        ({"fires": "pair-edit"}, "pair-edit should be fired, is quiet; cards: "),
        ({"gaps": "intensity"}, "intensity should be gap, is not-applicable (the payer's policy sets no hours"),
        ({"fires": "authorization.denied"}, "authorization.denied is not among the findings: "),
        ({"fires": "order-units"}, "order-units should be fired, but is not asked at encounter-discharge"),
        ({"only": "none"}, "cards should be none, are "),
        ({"charges": "97545 x2"}, "charges should be 97545 x2, are 97545 x1 WC GP"),
        ({"recommended": True}, "no suggestion is recommended"),
        ({"summaries": "Charge 97546"}, "no card's summary says 'Charge 97546'; cards: "),
        ({"details": "28 TAC 999"}, "no card's detail says '28 TAC 999'; "),
        ({"said": "97140"}, "no card says '97140'; cards: "),
        ({"unsaid": "97545"}, "a card says '97545'"),
        ({"policies": "us-la-owc"}, "policy us-la-owc does not apply; applied: generic, us-ncci, "),
        (
            {"values": {"authorization.required": "never"}},
            "authorization.required should be never, is always (us-tx-dwc)",
        ),
        ({"values": {"program.per_injury": 1}}, "program.per_injury should be 1, is none (no policy has it)"),
        (
            {"layers": {"authorization.required": "generic"}},
            "authorization.required should come from generic, comes from us-tx-dwc (always)",
        ),
        ({"questions": "authorization.required"}, "authorization.required should be asked about; no unverified value"),
        ({"status": 412}, "the call was answered, not refused"),
        ({}, "expect: nothing is expected; say what the answer has to be"),
    ],
    ids=str,
)
def test_what_is_not_is_told_with_what_is_there(said, expect, sentence):
    (problem,) = said(expect)
    assert problem.startswith(sentence), problem


def test_a_refused_call_is_told_apart_from_an_answer(said):
    refused = {"prefetch": "absent"}
    assert [] == said({"status": 412}, **refused)
    (problem,) = said({"fires": "authorization"}, **refused)
    assert problem.startswith("the call was refused: ")
