"""Orders of a program: the code that says what is ordered, and units that agree with the schedule."""

from collections.abc import Iterator
from typing import Any

from cds_service.domain.bill import Bill, OrderReview
from cds_service.domain.care import Order
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR, WORK_REHAB
from cds_service.domain.findings import AddOrder, ChangeOrder, Evidence, FactValue, Proposal, Severity, Topic
from cds_service.domain.values import PolicyValue, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.applies import the_visit
from cds_service.rules.charges import check_program_code_of_visit
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule


def check_program_code(case: Case, bill: Bill, _policy: PolicyView) -> Iterator[Result]:
    """A work-rehab service is known by its CPT code: 97545, with 97546 for further hours, for both kinds of program.

    Fires for a draft order whose text or SNOMED code says work hardening or work conditioning while no CPT code, or
    another one, says so (WR-CODE-1 to 3). For a visit it is part of the charges. Sessions under the first block get
    no code proposed: 97545 would not be earned by them (T-2). Where another order has the 97545 already, the code is
    not proposed twice: the second order is asked about.
    """
    if case.moment is Moment.VISIT_CLOSE:
        yield from check_program_code_of_visit(bill, the_visit(case))
        return
    yield from case.orders_left_out
    for found in bill.order_reviews:
        order = found.order
        if found.problem == "code-short" and found.thresholds is not None:
            yield _short_session(found, "short-session")
        elif found.problem in {"code", "duplicate"}:
            duplicate = found.problem == "duplicate"
            facts = {"code": FIRST_BLOCK, "found": order.codes, "program": order.program.value}
            ordered_before = Evidence("other order", FIRST_BLOCK, found.first_block_order)
            yield Answer(
                kind="duplicate" if duplicate else "order",
                severity=Severity.WARNING,
                subject=order.reference,
                facts=facts if duplicate else {**facts, "editable": order.editable},
                values=_deciding(found),
                evidence=(*_evidence(order), *((ordered_before,) if duplicate else ())),
                proposals=_proposal("code", found),
                caveats=(*doubts_about(order), *(bill.payer_doubts if found.changes else ())),
            )


def check_order_units(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Quantity, timing and duration of an order have to agree, and 97546 never stands without 97545 (E-1).

    Sessions over two hours need an order for 97546 beside 97545; sessions under the first block do not fill the
    97545 that is ordered (T-2).
    """
    reviews = [review for review in bill.order_reviews if WORK_REHAB & set(review.order.codes)]
    if not reviews:
        yield NotApplicable("no draft carries 97545 or 97546 yet")
        return
    yield from case.orders_left_out
    for found in reviews:
        order = found.order
        if found.thresholds is None:
            yield Unknown(Fact.POLICY, "no policy on file sets the time rule")
        elif found.problem == "short-session":
            yield _short_session(found, "short-session")
        elif found.problem in {"alone", "quantity", "further-hours"}:
            yield _units_answer(found, bill, policy)
        elif found.per_visit is None and found.problem is None:
            yield Unknown(Fact.ORDERS, "the order does not say how long a session is", order.reference)


def doubts_about(order: Order) -> tuple[Caveat, ...]:
    """What keeps it from being certain what is ordered."""
    return tuple(Doubt(Fact.ORDERS, why, order.reference) for why in order.doubts)


def _short_session(found: OrderReview, kind: str) -> Answer:
    rule = found.thresholds.rule if found.thresholds else None
    return Answer(
        kind=kind,
        severity=Severity.WARNING,
        subject=found.order.reference,
        facts={
            "minutes": found.order.schedule.session_minutes,
            "minimum": rule.minimum if rule else 0,
            "full": rule.full if rule else 0,
        },
        values=found.thresholds.of_first_block if found.thresholds else (),
        evidence=_evidence(found.order),
    )


def _deciding(found: OrderReview) -> tuple[PolicyValue[Any], ...]:
    """The values of the time rule that made the units of a session."""
    minutes = found.order.schedule.session_minutes
    return found.thresholds.deciding(minutes) if found.thresholds is not None and minutes is not None else ()


def _units_answer(found: OrderReview, bill: Bill, policy: PolicyView) -> Answer:
    order = found.order
    problem = str(found.problem)
    missing_quantity = problem == "quantity" and order.quantity is None
    further = found.per_visit.further if found.per_visit else 0
    sessions = order.schedule.sessions
    return Answer(
        kind=problem,
        severity=Severity.INFO if missing_quantity else Severity.WARNING,
        subject=order.reference,
        facts={
            "code": FURTHER_HOUR if FURTHER_HOUR in order.codes else FIRST_BLOCK,
            "ordered": order.quantity,
            "expected": found.expected,
            "sessions": sessions,
            "minutes": order.schedule.session_minutes,
            "units": sessions * further if sessions is not None else None,
        },
        values=values(policy.get(params.EDIT_ADD_ON)) if problem == "alone" else _deciding(found),
        evidence=_evidence(order),
        proposals=_proposal("units", found),
        caveats=(*doubts_about(order), *(bill.payer_doubts if found.changes else ())),
    )


def _proposal(key: str, found: OrderReview) -> tuple[Proposal, ...]:
    if not found.changes:
        return ()
    plain = (
        found.per_visit is None
        or not found.per_visit.first
        or (found.thresholds is not None and (found.order.schedule.session_minutes or 0) >= found.thresholds.rule.full)
    )
    adds = tuple(change.code for change in found.changes if isinstance(change, AddOrder))
    sets = tuple(change.units for change in found.changes if isinstance(change, ChangeOrder) and change.units)
    return (Proposal(key, found.changes, recommended=plain, facts={"adds": adds, "sets": sets}),)


def _evidence(order: Order) -> tuple[Evidence, ...]:
    plan = order.schedule
    facts: tuple[tuple[str, FactValue | None], ...] = (
        ("codes ordered", ", ".join(order.codes) or "none"),
        ("quantity ordered", order.quantity),
        ("sessions", plan.sessions),
        ("minutes of a session", plan.session_minutes),
        ("days a week", plan.days_per_week),
    )
    return tuple(Evidence(fact, value, order.reference) for fact, value in facts if value is not None)


RULES = (
    Rule(
        id="program-code",
        topic=Topic.CODE,
        title="Code of the program",
        moments=frozenset({Moment.ORDER, Moment.VISIT_CLOSE}),
        facts=(),
        parameters=(),
        sources=("WR-CODE-1", "WR-CODE-2", "WR-CODE-3", "T-2"),
        check=check_program_code,
        about=("visit", "orders"),
        uses_bill=True,
    ),
    Rule(
        id="order-units",
        topic=Topic.UNITS,
        title="Units of the order",
        moments=frozenset({Moment.ORDER}),
        facts=(),
        parameters=(params.EDIT_ADD_ON,),
        sources=("E-1", "T-1", "T-2", "T-3"),
        check=check_order_units,
        about=("orders",),
        uses_bill=True,
    ),
)
