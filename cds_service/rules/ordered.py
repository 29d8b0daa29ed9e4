"""The draft orders a call is about."""

from itertools import islice
from typing import Final

from cds_service.domain.case import Case
from cds_service.domain.chart import Fact, Gap, Order
from cds_service.rules.rule import NotApplicable

NO_ORDER: Final = NotApplicable("no work-rehab order among the drafts")
MOST_ORDERS: Final = 100
NOT_ALL_ORDERS: Final = Gap(Fact.ORDERS, f"only the first {MOST_ORDERS} orders were looked at")


def work_rehab_orders(case: Case) -> tuple[Order, ...]:
    """Draft orders in question that are about work rehabilitation, at most the first ``MOST_ORDERS`` of a call."""
    return _orders_in_question(case)[:MOST_ORDERS]


def _orders_in_question(case: Case) -> tuple[Order, ...]:
    """Those orders and one more where there are more."""
    if _orders_in_question not in case.shared:
        found = (order for order in case.orders if order.work_rehab and order.selected)
        case.shared[_orders_in_question] = tuple(islice(found, MOST_ORDERS + 1))
    known = case.shared[_orders_in_question]
    return known if isinstance(known, tuple) else ()


def orders_left_out(case: Case) -> tuple[Gap, ...]:
    """The gap that says so when a call has more orders than are looked at."""
    return (NOT_ALL_ORDERS,) if len(_orders_in_question(case)) > MOST_ORDERS else ()
