"""Visits and days of therapy that a payer allows before it wants to approve more (A-1, R-4)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from cds_service.domain.case import EPISODE_GAP_DAYS, Case, Moment
from cds_service.domain.chart import Fact, Gap
from cds_service.domain.codes import THERAPY
from cds_service.domain.findings import Evidence, FactValue, Severity
from cds_service.domain.values import PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.orders import work_rehab_orders
from cds_service.rules.rule import Answer, Result, values

BY_COUNT: Final = "after-visits-or-days"
NEAR_VISITS: Final = 2
"""Visits left from which approval is spoken of; our own choice, like ``authorization.warn_days`` for days."""
ELSEWHERE: Final = Gap(Fact.SESSIONS, "therapy given elsewhere, which may count as well")


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

    def over(self, therapy: Therapy) -> PolicyValue[int] | None:
        """The limit that is passed, that of visits before that of days."""
        if self.visits is not None and therapy.visits > self.visits.value:
            return self.visits
        return self.days if self.days is not None and therapy.day > self.days.value else None

    def near(self, therapy: Therapy, warn_days: PolicyValue[int] | None) -> bool:
        """Whether two visits or the policy's days ahead are all that is left."""
        few_visits = self.visits is not None and self.visits.value - therapy.visits <= NEAR_VISITS
        ahead = warn_days.value if warn_days is not None else 0
        return few_visits or (self.days is not None and self.days.value - therapy.day <= ahead)

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


def therapy_until(on: date, dates: Iterable[date]) -> Therapy | None:
    """The run of these dates, with no gap over 60 days, that leads to a day; None where there is none."""
    first, visits = on, 0
    for day in sorted({day for day in dates if day <= on}, reverse=True):
        if (first - day).days > EPISODE_GAP_DAYS:
            break
        first, visits = day, visits + 1
    return Therapy(on, first, visits) if visits else None


def check_count(case: Case, policy: PolicyView, days: Sequence[date]) -> Iterator[Result]:
    """Visits and days of therapy on these days against what the payer allows without approval (R-4).

    Every date with work rehabilitation or other therapy is a visit. The days asked about are visits themselves, save
    when the chart is only looked at; an order is for visits that are still to come.
    """
    allowed = allowed_without_approval(policy)
    if allowed is None:
        return
    if Fact.SESSIONS in case.chart.unavailable:
        yield Gap(Fact.SESSIONS, case.chart.unavailable[Fact.SESSIONS])
        return
    counted = [one for day in days if (one := _therapy_on(case, day, days)) is not None]
    over = next((one for one in counted if allowed.over(one) is not None), None)
    warn_days = policy.get(params.AUTHORIZATION_WARN_DAYS)
    if over is not None:
        yield _answer("beyond-count", Severity.WARNING, case, allowed, over, allowed.over(over))
    elif counted and case.moment is Moment.ORDER and (ordered := _ordered(case, counted[-1])) is not None:
        if allowed.over(ordered) is not None:
            yield _answer("order-beyond-count", Severity.INFO, case, allowed, ordered, allowed.over(ordered))
    elif counted and allowed.near(counted[-1], warn_days):
        yield _answer("count-near", Severity.INFO, case, allowed, counted[-1], warn_days)


def _therapy_on(case: Case, day: date, asked: Sequence[date]) -> Therapy | None:
    if case.moment is Moment.OVERVIEW:
        return therapy_until(day, case.therapy_dates)
    if case.moment is not Moment.ORDER:
        return therapy_until(day, (*case.therapy_dates, *asked))
    before = therapy_until(day, case.therapy_dates)
    return before._replace(visits=before.visits + 1) if before is not None else Therapy(day, day, 1)


def _ordered(case: Case, begun: Therapy) -> Therapy | None:
    """Therapy at the end of the longest order, whose first session is already in ``begun``."""
    schedules = [order.schedule for order in work_rehab_orders(case)]
    sessions = max((one.sessions for one in schedules if one.sessions is not None), default=1)
    end = max((day for one in schedules if (day := one.last_day(begun.on)) is not None), default=begun.on)
    if sessions == 1 and end <= begun.on:
        return None
    return Therapy(max(end, begun.on), begun.first, begun.visits + sessions - 1)


def _answer(
    kind: str,
    severity: Severity,
    case: Case,
    allowed: Allowed,
    therapy: Therapy,
    deciding: PolicyValue[int] | None,
) -> Answer:
    limits = values(allowed.visits, allowed.days)
    return Answer(
        kind=kind,
        severity=severity,
        subject=case.date_of_service.isoformat(),
        facts={
            **allowed.facts,
            "visit": therapy.visits,
            "day": therapy.day,
            "first": therapy.first,
            "date": therapy.on,
            "by_visits": deciding is allowed.visits,
            "booked": case.moment is Moment.BOOKING,
        },
        values=tuple(dict.fromkeys((*values(deciding), *limits, allowed.required))),
        evidence=(
            Evidence("therapy began", therapy.first),
            Evidence("visits of therapy", therapy.visits),
            Evidence("date asked about", therapy.on),
        ),
        caveats=(ELSEWHERE,),
    )


def check_visits_a_day(case: Case, policy: PolicyView, days: Iterable[date]) -> Iterator[Answer]:
    """More visits on one date than the payer pays for without approval; the first such date is told (A-1)."""
    allowed = policy.get(params.AUTHORIZATION_VISITS_PER_DAY)
    if allowed is None or case.moment is Moment.ORDER:
        return
    for day in days:
        visits = _visits_on(case, day)
        if visits > allowed.value:
            yield Answer(
                kind="second-visit",
                severity=Severity.WARNING,
                subject=day.isoformat(),
                facts={"visits": visits, "allowed": allowed.value, "date": day},
                values=(allowed,),
                evidence=(Evidence(f"visits on {day.isoformat()}", visits),),
            )
            return


def _visits_on(case: Case, day: date) -> int:
    """Encounters with therapy and visits booked; treatments that name no encounter are one visit."""
    visit = case.visits.get(day)
    sessions, services = (visit.sessions, visit.services) if visit is not None else ((), ())
    seen = {one.encounter for one in sessions} | {one.encounter for one in services if one.code in THERAPY}
    seen.discard(None)
    if day == case.date_of_service:
        seen.update(one.reference for one in case.encounters_of_date if one.work_rehab)
    booked = sum(1 for one in case.appointments if one.date == day)
    return (len(seen) or bool(sessions)) + booked
