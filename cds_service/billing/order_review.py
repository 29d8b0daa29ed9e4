"""Draft orders against the other drafts, their own schedule and the payer's time rule (WR-CODE-1 to 3, E-1, T-2)."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice

from cds_service.billing.line_modifiers import shared_modifiers
from cds_service.domain.bill import OrderProblem, OrderReview
from cds_service.domain.care import Order
from cds_service.domain.case import Case
from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR, WORK_REHAB
from cds_service.domain.findings import AddOrder, Change, ChangeOrder
from cds_service.domain.frozen import dataclass
from cds_service.domain.time_thresholds import TimeThresholds
from cds_service.domain.units import Units, units
from cds_service.policies.model import PolicyView
from cds_service.policies.time_rule import time_thresholds

NOT_TO_CORRECT = frozenset({"short-session", "code-short", "duplicate"})


@dataclass(frozen=True, slots=True)
class OrderReviewer:
    """What every order of a call is judged by.

    ``ordered`` gives for 97545 and 97546 the orders that carry it, each with whether it is a draft of the call.
    """

    thresholds: TimeThresholds | None
    modifiers: tuple[str, ...]
    ordered: Mapping[str, Mapping[str, bool]]

    def review(self, order: Order) -> OrderReview:
        """Judge one draft against the other drafts, its own schedule and the payer's time rule."""
        minutes = order.schedule.session_minutes
        per_visit = (
            units(minutes, self.thresholds.rule) if self.thresholds is not None and minutes is not None else None
        )
        elsewhere = self._ordered_elsewhere(order)
        short = bool(self.thresholds and minutes is not None and minutes < self.thresholds.rule.full)
        expected = _expected(order, per_visit)
        reviewed = OrderReview(
            order=order,
            problem=_problem(order, per_visit, expected, elsewhere, short=short),
            expected=expected,
            per_visit=per_visit,
            thresholds=self.thresholds,
            first_block_order=elsewhere.get(FIRST_BLOCK),
        )
        return replace(reviewed, changes=_corrections(reviewed, self.modifiers, elsewhere))

    def _ordered_elsewhere(self, order: Order) -> dict[str, str]:
        """97545 and 97546 as far as another order has them, each with one that does."""
        found = {}
        for code, orders in self.ordered.items():
            two = islice(orders.items(), 2)
            elsewhere = (reference for reference, draft in two if reference != order.reference or not draft)
            reference = next(elsewhere, None)
            if reference is not None:
                found[code] = reference
        return found


def order_reviewer(case: Case, policy: PolicyView) -> OrderReviewer:
    """The reviewer of a call's drafts."""
    return OrderReviewer(time_thresholds(policy), shared_modifiers(case, policy), _ordered_by_code(case))


def _ordered_by_code(case: Case) -> Mapping[str, Mapping[str, bool]]:
    index: dict[str, dict[str, bool]] = {code: {} for code in WORK_REHAB}
    drafts = ((order, True) for order in case.orders if order.work_rehab)
    for order, draft in (*drafts, *((order, False) for order in case.chart.orders)):
        for code in WORK_REHAB.intersection(order.codes):
            index[code].setdefault(order.reference, draft)
    return index


def _problem(
    order: Order, per_visit: Units | None, expected: int | None, elsewhere: Mapping[str, str], *, short: bool
) -> OrderProblem | None:
    """What is wrong with an order, the first of what may be."""
    other_quantity = expected is not None and order.quantity != expected
    if not WORK_REHAB.intersection(order.codes):
        if per_visit is not None and not per_visit.first:
            return "code-short"
        return "duplicate" if FIRST_BLOCK in elsewhere else "code"
    if FIRST_BLOCK not in order.codes:
        if FIRST_BLOCK in elsewhere:
            return "quantity" if other_quantity else None
        return "alone" if per_visit is None or per_visit.first else "short-session"
    if short:
        return "short-session"
    if other_quantity:
        return "quantity"
    return "further-hours" if per_visit is not None and per_visit.further and FURTHER_HOUR not in elsewhere else None


def _expected(order: Order, per_visit: Units | None) -> int | None:
    """Units of the whole order for its own code, where the schedule tells sessions and their length."""
    if order.schedule.sessions is None or per_visit is None:
        return None
    if FURTHER_HOUR in order.codes and FIRST_BLOCK not in order.codes:
        return order.schedule.sessions * per_visit.further
    return order.schedule.sessions * per_visit.first


def _corrections(reviewed: OrderReview, modifiers: tuple[str, ...], elsewhere: Mapping[str, str]) -> tuple[Change, ...]:
    """All that puts the order right, together."""
    order, problem = reviewed.order, reviewed.problem
    if problem is None or problem in NOT_TO_CORRECT or not order.editable:
        return ()
    sessions = order.schedule.sessions
    further = reviewed.per_visit.further if reviewed.per_visit is not None else 0
    if problem == "alone":
        return (AddOrder(order.reference, FIRST_BLOCK, sessions, modifiers),)
    changes: list[Change] = []
    code = FIRST_BLOCK if problem == "code" else None
    quantity = reviewed.expected if reviewed.expected and order.quantity != reviewed.expected else None
    if code or quantity is not None:
        changes.append(ChangeOrder(order.reference, code, quantity, modifiers))
    if further and FURTHER_HOUR not in {*elsewhere, *order.codes}:
        total = sessions * further if sessions is not None else None
        changes.append(AddOrder(order.reference, FURTHER_HOUR, total, modifiers))
    return tuple(changes)
