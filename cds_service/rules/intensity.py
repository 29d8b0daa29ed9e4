"""How much and how often: hours of a day, days of a week, programs of an injury."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from cds_service.domain.bill import Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.findings import Days, Evidence, FactValue, Severity, Topic
from cds_service.domain.intervals import minutes
from cds_service.domain.values import Parameter, PayerQuestion, PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Bounds
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule


def check_intensity(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Hours per day and days per week outside what the payer's policy sets for this program (A-4).

    Over the maximum is a warning, under the minimum a note; a range that nobody verified is only asked about. Weeks are
    ISO weeks, Monday to Sunday; a week is called too short only when it is over.
    """
    hours, days = _allowed(policy, params.HOURS_PER_DAY, case), _allowed(policy, params.DAYS_PER_WEEK, case)
    if hours is None and days is None:
        yield NotApplicable("the payer's policy sets no hours or days for this program")
        return
    if hours is not None:
        for found in _hours(case):
            yield from _outside("hours", found, hours)
    if days is not None:
        if case.moment is Moment.BOOKING and Fact.SESSIONS in case.chart.unavailable:
            yield Unknown(Fact.SESSIONS, case.chart.unavailable[Fact.SESSIONS])
        for found in _days(case):
            yield from _outside("days", found, days)


class _Planned(NamedTuple):
    """Hours or days of one order, date or week; ``open_ended`` where only too many can be told."""

    subject: str
    amount: float
    evidence: tuple[Evidence, ...]
    open_ended: bool = False


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
                hours = order.schedule.session_minutes / 60
                yield _Planned(order.reference, hours, (Evidence("hours ordered a day", hours, order.reference),))
    elif case.moment is Moment.BOOKING:
        for day in sorted({appointment.date for appointment in case.appointments}):
            booked = [
                appointment.period
                for appointment in case.appointments
                if appointment.date == day and appointment.period is not None
            ]
            if booked:
                yield _on(day, "hours booked", minutes(booked) / 60)
    elif case.visit is not None and case.visit.minutes:
        yield _on(case.visit.date, "hours treated", case.visit.minutes / 60)


def _on(day: date, what: str, hours: float) -> _Planned:
    return _Planned(day.isoformat(), hours, (Evidence("date", day), Evidence(what, hours)))


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
    subject, amount, evidence, open_ended = found
    minimum, maximum = allowed.range.minimum, allowed.range.maximum
    over = maximum is not None and amount > maximum
    under = minimum is not None and amount < minimum and not open_ended
    if not over and not under:
        return
    facts: dict[str, FactValue] = {what: amount}
    if isinstance(allowed.value, PayerQuestion):
        facts["over"] = over
        yield Answer("question", Severity.INFO, subject, facts, evidence=evidence, questions=(allowed.value,))
    elif over:
        facts["maximum"] = maximum or 0.0
        yield Answer(f"{what}-over", Severity.WARNING, subject, facts, (allowed.value,), evidence)
    else:
        facts["minimum"] = minimum or 0.0
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
