"""What must hold for the claim of a visit whoever pays: proved through the whole service."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.stories import build
from tests.playing import play

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
VISIT = {"patient": {"state": "OH"}, "visits": [{"day": "today", "from": "08:00", "to": "12:00"}]}
NAMES = [
    "Harbor Casualty (invented)",
    "State Workers' Compensation Fund",
    "Medicare Part B",
    "Fable Medigap",
    "Roadside Auto",
    "BCBSTX",
    "OWCP",
    "State Medicaid",
]
KINDS = [
    *({"class": kind} for kind in ("workers-compensation", "medicare", "commercial", "auto", "self-pay", "none")),
    *({"type": code} for code in ("PUBLICPOL", "HIP", "SOPT 99", "X12 ZZ", "DENTAL")),
]


def described(kind, payer, order, ended, number):
    return {**kind, "payer": payer, "order": order, "end": -1 if ended else None, "id": f"cov-{number}"}


coverage = st.builds(
    described,
    st.sampled_from(KINDS),
    st.sampled_from(NAMES),
    st.none() | st.integers(1, 3),
    st.booleans(),
    st.integers(1, 10**6),
)
coverages = st.lists(coverage, max_size=3, unique_by=lambda member: member["id"])
injury = st.sampled_from(
    [{"work_related": True}, {"work_related": False}, {"work_related": False, "note": "Hurt at work."}]
)


def answer(payers, hurt):
    return play(build({**VISIT, "coverage": payers or "none", "injury": hurt}, TODAY), "encounter-discharge")


def recommended(played):
    return any("isRecommended" in suggestion for card in played.cards for suggestion in card.get("suggestions", []))


def first_in_line(played):
    return played.answered.consultation.case.payer


@settings(max_examples=60, deadline=None)
@given(coverages, injury)
def test_only_a_claim_for_a_payer_known_to_be_workers_compensation_is_recommended(payers, hurt):
    played = answer(payers, hurt)
    if recommended(played):
        in_line = first_in_line(played)
        assert ("workers-compensation", ()) == (in_line.payer_class, in_line.doubts)


@settings(max_examples=60, deadline=None)
@given(coverages, coverage, injury)
def test_one_more_coverage_recommends_a_claim_only_where_it_is_the_known_payer(payers, more, hurt):
    after = answer([*payers, more], hurt)
    if recommended(after) and not recommended(answer(payers, hurt)):
        assert f"Coverage/{more['id']}" == first_in_line(after).reference


@settings(max_examples=60, deadline=None)
@given(st.lists(coverage, min_size=1, max_size=3, unique_by=lambda member: member["id"]), injury)
def test_a_coverage_taken_away_recommends_no_claim_but_one_that_stood_behind_it(payers, hurt):
    if recommended(answer(payers, hurt)):
        return
    fewer = answer(payers[1:], hurt)
    if recommended(fewer):
        assert first_in_line(fewer).doubts == ()


@settings(max_examples=40, deadline=None)
@given(coverages, injury)
def test_without_evidence_of_a_work_injury_no_claim_is_recommended_that_was_not_with_it(payers, hurt):
    assert recommended(answer(payers, hurt)) or not recommended(answer(payers, {"work_related": False}))
