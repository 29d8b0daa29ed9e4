"""What must hold whatever a payer has answered: proved through the whole service."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.stories import build
from tests.playing import play

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
OTHERS = ["MRI lumbar spine", "72148", "97110", "Knee arthroscopy", "Office consultation", "Speech therapy"]
OURS = ["Work hardening", "97545", "97546", "none"]
WORDS = [None, "Approved", "Denied on re-review", "Unable to approve", "Void", "Denial overturned", "Closed"]


def answer(service):
    return st.fixed_dictionaries(
        {
            "service": service,
            "number": st.sampled_from(["W-1", "W-2", "none-given"]),
            "from": st.sampled_from([-20, -5, 3]),
            "to": st.sampled_from([5, 40]),
            "created": st.sampled_from([-30, -10, -1]),
            "state": st.sampled_from(["approved", "denied", "pending", "withdrawn"]),
            "words": st.sampled_from(WORDS),
            "quantity": st.sampled_from([None, 2, 30]),
            "unit": st.sampled_from(["none", "hours", "visits", "days", "units"]),
        }
    )


answers = st.lists(answer(st.sampled_from(OURS)), max_size=4)


def visit(authorizations, hook="encounter-discharge"):
    words = {
        "patient": {"state": "TX"},
        "course": {"first": -6, "last": "today", "from": "08:00", "minutes": 240},
        "authorizations": authorizations,
    }
    return play(build(words, TODAY), hook)


def recommended(played):
    return any(suggestion.get("isRecommended") for card in played.cards for suggestion in card.get("suggestions", []))


def about_approval(played):
    return [card["summary"] for card in played.cards if card["source"]["topic"]["code"] == "authorization"]


@settings(max_examples=40, deadline=None)
@given(answers, st.lists(answer(st.sampled_from(OTHERS)), min_size=1, max_size=3))
def test_answers_about_other_services_change_nothing(work_rehab, elsewhere):
    elsewhere = [authorization | {"number": f"O-{index}"} for index, authorization in enumerate(elsewhere)]
    words = [authorization | {"words": None} for authorization in elsewhere]
    assert about_approval(visit(work_rehab)) == about_approval(visit([*work_rehab, *words]))


@settings(max_examples=40, deadline=None)
@given(answers)
def test_a_warning_about_approval_takes_the_recommendation_off(authorizations):
    played = visit(authorizations)
    warned = any(
        card["indicator"] == "warning" and card["source"]["topic"]["code"] == "authorization" for card in played.cards
    )
    assert not (warned and recommended(played))


@settings(max_examples=40, deadline=None)
@given(answers)
def test_in_texas_a_claim_is_recommended_only_with_an_answer_that_approves(authorizations):
    played = visit(authorizations)
    approving = [
        authorization
        for authorization in authorizations
        if authorization["state"] == "approved" or authorization["words"] in {"Approved", "Denial overturned"}
    ]
    assert approving or not recommended(played)


@settings(max_examples=40, deadline=None)
@given(answers, st.randoms(use_true_random=False))
def test_the_order_in_which_answers_are_given_changes_nothing(authorizations, random):
    numbered = [authorization | {"id": f"answer-{index}"} for index, authorization in enumerate(authorizations)]
    mixed = list(numbered)
    random.shuffle(mixed)
    assert about_approval(visit(numbered)) == about_approval(visit(mixed))
