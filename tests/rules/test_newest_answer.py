"""Which of a payer's answers is its last word."""

from datetime import timedelta

import pytest

from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.rules.answers import newest_answer
from tests.billing.bill_stories import DAY

APPROVED, DENIED, PENDING = AuthorizationState.APPROVED, AuthorizationState.DENIED, AuthorizationState.PENDING
EARLY, LATE = DAY - timedelta(days=5), DAY


@pytest.mark.parametrize(
    ("answers", "newest"),
    [
        ([], None),
        ([(APPROVED, EARLY), (DENIED, LATE)], DENIED),
        ([(DENIED, EARLY), (APPROVED, LATE)], APPROVED),
        ([(PENDING, EARLY), (APPROVED, LATE)], APPROVED),
        ([(PENDING, None), (APPROVED, LATE)], PENDING),
        ([(DENIED, None), (APPROVED, EARLY)], APPROVED),
        ([(DENIED, LATE), (APPROVED, LATE)], DENIED),
    ],
)
def test_the_last_answer_decides_and_of_one_day_the_most_cautious(answers, newest):
    on_file = [Authorization(f"ClaimResponse/{state}", state, created=made) for state, made in answers]
    assert newest == newest_answer(on_file)


def test_a_number_without_dates_is_no_answer():
    assert newest_answer([Authorization("ClaimResponse/weak", APPROVED, number="W-1", weak=True)]) is None
