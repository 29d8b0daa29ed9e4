"""What a request for approval asks for, as orders and visits on record tell it; nothing is invented."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from cds_service.domain.care import Order
from cds_service.domain.case import Case
from cds_service.domain.chart import Fact
from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR, WORK_REHAB, PayerClass
from cds_service.domain.findings import AmountAsked, ClaimHead, DraftRequest, Proposal, ServiceAsked
from cds_service.domain.injury_on_claim import claim_number_of, diagnoses_of, injury_day_of
from cds_service.domain.payment import payer_caveats
from cds_service.domain.time_thresholds import CONTESTED_FROM, TimeThresholds
from cds_service.domain.units import units
from cds_service.policies.model import PolicyView
from cds_service.policies.time_rule import time_thresholds
from cds_service.rules.rule import Answer, Result

FIRST_BLOCK_MINUTES: Final = 120
"""The time that 97545 stands for (T-1)."""


def conditions_asked(case: Case) -> tuple[str, ...]:
    """The conditions that the request is for: of the visit or drafts, else of the program, else of the plan of care."""
    found = case.conditions or (case.episode.conditions if case.episode is not None else ())
    of_plans = (condition for plan in case.active_plans for condition in plan.conditions)
    return tuple(sorted(found)) or tuple(dict.fromkeys(of_plans))


def orders_asked(case: Case) -> tuple[Order, ...]:
    """The orders that tell what is asked for: the drafts in question, else those on record that go on today.

    An order whose last day is over asks for nothing any more.
    """
    conditions = set(conditions_asked(case))
    on_record = tuple(
        order
        for order in case.chart.orders
        if order.work_rehab
        and (not conditions or not order.conditions or not conditions.isdisjoint(order.conditions))
        and not _is_over(order, case.today)
    )
    return case.work_rehab_orders or on_record


def _is_over(order: Order, today: date) -> bool:
    last = order.schedule.last_day(today)
    return last is not None and last < today


def services_asked(case: Case, thresholds: TimeThresholds | None = None) -> tuple[ServiceAsked, ...]:
    """The codes of work rehabilitation asked for: those of the orders, else those that the visits so far call for.

    Orders of 97545 alone whose sessions earn further hours by the payer's time rule ask for 97546 as well: an approval
    of the first block alone would leave these hours unpaid. Visits of more than two hours call for 97546 as well; what
    a visit earns is for the bill to say.

    Args:
        case: What is asked about.
        thresholds: The payer's time rule; None when no policy on file sets one, and then orders are taken as written.
    """
    ordered = {
        code: ServiceAsked(code, order.modifiers, order.quantity, order.reference)
        for order in orders_asked(case)
        for code in order.codes
        if code in WORK_REHAB
    }
    if ordered:
        if FURTHER_HOUR not in ordered and thresholds is not None:
            ordered.update({service.code: service for service in _further_hours(case, thresholds)})
        return tuple(ordered[code] for code in sorted(ordered))
    longest = _longest_visit(case)
    if not longest:
        return ()
    return tuple(map(ServiceAsked, (FIRST_BLOCK, FURTHER_HOUR) if longest > FIRST_BLOCK_MINUTES else (FIRST_BLOCK,)))


def _further_hours(case: Case, thresholds: TimeThresholds) -> Iterator[ServiceAsked]:
    """97546 where the first block is ordered for sessions that last longer, or was treated longer so far.

    The units are told where order and time rule tell them for certain: readings of a part of an hour differ (T-3).
    """
    order = next(order for order in orders_asked(case) if FIRST_BLOCK in order.codes)
    schedule = order.schedule
    minutes = schedule.session_minutes or _longest_visit(case)
    further = units(minutes, thresholds.rule).further
    if not further:
        return
    known = schedule.session_minutes is not None
    certain = known and schedule.sessions is not None and (minutes - thresholds.rule.full) % 60 < CONTESTED_FROM
    total = float(schedule.sessions * further) if certain and schedule.sessions is not None else None
    yield ServiceAsked(FURTHER_HOUR, order.modifiers, total, order.reference if known else None, minutes)


def _longest_visit(case: Case) -> int:
    days = case.episode.dates if case.episode is not None else ()
    return max((case.visits[day].minutes for day in days if day in case.visits), default=0)


def amount_asked(case: Case) -> AmountAsked:
    """How many visits, of which length and over which days, as the first order with a schedule tells."""
    for order in orders_asked(case):
        schedule = order.schedule
        amount = AmountAsked(
            schedule.sessions,
            schedule.session_minutes,
            schedule.days_per_week,
            schedule.start,
            schedule.last_day(case.today),
        )
        if amount != AmountAsked():
            return amount
    return AmountAsked()


def head_asked(case: Case) -> ClaimHead:
    """What the chart tells for the head of a preauthorization Claim; the number of an approval is none of it."""
    conditions = conditions_asked(case)
    providers = [encounter.provider for encounter in reversed(case.chart.encounters) if encounter.provider]
    return ClaimHead(
        coverage=case.payer.reference if case.payer is not None else None,
        claim_number=claim_number_of(case, conditions),
        provider=providers[0] if len(set(providers)) == 1 else None,
        facility=case.chart.facility,
        accident=injury_day_of(case, case.today, conditions),
        diagnoses=diagnoses_of(case, conditions),
    )


def with_draft(
    case: Case, results: Iterable[Result], kinds: frozenset[str], policy: PolicyView | None = None
) -> Iterator[Result]:
    """The results, the first one of these kinds with the draft of a request by the time rule of a policy."""
    drafted = False
    for result in results:
        if not drafted and isinstance(result, Answer) and result.kind in kinds:
            drafted = True
            yield replace(result, proposals=(*result.proposals, *_proposed(case, policy)))
        else:
            yield result


def _proposed(case: Case, policy: PolicyView | None) -> tuple[Proposal, ...]:
    """The draft of a request; none where neither order nor visit tells a code to ask for."""
    services = services_asked(case, time_thresholds(policy) if policy is not None else None)
    if not services:
        return ()
    orders = tuple(order for order in orders_asked(case) if order.editable)
    draft = DraftRequest(
        case.today, services, amount_asked(case), tuple(order.reference for order in orders), head_asked(case)
    )
    return (Proposal("request", (draft,), recommended=_is_known(case, draft)),)


def _is_known(case: Case, draft: DraftRequest) -> bool:
    """Whether all that the request rests on is on record: order, amount, period, payer, injury and diagnosis."""
    head, amount = draft.head, draft.amount
    compensation = case.payer is not None and case.payer.payer_class is PayerClass.WORKERS_COMPENSATION
    return (
        bool(draft.orders)
        and all(service.order is not None for service in draft.services)
        and None not in {amount.visits, amount.start, amount.end}
        and head.coverage is not None
        and any(diagnosis.code for diagnosis in head.diagnoses)
        and (not compensation or (head.claim_number is not None and head.accident is not None))
        and len(case.payers) == 1
        and not payer_caveats(case)
        and not any(order.doubts for order in orders_asked(case))
        and not any(case.chart.not_whole(fact) for fact in (Fact.AUTHORIZATIONS, Fact.ORDERS, Fact.COVERAGE))
    )
