"""Visits and days of therapy that a payer allows before it wants to approve more (A-1, R-4)."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import THERAPY
from cds_service.domain.episodes import EPISODE_GAP_DAYS
from cds_service.domain.findings import Evidence, FactValue, Severity
from cds_service.domain.frozen import dataclass
from cds_service.domain.values import PayerQuestion, PolicyValue, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.rule import Answer, Result

BY_COUNT: Final = "after-visits-or-days"
NEAR_VISITS: Final = 2
"""Visits left from which approval is spoken of; our own choice, like ``authorization.warn_days`` for days."""
ELSEWHERE: Final = Unknown(Fact.SESSIONS, "therapy given elsewhere may count as well")


class Therapy(NamedTuple):
    """The run of therapy that leads to ``on``: when it began and how many visits it has, that of ``on`` included."""

    on: date
    first: date
    visits: int

    @property
    def day(self) -> int:
        """Which day of the run it is; the first is day 1."""
        return (self.on - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the payer allows without approval, whichever is reached first."""

    visits: PolicyValue[int] | None
    days: PolicyValue[int] | None
    required: PolicyValue[str]

    def over(self, therapy: Therapy) -> tuple[PolicyValue[int], ...]:
        """The limits that are passed, that of visits before that of days."""
        visits = self.visits if self.visits is not None and therapy.visits > self.visits.value else None
        return values(visits, self.days if self.days is not None and therapy.day > self.days.value else None)

    def near(self, therapy: Therapy, warn_days: PolicyValue[int] | None) -> tuple[PolicyValue[int], ...]:
        """What says that the end is near: two visits left, or the policy's days ahead; nothing when it is not."""
        if self.visits is not None and self.visits.value - therapy.visits <= NEAR_VISITS:
            return (self.visits,)
        if self.days is not None and warn_days is not None and self.days.value - therapy.day <= warn_days.value:
            return (self.days, warn_days)
        return ()

    @property
    def facts(self) -> dict[str, FactValue]:
        """The limits, as far as there are any."""
        limits = {"after_visits": self.visits, "after_days": self.days}
        return {name: limit.value for name, limit in limits.items() if limit is not None}


def allowed_without_approval(policy: PolicyView) -> Allowed | None:
    """The payer's limits, or None where approval does not depend on visits or days of therapy."""
    required = policy.get(params.AUTHORIZATION_REQUIRED)
    if required is None or required.value != BY_COUNT:
        return None
    return Allowed(policy.get(params.AUTHORIZATION_AFTER_VISITS), policy.get(params.AUTHORIZATION_AFTER_DAYS), required)


def _said_to_be_allowed(policy: PolicyView) -> Allowed | None:
    """Limits that somebody says the payer has, and nobody verified; None where there are none."""
    said = [question.of for question in policy.questions(params.AUTHORIZATION_REQUIRED) if question.value == BY_COUNT]
    if not said:
        return None
    visits, days = (
        policy.questions(params.AUTHORIZATION_AFTER_VISITS),
        policy.questions(params.AUTHORIZATION_AFTER_DAYS),
    )
    return Allowed(visits[-1].of if visits else None, days[-1].of if days else None, said[-1])


def run_of_therapy(dates: Sequence[date], on: date) -> Therapy:
    """The run that leads to a date, which is one of these in order; a gap of more than 60 days begins a new one."""
    last = first = bisect_left(dates, on)
    while first and (dates[first] - dates[first - 1]).days <= EPISODE_GAP_DAYS:
        first -= 1
    return Therapy(on, dates[first], last - first + 1)


def check_count(case: Case, policy: PolicyView, days: Sequence[date]) -> Iterator[Result]:
    """Visits and days of therapy on these days against what the payer allows without approval (R-4).

    Every date with work rehabilitation or other therapy is a visit. The days asked about are visits themselves, save
    when the chart is only looked at; an order is for visits that are still to come.
    """
    allowed = allowed_without_approval(policy)
    if allowed is None:
        return
    if Fact.SESSIONS in case.chart.unavailable:
        yield Unknown(Fact.SESSIONS, case.chart.unavailable[Fact.SESSIONS])
        return
    counted = therapy_on(case, days)
    if not counted:
        return
    first_over = next((therapy for therapy in counted if allowed.over(therapy)), None)
    ordered = _ordered(case, counted[-1])
    if first_over is not None:
        yield _answer("beyond-count", case, allowed, first_over, allowed.over(first_over))
    elif ordered is not None and (over := allowed.over(ordered)):
        yield _answer("order-beyond-count", case, allowed, ordered, over)
    elif ordered is None and (near := allowed.near(counted[-1], policy.get(params.AUTHORIZATION_WARN_DAYS))):
        yield _answer("count-near", case, allowed, counted[-1], near)


def ask_count(case: Case, policy: PolicyView, days: Sequence[date]) -> Iterator[Result]:
    """Visits or days beyond limits that somebody says the payer has, and nobody verified: they are asked about."""
    allowed = _said_to_be_allowed(policy)
    if allowed is None:
        return
    if Fact.SESSIONS in case.chart.unavailable:
        yield Unknown(Fact.SESSIONS, case.chart.unavailable[Fact.SESSIONS])
        return
    counted = therapy_on(case, days)
    ordered = _ordered(case, counted[-1]) if counted else None
    asked = next((therapy for therapy in (*counted, *((ordered,) if ordered else ())) if allowed.over(therapy)), None)
    if asked is None:
        return
    reviewed = [
        question
        for question in policy.questions(params.AUTHORIZATION_REVIEW_AFTER_VISITS)
        if asked.visits > question.value
    ]
    yield Answer(
        kind="question-count",
        severity=Severity.INFO,
        subject=case.date_of_service.isoformat(),
        facts={"visit": asked.visits, "first": asked.first, "reviewed": bool(reviewed)},
        evidence=_evidence(case, asked),
        caveats=(ELSEWHERE,),
        questions=(*map(PayerQuestion, allowed.over(asked)), *reviewed),
        absent=(Fact.AUTHORIZATIONS,),
    )


def therapy_on(case: Case, days: Sequence[date]) -> list[Therapy]:
    """The run of therapy on each day asked about, as far as there is one."""
    if case.moment not in {Moment.ORDER, Moment.OVERVIEW}:
        dates = sorted({*case.therapy_dates, *days, *(appointment.date for appointment in case.appointments)})
        return [run_of_therapy(dates, day) for day in days]
    on, to_come = case.date_of_service, case.moment is Moment.ORDER
    dates = sorted(day for day in case.therapy_dates if day <= on)
    last = run_of_therapy(dates, dates[-1]) if dates else None
    if last is None or (on - last.on).days > EPISODE_GAP_DAYS:
        return [Therapy(on, on, 1)] if to_come else []
    return [Therapy(on, last.first, last.visits + to_come)]


def _ordered(case: Case, begun: Therapy) -> Therapy | None:
    """Therapy at the end of the longest order, whose first session is already in ``begun``."""
    schedules = [order.schedule for order in case.work_rehab_orders]
    sessions = max((schedule.sessions for schedule in schedules if schedule.sessions is not None), default=1)
    end = max((day for schedule in schedules if (day := schedule.last_day(begun.on)) is not None), default=begun.on)
    if sessions == 1 and end <= begun.on:
        return None
    return Therapy(max(end, begun.on), begun.first, begun.visits + sessions - 1)


def _answer(
    kind: str, case: Case, allowed: Allowed, therapy: Therapy, deciding: tuple[PolicyValue[int], ...]
) -> Answer:
    """The finding; only what is beyond the limits already is a warning."""
    limits = values(*deciding, allowed.visits, allowed.days)
    return Answer(
        kind=kind,
        severity=Severity.WARNING if kind == "beyond-count" else Severity.INFO,
        subject=case.date_of_service.isoformat(),
        facts={
            **allowed.facts,
            "visit": therapy.visits,
            "day": therapy.day,
            "first": therapy.first,
            "date": therapy.on,
            "by_visits": deciding[0] is allowed.visits,
            "booked": case.moment is Moment.BOOKING,
        },
        values=tuple(dict.fromkeys((*limits, allowed.required))),
        evidence=_evidence(case, therapy),
        caveats=(ELSEWHERE,),
        absent=(Fact.SESSIONS,) if kind == "count-near" else (),
    )


def _evidence(case: Case, therapy: Therapy) -> tuple[Evidence, ...]:
    return (
        Evidence("therapy began", therapy.first, case.therapy_dates.get(therapy.first)),
        Evidence("visits of therapy", therapy.visits),
        Evidence("date asked about", therapy.on),
    )


def check_visits_a_day(case: Case, policy: PolicyView, days: Iterable[date]) -> Iterator[Answer]:
    """More visits on one date than the payer pays for without approval; the first such date is told (A-1)."""
    allowed = policy.get(params.AUTHORIZATION_VISITS_PER_DAY)
    if allowed is None or case.moment is Moment.ORDER:
        return
    booked_on = Counter(appointment.date for appointment in case.appointments)
    for day in days:
        seen, booked = _encounters_on(case, day), booked_on[day]
        visits = len(seen) + booked
        if visits > allowed.value:
            yield Answer(
                kind="second-visit",
                severity=Severity.WARNING,
                subject=day.isoformat(),
                facts={"visits": visits, "allowed": allowed.value, "date": day},
                values=(allowed,),
                evidence=(
                    *(Evidence("visit", day, encounter or None) for encounter in seen),
                    *((Evidence("visits booked", booked),) if booked else ()),
                ),
            )
            return


def _encounters_on(case: Case, day: date) -> list[str]:
    """References of encounters with therapy; treatments that name none are one visit without a reference."""
    visit = case.visits.get(day)
    sessions, services = (visit.sessions, (*visit.services, *visit.included)) if visit is not None else ((), ())
    named = {session.encounter for session in sessions} | {
        service.encounter for service in services if service.code in THERAPY
    }
    seen = {encounter for encounter in named if encounter is not None}
    if day == case.date_of_service:
        seen.update(encounter.reference for encounter in case.encounters_of_date if encounter.work_rehab)
    return sorted(seen) or [""] * bool(sessions)
