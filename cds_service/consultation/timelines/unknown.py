"""What is not known of a program, so that its picture says it and guesses nothing."""

from collections.abc import Iterator
from typing import Final

from cds_service.consultation.timelines.approved import visits_without_approval
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.episodes import injuries_of
from cds_service.domain.program_timeline import LastWeek, MeasuredBy, TreatedBy, Trend, VisitInTime
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.time_rule import time_thresholds
from cds_service.rules.answers import is_required, unnamed_approvals
from cds_service.rules.approvals import counted_on, not_counted
from cds_service.rules.duration import PROGRAM_NOT_RECORDED
from cds_service.rules.measurements import measurements
from cds_service.rules.not_checked import unsure_of
from cds_service.rules.program_state import STATE_CHECKS, is_unsure

SHOWN: Final = frozenset({*STATE_CHECKS, Fact.SESSION_TIME, Fact.PERFORMERS, Fact.APPOINTMENTS})
"""Facts of which the picture speaks."""
NOT_BOOKED: Final = Unknown(Fact.APPOINTMENTS, "booked visits are not shown: this request did not carry them")


def not_known(
    case: Case,
    policy: PolicyView,
    visits: tuple[VisitInTime, ...],
    measured: tuple[MeasuredBy, ...],
    limit: LastWeek | None,
    *,
    booking: bool,
) -> tuple[Caveat, ...]:
    """All that the picture leaves open, each once; ``booking`` is whether the request carries booked visits."""
    found = (
        *_not_sent(case),
        *_of_visits(case, policy, visits),
        *_of_measurements(case, policy, measured),
        *_of_approvals(case, policy),
        *(() if booking else (NOT_BOOKED,)),
        *((PROGRAM_NOT_RECORDED,) if limit is not None and case.program is Program.UNKNOWN else ()),
        *(gap for gap in case.chart.gaps if gap.fact in SHOWN),
    )
    return tuple(dict.fromkeys(found))


def _not_sent(case: Case) -> Iterator[Caveat]:
    facts = {check: fact for fact, check in STATE_CHECKS.items()}
    for check, place in unsure_of(case, STATE_CHECKS).items():
        part = facts[check] in case.chart.in_part and facts[check] not in case.chart.unavailable
        why = f"{check}: sent only in part" if part else f"{check}: not sent"
        yield Unknown(facts[check], why if place is None else f"{check}: kept in {place}", kept=place)


def _of_visits(case: Case, policy: PolicyView, visits: tuple[VisitInTime, ...]) -> Iterator[Caveat]:
    treated = [visit for visit in visits if not visit.booked]
    untimed = sum(visit.minutes is None for visit in treated)
    if untimed:
        yield Unknown(Fact.SESSION_TIME, f"minutes and units of {_visits(untimed)} are not known: no time is recorded")
    of_encounter = sum(visit.from_encounter for visit in treated)
    if of_encounter:
        yield Unknown(
            Fact.SESSION_TIME, f"the time of {_visits(of_encounter)} is that of the encounter, not of the treatment"
        )
    short = sum(visit.units is not None and not visit.units.first for visit in treated)
    thresholds = time_thresholds(policy)
    if short and thresholds is not None:
        why = f"no unit is counted for {_visits(short)} under {thresholds.rule.minimum} min, the minimum for 97545"
        yield Doubt(Fact.SESSION_TIME, why)
    unnamed = sum(any(time.by is TreatedBy.UNKNOWN for time in visit.times) for visit in treated)
    if unnamed:
        yield Unknown(Fact.PERFORMERS, f"who treated is not known for all the time of {_visits(unnamed)}")
    shared = [day for day in (visit.date for visit in treated) if len(injuries_of(case.visits[day].sessions)) > 1]
    if shared:
        yield Unknown(Fact.SESSIONS, f"two injuries were treated on {_visits(len(shared))}: all of the time is shown")
    if thresholds is None:
        yield Unknown(Fact.POLICY, "units are not shown: no policy says what minutes they take")


def _visits(count: int) -> str:
    return f"{count} visit{'s' if count > 1 else ''}"


def _of_measurements(case: Case, policy: PolicyView, measured: tuple[MeasuredBy, ...]) -> Iterator[Caveat]:
    for series in measured:
        if any(result.trend is Trend.NOT_COMPARED for result in series.results):
            why = "which way is better is not known, or its unit changes"
            yield Unknown(Fact.ASSESSMENTS, f"{series.tool}: not all results are compared, since {why}")
    on_file = measurements(case, policy)
    yield from on_file.questions_since(on_file.last.date if on_file.last is not None else None)
    if policy.get(params.REASSESSMENT_INTERVAL) is None:
        yield Unknown(Fact.POLICY, "when the next measurement is due: the payer's policy sets no interval")


def _of_approvals(case: Case, policy: PolicyView) -> Iterator[Caveat]:
    day = case.date_of_service
    approvals = case.approvals_on(day)
    if not approvals:
        if not is_unsure(case, Fact.AUTHORIZATIONS) and is_required(case, policy):
            yield Doubt(Fact.AUTHORIZATIONS, "this payer requires approval first, and none is in force")
        counted = visits_without_approval(case, policy)
        if counted is not None:
            why = f"{_visits(counted[1])} of therapy need no approval; {counted[0]} so far, others elsewhere may count"
            yield Unknown(Fact.AUTHORIZATIONS, why)
        return
    yield from unnamed_approvals(case, (day,))
    for approval in approvals:
        if approval.quantity is None:
            yield Unknown(Fact.AUTHORIZATIONS, "the approval gives no amount", approval.reference)
    unknown = not_counted(approvals)
    if unknown is not None:
        why = f"what the approved {unknown.quantity:g} {unknown.unit} count: ask the payer"
        yield Unknown(Fact.AUTHORIZATIONS, why, unknown.reference)
    for budget, consumption in counted_on(case, policy, day):
        if consumption is None:
            lacking = "a visit has no recorded time" if budget.measure.unit else "the approved amount has no unit"
            why = f"what is left of the approval is not known: {lacking}"
            yield Unknown(Fact.AUTHORIZATIONS, why, budget.approvals[0].reference)
