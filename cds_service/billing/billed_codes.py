"""The codes that a date or the drafts are billed with, which code-pair edits ask about."""

from cds_service.billing.order_review import OrderReviewer
from cds_service.domain.bill import BilledCode, ProgramCharges
from cds_service.domain.care import Order
from cds_service.domain.case import MOST_ORDERS, Case
from cds_service.domain.codes import SEPARATE_SERVICES
from cds_service.domain.visit import Visit


def codes_of_date(case: Case, visit: Visit, charges: ProgramCharges | None) -> tuple[BilledCode, ...]:
    """Every code the date is billed with, as far as the chart knows; a line on a claim stands before its Procedure.

    Of several lines of one code one that nobody attested to be separate stands for all.
    """
    found: dict[str, BilledCode] = {}
    for claim, indexes in case.claims_of_date:
        for line in (claim.lines[index] for index in indexes):
            editable = claim.reference if claim.status == "draft" else None
            before = found.get(line.code)
            if before is None or SEPARATE_SERVICES.intersection(before.modifiers):
                found[line.code] = BilledCode(line.code, claim.reference, editable, line.sequence, None, line.modifiers)
    for service in visit.services:
        found.setdefault(service.code, BilledCode(service.code, service.reference))
    for proposed in charges.lines if charges is not None else ():
        found.setdefault(proposed.code, BilledCode(proposed.code, visit.sessions[0].reference))
    return tuple(found.values())


def codes_of_orders(case: Case, reviewer: OrderReviewer, asked: frozenset[str]) -> tuple[tuple[BilledCode, ...], bool]:
    """Codes of the draft orders that are asked about, and whether all of them are there.

    Each order counts once for a code, and a code in at most ``MOST_ORDERS`` orders.
    """
    found: dict[str, dict[str, BilledCode]] = {code: {} for code in sorted(asked)}
    complete = True
    for order in case.orders:
        for code in asked.intersection(order.codes):
            of_code = found[code]
            if order.reference in of_code:
                continue
            if len(of_code) == MOST_ORDERS:
                complete = False
                continue
            editable = order.reference if _may_change(order, reviewer) else None
            of_code[order.reference] = BilledCode(code, order.reference, order=editable, modifiers=order.modifiers)
    return tuple(billed for of_code in found.values() for billed in of_code.values()), complete


def _may_change(order: Order, reviewer: OrderReviewer) -> bool:
    """Whether the draft has one code and no other finding changes it: an update replaces the whole order."""
    if not order.editable or len(set(order.codes)) != 1:
        return False
    if not order.work_rehab:
        return True
    return set(reviewer.modifiers) <= set(order.modifiers) and not reviewer.review(order).changes
