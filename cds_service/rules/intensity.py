"""How much and how often: hours of a day, days of a week, programs of an injury."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from cds_service.domain.bill import Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.findings import Amount, Days, Evidence, FactValue, Severity, Topic
from cds_service.domain.intervals import minutes
from cds_service.domain.values import Parameter, PayerQuestion, PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Bounds
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

_AN_HOUR = 60


def check_intensity(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Hours per day and days per week outside what the payer's policy sets for this program (A-4).

    Over the maximum is a warning, under the minimum a note; a range that nobody verified is only asked about. Weeks are
    ISO weeks, Monday to Sunday; a week is called too short only when it is over. Booked days that are too long are one
    finding, which names the longest, and so are those that are too short.
    """
    hours, days = _allowed(policy, params.HOURS_PER_DAY, case), _allowed(policy, params.DAYS_PER_WEEK, case)
    if hours is None and days is None:
        yield NotApplicable("the payer's policy sets no hours or days for this program")
        return
    if hours is not None:
        for found in _on_one_card(case, _hours(case), hours.range):
            yield from _outside("hours", found, hours)
    if days is not None:
        if case.moment is Moment.BOOKING and Fact.SESSIONS in case.chart.unavailable:
            yield Unknown(Fact.SESSIONS, case.chart.unavailable[Fact.SESSIONS])
        for found in _on_one_card(case, _days(case), days.range):
            yield from _outside("days", found, days)


class _Planned(NamedTuple):
    """Hours or days of one order, date or week, or the most or fewest of a ``number`` of them.

    ``open_ended`` is where only too many can be told.
    """

    subject: str
    amount: float
    evidence: tuple[Evidence, ...]
    open_ended: bool = False
    number: int = 1


class _Allowed(NamedTuple):
    """What a payer sets for the program, and the value that says so, or the question where nobody verified it."""

    range: Bounds
    value: PolicyValue[Mapping[Program, Bounds]] | PayerQuestion[Mapping[Program, Bounds]]


def _allowed(policy: PolicyView, parameter: Parameter[Mapping[Program, Bounds]], case: Case) -> _Allowed | None:
    decided = policy.get(parameter)
    if decided is not None and case.program in decided.value:
        return _Allowed(decided.value[case.program], decided)
    questions = (question for question in reversed(policy.questions(parameter)) if case.program in question.value)
    return next((_Allowed(question.value[case.program], question) for question in questions), None)


def _hours(case: Case) -> Iterator[_Planned]:
    if case.moment is Moment.ORDER:
        for order in case.work_rehab_orders:
            if order.schedule.session_minutes is not None:
                length = order.schedule.session_minutes
                evidence = Evidence("time ordered a day", Amount(length, "minutes"), order.reference)
                yield _Planned(order.reference, length / _AN_HOUR, (evidence,))
    elif case.moment is Moment.BOOKING:
        for day in sorted({appointment.date for appointment in case.appointments}):
            booked = [
                appointment.period
                for appointment in case.appointments
                if appointment.date == day and appointment.period is not None
            ]
            if booked:
                yield _on(day, "time booked", minutes(booked))
    elif case.visit is not None and case.visit.minutes:
        yield _on(case.visit.date, "time treated", case.visit.minutes)


def _on(day: date, what: str, length: int) -> _Planned:
    evidence = (Evidence("date", day), Evidence(what, Amount(length, "minutes")))
    return _Planned(day.isoformat(), length / _AN_HOUR, evidence)


def _on_one_card(case: Case, planned: Iterable[_Planned], allowed: Bounds) -> Iterable[_Planned]:
    """All that is planned, of a booking those over the maximum as one, and so those under the minimum."""
    if case.moment is not Moment.BOOKING:
        return planned
    found = list(planned)
    over = [each for each in found if _is_over(each, allowed)]
    under = [each for each in found if _is_under(each, allowed)]
    together = [_together(over, max(each.amount for each in over))] if over else []
    return [*together, _together(under, min(each.amount for each in under))] if under else together


def _together(found: Sequence[_Planned], amount: float) -> _Planned:
    subject = " and ".join(each.subject for each in found)
    return _Planned(subject, amount, tuple(evidence for each in found for evidence in each.evidence), number=len(found))


def _is_over(planned: _Planned, allowed: Bounds) -> bool:
    return allowed.maximum is not None and planned.amount > allowed.maximum


def _is_under(planned: _Planned, allowed: Bounds) -> bool:
    return allowed.minimum is not None and planned.amount < allowed.minimum and not planned.open_ended


def _days(case: Case) -> Iterator[_Planned]:
    if case.moment is Moment.ORDER:
        for order in case.work_rehab_orders:
            if order.schedule.days_per_week is not None:
                days = order.schedule.days_per_week
                yield _Planned(order.reference, days, (Evidence("days ordered a week", days, order.reference),))
        return
    booked = {appointment.date for appointment in case.appointments}
    asked = booked or {case.date_of_service}
    before = _monday(case.date_of_service) - timedelta(days=7)
    dates = booked.union(case.treated.from_to(min(before, _monday(min(asked))), case.date_of_service))
    for monday in sorted({_monday(day) for day in asked}):
        yield _in_week(monday, dates, open_ended=True)
    if case.moment is Moment.VISIT_CLOSE and case.episode is not None and _monday(case.episode.first) < before:
        yield _in_week(before, dates, open_ended=False)


def _in_week(monday: date, dates: Iterable[date], *, open_ended: bool) -> _Planned:
    days = sum(1 for day in dates if monday <= day < monday + timedelta(days=7))
    evidence = (Evidence("week of", monday), Evidence("days in that week", days))
    return _Planned(f"week of {monday.isoformat()}", days, evidence, open_ended)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _outside(what: str, found: _Planned, allowed: _Allowed) -> Iterator[Result]:
    subject, evidence = found.subject, found.evidence
    over = _is_over(found, allowed.range)
    if not over and not _is_under(found, allowed.range):
        return
    facts: dict[str, FactValue] = {what: found.amount, "number": found.number}
    if isinstance(allowed.value, PayerQuestion):
        facts["over"] = over
        yield Answer("question", Severity.INFO, subject, facts, evidence=evidence, questions=(allowed.value,))
    elif over:
        facts["maximum"] = allowed.range.maximum or 0.0
        yield Answer(f"{what}-over", Severity.WARNING, subject, facts, (allowed.value,), evidence)
    else:
        facts["minimum"] = allowed.range.minimum or 0.0
        absent = (Fact.SESSIONS,)
        yield Answer(f"{what}-under", Severity.INFO, subject, facts, (allowed.value,), evidence, absent=absent)


def check_one_program(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Some payers pay one work-rehab program for an injury; an earlier one has to be known before the next (A-3).

    An earlier program is an episode for the same condition that is over: by more than 60 days without a visit, or by
    a new evaluation and a new plan of care after its own had ended.
    """
    allowed = policy.get(params.PROGRAMS_PER_INJURY)
    if allowed is None:
        yield NotApplicable("the payer's policy does not count programs")
        return
    episodes = [episode for episode in case.episodes if episode is not case.episode]
    earlier = [episode for episode in episodes if not case.conditions.isdisjoint(episode.conditions)]
    if len(earlier) >= allowed.value:
        last = earlier[-1]
        yield Answer(
            kind="earlier",
            severity=Severity.WARNING,
            subject=last.first.isoformat(),
            facts={"first": last.first, "last": last.last, "per_injury": allowed.value},
            values=(allowed,),
            evidence=tuple(Evidence("earlier program", Days(episode.first, episode.last)) for episode in earlier),
        )
    elif episodes and not (case.conditions and all(episode.conditions for episode in episodes)):
        yield Unknown(Fact.INJURY, "the visits or orders do not say which injury they are for")


RULES = (
    Rule(
        id="intensity",
        topic=Topic.AUTHORIZATION,
        title="Hours and days of the program",
        moments=frozenset({Moment.ORDER, Moment.VISIT_CLOSE, Moment.BOOKING}),
        facts=(),
        parameters=(params.HOURS_PER_DAY, params.DAYS_PER_WEEK),
        sources=("A-4",),
        check=check_intensity,
        about=("orders",),
    ),
    Rule(
        id="one-program",
        topic=Topic.AUTHORIZATION,
        title="One program for an injury",
        moments=frozenset({Moment.ORDER, Moment.VISIT_CLOSE}),
        facts=(Fact.SESSIONS,),
        parameters=(params.PROGRAMS_PER_INJURY,),
        sources=("A-3",),
        check=check_one_program,
        about=("orders",),
    ),
)
