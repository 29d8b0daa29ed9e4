"""Dollars of claim lines by a site's fees: the fee with most of the line's modifiers, then the newest."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cds_service.domain.fees import NO_FEES, Fee, amount, fee_of, fee_table
from cds_service.domain.findings import ChargeLine

DAY = date(2026, 3, 16)
EARLIER = DAY - timedelta(days=365)
PLAIN, NEWER = Fee("97545", frozenset(), Decimal(100), EARLIER), Fee("97545", frozenset(), Decimal(110), DAY)
OF_ASSISTANT = Fee("97545", frozenset({"CQ"}), Decimal(85), EARLIER)
OF_THERAPY = Fee("97545", frozenset({"GP"}), Decimal(90), EARLIER)


def line(code="97545", *modifiers, units=1):
    return ChargeLine(code, modifiers, units, DAY)


@pytest.mark.parametrize(
    ("fees", "modifiers", "on", "fee"),
    [
        ([PLAIN], (), DAY, PLAIN),
        ([PLAIN, NEWER], (), DAY, NEWER),
        ([NEWER, PLAIN], (), DAY, NEWER),
        ([PLAIN, NEWER], (), DAY - timedelta(days=1), PLAIN),
        ([NEWER], (), DAY - timedelta(days=1), None),
        ([NEWER, OF_ASSISTANT], ("GP", "CQ"), DAY, OF_ASSISTANT),
        ([NEWER, OF_ASSISTANT], ("GP",), DAY, NEWER),
        ([OF_ASSISTANT], ("GP",), DAY, None),
        ([NEWER, OF_ASSISTANT, OF_THERAPY], ("GP", "CQ"), DAY, None),
    ],
)
def test_a_line_has_the_fee_that_says_most_of_it(fees, modifiers, on, fee):
    assert fee == fee_of(line("97545", *modifiers), on, fee_table(fees))


def test_a_claim_has_an_amount_only_where_each_line_has_a_fee():
    fees = fee_table([NEWER, Fee("97546", frozenset(), Decimal("50.50"), DAY)])
    lines = [line(), line("97546", units=2)]
    assert Decimal("211.00") == amount(lines, DAY, fees)
    assert [None, None] == [amount([*lines, line("97110")], DAY, fees), amount([], DAY, fees)]
    assert [True, False] == [bool(fees), bool(NO_FEES)]
