"""What must hold for the claim of a visit with any other services: proved through the whole service."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.stories import build
from tests.playing import play

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
CODES = ["97110", "97110", "97110", "97140", "97530", "97150", "97161", "97750", "97014"]
PAYERS = [
    {"patient": {"state": "OH"}},
    {"patient": {"state": "TN"}},
    {"patient": {"state": "TX"}},
    {"coverage": {"class": "medicare", "payer": "Medicare"}},
]


def told(code, start, minutes, by):
    if minutes is None:
        return {"code": code, "date_only": True, "by": by}
    return {"code": code, "from": f"{start // 60:02}:{start % 60:02}", "minutes": minutes, "by": by}


service = st.builds(
    told,
    st.sampled_from(CODES),
    st.integers(7 * 60, 14 * 60),
    st.none() | st.sampled_from([3, 7, 8, 10, 15, 20, 22, 23, 30, 38, 45]),
    st.sampled_from(["PT", "PTA", "OT", "stranger", "none"]),
)


def visit(payer, services, claims=()):
    words = {
        "people": {"stranger": {"name": "Robin Fable", "role": "unknown"}},
        "visits": [{"day": "today", "from": "08:00", "to": "12:00", "services": services}],
        "resources": list(claims),
    }
    return play(build({**payer, **words}, TODAY), "encounter-discharge")


def drafted(played):
    """Claims of the suggestions about charges."""
    return [
        action["resource"]
        for card in played.cards
        if card["extension"]["work-rehab-cds.finding"]["rule"] in {"visit-charges", "first-unit"}
        for suggestion in card["suggestions"]
        for action in suggestion["actions"]
    ]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PAYERS), st.lists(service, max_size=8))
def test_every_line_has_a_unit_and_no_two_lines_are_alike(payer, services):
    for claim in drafted(visit(payer, services)):
        found = lines(claim)
        assert all(units > 0 for *_, units in found)
        assert len(found) == len({(code, *modifiers) for code, modifiers, _ in found})
        assert list(range(1, len(found) + 1)) == sorted(item["sequence"] for item in claim["item"])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PAYERS), st.lists(service, max_size=8))
def test_a_suggestion_that_was_accepted_is_not_made_again(payer, services):
    for claim in drafted(visit(payer, services)):
        assert [] == drafted(visit(payer, services, [claim]))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PAYERS), st.lists(service, max_size=6, unique_by=str), st.randoms(use_true_random=False))
def test_the_order_in_which_services_are_recorded_changes_nothing(payer, services, random):
    shuffled = random.sample(services, len(services))
    first, second = (drafted(visit(payer, recorded)) for recorded in (services, shuffled))
    assert [lines(claim) for claim in first] == [lines(claim) for claim in second]


def lines(claim):
    return [
        (
            item["productOrService"]["coding"][0]["code"],
            [modifier["coding"][0]["code"] for modifier in item.get("modifier", [])],
            item["quantity"]["value"],
        )
        for item in claim["item"]
    ]
