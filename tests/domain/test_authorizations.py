"""Which of a payer's answers stand."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.authorizations import is_for_visits_from, standing
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState

APPROVED, DENIED = AuthorizationState.APPROVED, AuthorizationState.DENIED
FIRST = date(2026, 3, 1)


def answer(name, state=APPROVED, *, number="W-1", start=0, end=40, created=0, **more):
    return Authorization(
        reference=f"ClaimResponse/{name}",
        state=state,
        number=number,
        start=FIRST + timedelta(days=start) if start is not None else None,
        end=FIRST + timedelta(days=end) if end is not None else None,
        created=FIRST + timedelta(days=created) if created is not None else None,
        **more,
    )


def names(*answers):
    return [authorization.reference.partition("/")[2] for authorization in standing(answers)]


def test_the_newest_answer_of_a_number_decides():
    assert names(answer("old"), answer("new", created=5, end=20)) == ["new"]


def test_periods_apart_from_each_other_both_stand():
    assert names(answer("first", end=9), answer("second", created=5, start=10)) == ["first", "second"]


def test_other_numbers_and_other_codes_stand_beside_each_other():
    assert names(answer("a"), answer("b", number="W-2", created=5)) == ["a", "b"]
    assert names(answer("a", codes=("97545",)), answer("b", codes=("97546",), created=5)) == ["a", "b"]
    assert names(answer("a", codes=("97545",)), answer("b", created=5)) == ["b"]


def test_a_refusal_without_number_decides_for_its_own_time_only():
    assert names(answer("a"), answer("no", DENIED, number=None, created=5)) == ["no"]
    assert names(answer("a"), answer("no", DENIED, number=None, created=5, start=None, end=None)) == ["a", "no"]
    assert names(answer("a"), answer("no", DENIED, number=None, created=5, end=None)) == ["no"]
    assert names(answer("a"), answer("no", DENIED, number=None, created=5, start=None)) == ["no"]
    assert names(answer("a"), answer("no", DENIED, number=None, created=5, names_service=False)) == ["a", "no"]


def test_answers_to_one_request_replace_each_other_without_number():
    old, new = answer("old", request="Claim/q"), answer("no", DENIED, number=None, created=5, request="Claim/q")
    assert names(old, new) == ["no"]


def test_the_time_of_day_tells_the_later_of_two_answers_of_one_day():
    morning, noon = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (9, 12))
    assert names(answer("a", DENIED, answered=morning), answer("b", answered=noon)) == ["b"]


def test_of_answers_whose_order_is_not_known_the_cautious_one_stands():
    for order in permutations([answer("yes"), answer("no", DENIED)]):
        assert names(*order) == ["no"]
    for order in permutations([answer("much", quantity=20), answer("little", quantity=5)]):
        assert names(*order) == ["little"]


ANY_ANSWER = st.builds(
    answer,
    st.integers(0, 9),
    st.sampled_from(list(AuthorizationState)),
    number=st.sampled_from(["W-1", "W-2", None]),
    start=st.sampled_from([None, 0, 10]),
    end=st.sampled_from([None, 9, 40]),
    created=st.sampled_from([None, 0, 5]),
    codes=st.sampled_from([(), ("97545",), ("97546",)]),
    names_service=st.booleans(),
)


@given(st.lists(ANY_ANSWER, max_size=6))
def test_something_always_stands_and_nothing_is_made_up(answers):
    stand = standing(answers)
    assert bool(stand) is bool(answers)
    assert {authorization.reference for authorization in stand} <= {
        authorization.reference for authorization in answers
    }


@given(st.lists(ANY_ANSWER, max_size=6, unique_by=lambda authorization: authorization.reference))
def test_among_responses_of_a_single_part_what_stands_replaces_nothing_that_stands(answers):
    """Parts of a response are as late as its latest; without that part the response may be an earlier one."""
    stand = standing(answers)
    assert standing(stand) == stand


@pytest.mark.parametrize(
    ("asked", "before", "is_for"),
    [
        (answer("a", start=-90, end=0), None, True),
        (answer("a", start=-90, end=-1), None, True),
        (answer("a", start=-90, end=-60), None, True),
        (answer("a", start=-90, end=-61), None, False),
        (answer("a", start=-90, end=-1), -70, False),
        (answer("a", start=-70, end=-1), -70, False),
        (answer("a", start=-69, end=-1), -70, True),
        (answer("a", start=-90, end=None), -70, True),
        (answer("a", DENIED, start=-90, end=None), -70, False),
        (answer("a", start=-90, end=5), -70, True),
        (answer("a", start=None, end=-1, created=-80), -70, False),
        (answer("a", start=None, end=None, created=-90), None, True),
        (answer("a", DENIED, start=None, end=None, created=-60), None, True),
        (answer("a", DENIED, start=None, end=None, created=-61), None, False),
        (answer("a", DENIED, start=None, end=None, created=None), None, True),
    ],
)
def test_an_answer_is_for_a_program_that_it_reaches_and_not_for_the_one_before(asked, before, is_for):
    last = FIRST + timedelta(days=before) if before is not None else None
    assert is_for == is_for_visits_from(FIRST, asked, last)


def test_periods_of_later_answers_that_meet_are_one_period():
    newest, middle, oldest = (
        answer("new", start=10, end=20, created=5),
        answer("mid", start=15, end=30, created=2),
        answer("old", start=0, end=12),
    )
    assert ["new"] == names(newest, middle, oldest)
    assert ["new"] == names(newest, middle, answer("old", start=25, end=40))
    assert ["new", "old"] == names(newest, middle, answer("old", start=0, end=9))
    assert ["new", "old"] == names(newest, middle, answer("old", start=31, end=40))


def test_an_approval_without_a_date_is_the_first_and_a_refusal_without_one_the_last():
    assert ["b"] == names(answer("a", created=None), answer("b", created=0))
    assert ["a"] == names(answer("a", DENIED, created=None), answer("b", created=0))
    assert ["a"] == names(answer("a", AuthorizationState.PENDING, created=None), answer("b", created=0))
