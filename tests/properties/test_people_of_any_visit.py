"""What must hold for the claim of a visit whoever treated: proved through the whole service."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.stories import build
from tests.playing import play

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
PEOPLE = {
    "student": {"title": "Student Physical Therapist", "name": "Sam Fable"},
    "aide": {"title": "PT Aide", "name": "Ari Fable"},
    "stranger": {"name": "Robin Fable"},
}
BESIDE = {"CQ": "GP", "CO": "GO"}
PLANS = [[{"discipline": "PT"}], [{"discipline": "OT"}], [{"discipline": "PT"}, {"discipline": "OT"}]]

people = st.lists(
    st.sampled_from(["PT", "PT", "PTA", "OT", "OTA", "student", "aide", "stranger"]),
    min_size=1,
    max_size=2,
    unique=True,
)
stretches = st.lists(st.tuples(st.integers(10, 130), people), min_size=1, max_size=4)
plans = st.sampled_from(PLANS)


def closing(stretches, plan):
    """A visit of today with stretches one after the other, closing."""
    sessions, start = [], 7 * 60
    for length, by in stretches:
        sessions.append({"from": f"{start // 60:02}:{start % 60:02}", "minutes": length, "by": by})
        start += length
    words = {"patient": {"state": "IA"}, "people": PEOPLE, "plan": plan}
    return play(build({**words, "visits": [{"day": "today", "sessions": sessions}]}, TODAY), "encounter-discharge")


def proposed(played):
    """(lines, whether it is recommended) of every claim proposed."""
    return [
        (
            [
                (
                    item["productOrService"]["coding"][0]["code"],
                    [modifier["coding"][0]["code"] for modifier in item.get("modifier", [])],
                    item["quantity"]["value"],
                )
                for item in action["resource"]["item"]
            ],
            bool(suggestion.get("isRecommended")),
        )
        for card in played.cards
        for suggestion in card.get("suggestions", ())
        for action in suggestion["actions"]
        if action["resource"]["resourceType"] == "Claim"
    ]


def units_of(lines):
    found = {}
    for code, _, units in lines:
        found[code] = found.get(code, 0) + units
    return found


@settings(max_examples=80, deadline=None)
@given(stretches, plans)
def test_who_treated_never_changes_how_many_units_there_are(treated, plan):
    by_one = [(length, ["PT"]) for length, _ in treated]
    several, alone = proposed(closing(treated, plan)), proposed(closing(by_one, PLANS[0]))
    assert [units_of(lines) for lines, _ in several] == [units_of(lines) for lines, _ in alone]


@settings(max_examples=80, deadline=None)
@given(stretches, plans)
def test_an_assistants_modifier_stands_only_beside_its_discipline(treated, plan):
    for lines, _ in proposed(closing(treated, plan)):
        for _, modifiers, _ in lines:
            assert all(BESIDE[modifier] in modifiers for modifier in modifiers if modifier in BESIDE)
            assert len({"GP", "GO"} & set(modifiers)) <= 1


@settings(max_examples=80, deadline=None)
@given(stretches, plans, st.data())
def test_taking_a_profession_away_never_makes_a_claim_recommended(treated, plan, data):
    place = data.draw(st.integers(0, len(treated) - 1))
    length, by = treated[place]
    fewer = [
        *treated[:place],
        (length, ["stranger", *by[1:]] if by[1:] != ["stranger"] else by[1:]),
        *treated[place + 1 :],
    ]
    assert not any(recommended for _, recommended in proposed(closing(fewer, plan)))


@pytest.mark.parametrize("helper", ["student", "aide", "stranger"])
@pytest.mark.parametrize("plan", PLANS, ids=["PT", "OT", "both"])
def test_nobody_without_a_license_is_billed_as_a_therapist(helper, plan):
    assert not any(recommended for _, recommended in proposed(closing([(240, [helper])], plan)))
