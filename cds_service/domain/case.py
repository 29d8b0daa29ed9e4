"""The one immutable input to the rules: a chart, the moment in the workflow and the date of service."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from enum import StrEnum
from itertools import count, islice
from operator import attrgetter
from typing import Final

from cds_service.domain.authorizations import is_for_visits_from, newest_by_code, of_assertions, standing
from cds_service.domain.care import Appointment, Assessment, Encounter, Order, PlanOfCare, Role, Session
from cds_service.domain.chart import Chart, Fact, Unknown
from cds_service.domain.codes import Discipline, Program
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, Coverage, CoverageAssertion
from cds_service.domain.episodes import EPISODE_GAP_DAYS, Episode, injuries_of
from cds_service.domain.findings import Times
from cds_service.domain.frozen import dataclass
from cds_service.domain.history import ClaimLines, History, TreatedDays
from cds_service.domain.intervals import Interval
from cds_service.domain.lazy import lazy
from cds_service.domain.treating import disciplines_of, treating
from cds_service.domain.visit import Visit

MOST_ORDERS: Final = 100
"""Draft orders of a call that are looked at."""
NOT_ALL_ORDERS: Final = Unknown(Fact.ORDERS, f"only the first {MOST_ORDERS} orders were looked at")
UNREAD_PLAN: Final = "the active plan says what it is for in its narrative only, or through orders not sent"


class Moment(StrEnum):
    """Where in the workflow the question is asked."""

    ORDER = "order"
    VISIT_START = "visit-start"
    VISIT_CLOSE = "visit-close"
    BOOKING = "booking"
    OVERVIEW = "overview"


AT_VISITS: Final = frozenset({Moment.VISIT_START, Moment.VISIT_CLOSE})
AT_LINES: Final = frozenset({Moment.ORDER, Moment.VISIT_CLOSE})
"""When lines are drafted: by an order, and at the close of a visit."""


@dataclass(frozen=True)
class Case:
    """A question put to the rules.

    ``date_of_service`` is what the answer is for; ``today`` the day of the call. ``orders`` are the drafts in
    question (also those that are context only), ``appointments`` the booked visits, ``encounter`` the visit.
    ``modalities_included`` is whether the payer counts modalities as part of the program, ``unread`` what could not be
    read of a visit or booking of which nothing else is known. What depends on the chart alone is its ``history``.
    """

    moment: Moment
    date_of_service: date
    today: date
    chart: Chart
    orders: tuple[Order, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    encounter: str | None = None
    modalities_included: bool = False
    unread: tuple[Unknown, ...] = ()

    @property
    def history(self) -> History:
        """What the chart tells whichever visit is asked about."""
        return self.chart.history

    @lazy
    def treated(self) -> TreatedDays:
        """The work-rehab visits as the payer counts their time."""
        return self.history.treated_with_modalities if self.modalities_included else self.history.treated

    @lazy
    def visits(self) -> Mapping[date, Visit]:
        """Work-rehab visits by date of service."""
        return self.treated.visits

    @lazy
    def visit(self) -> Visit | None:
        """The visit of the date of service, as far as it is not for another injury than the one in question."""
        whole = self.visits.get(self.date_of_service)
        if whole is None or len(self.injuries) < 2 or not self.conditions:  # noqa: PLR2004 - one injury is the rule
            return whole
        return whole.without([session for session in whole.sessions if self._is_for_another(session)])

    @lazy
    def injuries(self) -> tuple[frozenset[str], ...]:
        """The injuries that the treatments of the date of service are for, as far as they tell."""
        whole = self.visits.get(self.date_of_service)
        return injuries_of(whole.sessions) if whole is not None else ()

    @lazy
    def episodes(self) -> tuple[Episode, ...]:
        """All episodes on record up to the date of service, oldest first."""
        return self.history.programs.up_to(self.date_of_service)

    @lazy
    def conditions(self) -> frozenset[str]:
        """Conditions that the visit or the drafts in question are for.

        Treatments of the encounter in question tell before others of its date.
        """
        whole = self.visits.get(self.date_of_service)
        treated = whole.sessions if whole is not None else ()
        asked = [session for session in treated if session.encounter == self.encounter and session.conditions]
        of_visit = (condition for session in asked or treated for condition in session.conditions)
        of_orders = (c for order in self.orders if order.selected for c in order.conditions)
        return frozenset((*of_visit, *of_orders))

    @lazy
    def episode(self) -> Episode | None:
        """The episode the date of service belongs to, if one goes on."""
        return self.history.programs.continued(self.episodes, self.date_of_service, self.conditions)

    @lazy
    def assessments_of_episode(self) -> tuple[Assessment, ...]:
        """Assessments up to the date of service, from 60 days before the first visit on, oldest first."""
        since = self._first_visit - timedelta(days=EPISODE_GAP_DAYS)
        if self.episode is not None and self._last_of_episode_before is not None:
            since = max(since, self._last_of_episode_before)
        found = [
            assessment for assessment in self.chart.assessments if since <= assessment.date <= self.date_of_service
        ]
        return tuple(sorted(found, key=attrgetter("date")))

    @lazy
    def answers_of_episode(self) -> tuple[Authorization, ...]:
        """The payer's answers for this episode; those that ended or were decided before it belong to an earlier one."""
        first, before = self._first_visit, self._last_of_episode_before
        return tuple([answer for answer in self.authorizations if is_for_visits_from(first, answer, before)])

    @lazy
    def _first_visit(self) -> date:
        """First visit of the episode; without one the date of service."""
        return self.episode.first if self.episode is not None else self.date_of_service

    @lazy
    def _last_of_episode_before(self) -> date | None:
        """Last visit of the episodes before this one."""
        return max((episode.last for episode in self.episodes if episode.last < self._first_visit), default=None)

    def _is_for_another(self, session: Session) -> bool:
        return bool(session.conditions) and self.conditions.isdisjoint(session.conditions)

    @lazy
    def therapy_dates(self) -> Mapping[date, str]:
        """Dates on record with work rehabilitation or other therapy, each with its first treatment.

        Dates whose work rehabilitation was all for another injury are left out.
        """
        dates = self.history.therapy_dates
        conditions = self.conditions or (self.episode.conditions if self.episode is not None else ())
        if not conditions:
            return dates
        injuries = self.history.injuries_by_date
        for_others = {day for day, injury in injuries.items() if injury and injury.isdisjoint(conditions)}
        return {day: treatment for day, treatment in dates.items() if day not in for_others} if for_others else dates

    @lazy
    def payer(self) -> Coverage | None:
        """The coverage that is first in line on the date of service."""
        return next(iter(self.payers), None)

    @lazy
    def payers(self) -> tuple[Coverage, ...]:
        """Coverages in force on the date of service in the order they pay; in doubt workers' compensation first."""
        in_force = [coverage for coverage in self.chart.coverages if coverage.in_force(self.date_of_service)]
        taken = {coverage.order for coverage in in_force}
        free = next(place for place in count(1) if place not in taken)
        return tuple(sorted(in_force, key=lambda coverage: coverage.place_in_line(free)))

    @lazy
    def active_plans(self) -> tuple[PlanOfCare, ...]:
        """Active therapy plans; those that name work rehabilitation before others.

        Plans for another injury, and plans that have ended, stand back where there are better ones.
        """
        active = [plan for plan in self.chart.plans if plan.status == "active" and plan.content]
        plans = [plan for plan in active if plan.work_rehab] or active
        if len(plans) > 1:
            plans = [plan for plan in plans if plan.may_be_for(self.conditions)] or plans
            plans = [plan for plan in plans if plan.end is None or plan.end >= self.date_of_service] or plans
        return tuple(plans)

    @lazy
    def unread_plan(self) -> Unknown | None:
        """Why an active plan of care is neither there nor missing: the only ones on record cannot be read."""
        unread = next((plan for plan in self.chart.plans if plan.status == "active" and not plan.content), None)
        return Unknown(Fact.PLAN_OF_CARE, UNREAD_PLAN, unread.reference) if unread and not self.active_plans else None

    @lazy
    def program(self) -> Program:
        """Conditioning or hardening as the visit, the drafts or the plan of care say; any hardening makes hardening."""
        for programs in self._programs_told():
            found = set(programs)
            for program in (Program.HARDENING, Program.CONDITIONING):
                if program in found:
                    return program
        return Program.UNKNOWN

    def _programs_told(self) -> Iterator[Iterable[Program]]:
        """What each source says, the most telling source first."""
        if self.visit is not None:
            yield (session.program for session in self.visit.sessions)
        yield (order.program for order in self.orders if order.work_rehab)
        yield (plan.program for plan in self.active_plans)
        yield (session.program for session in self.chart.sessions if self._in_episode(session))

    def _in_episode(self, session: Session) -> bool:
        return self.episode is not None and self.episode.first <= session.date <= self.episode.last

    @lazy
    def disciplines(self) -> tuple[tuple[Discipline, str, str], ...]:
        """Disciplines the active plans (else the treating therapists) name: (discipline, read from, reference)."""
        whole = self.visits.get(self.date_of_service)
        return disciplines_of(self.active_plans, whole.sessions if whole is not None else ())

    @lazy
    def discipline(self) -> Discipline | None:
        """The discipline of the plan of care, when exactly one is named."""
        return self.disciplines[0][0] if len(self.disciplines) == 1 else None

    @lazy
    def unplanned_roles(self) -> tuple[Role, ...]:
        """Roles that treated on the visit although no plan of care is of their discipline, each once."""
        planned = {discipline for discipline, _, _ in self.disciplines}
        sessions = self.visit.sessions if self.visit is not None else ()
        roles = dict.fromkeys(performer.role for session in sessions for performer in treating(session))
        return tuple(role for role in roles if role is not None and role.discipline not in planned)

    @lazy
    def _orders_in_question(self) -> tuple[Order, ...]:
        """Drafts that are about work rehabilitation, and one more than are looked at where there are more."""
        found = (order for order in self.orders if order.work_rehab and order.selected)
        return tuple(islice(found, MOST_ORDERS + 1))

    @lazy
    def work_rehab_orders(self) -> tuple[Order, ...]:
        """Draft orders in question that are about work rehabilitation, at most the first ``MOST_ORDERS`` of a call."""
        return self._orders_in_question[:MOST_ORDERS]

    @lazy
    def orders_left_out(self) -> tuple[Unknown, ...]:
        """The gap that says so when a call has more orders than are looked at."""
        return (NOT_ALL_ORDERS,) if len(self._orders_in_question) > MOST_ORDERS else ()

    @lazy
    def encounters_of_date(self) -> Sequence[Encounter]:
        """Encounters of the date of service."""
        return self.history.encounters_by_date.get(self.date_of_service, ())

    @lazy
    def claims_of_date(self) -> ClaimLines:
        """Claims with lines on the date of service and those lines' indexes.

        Undated lines follow their own encounter, or that of the claim, unless it is a series.
        """
        encounters = {encounter.reference for encounter in self.encounters_of_date}
        if self.encounter is not None:
            encounters.add(self.encounter)
        elsewhere = self._encounters_for_other_injuries()
        undated = not self.in_series
        return self.history.lines_of(self.date_of_service, encounters - elsewhere, elsewhere, undated=undated)

    @lazy
    def in_series(self) -> bool:
        """Whether the encounter in question goes on over several days of treatment."""
        return len(self._treated_in_encounter) > 1

    @lazy
    def uncharged_days(self) -> int:
        """Earlier days of the encounter in question with a treatment and without a charge on record."""
        if self.chart.not_whole(Fact.CHARGES):
            return 0
        charged = self.history.charged_dates
        return sum(1 for day in self._treated_in_encounter if day < self.date_of_service and day not in charged)

    @lazy
    def _treated_in_encounter(self) -> AbstractSet[date]:
        return self.history.dates_by_encounter.get(self.encounter or "", frozenset())

    def clock(self, period: Interval) -> Times:
        """Start and stop on the clocks of the place; as written, with the offset, where its time zone is not known."""
        if self.chart.zone is not None:
            return Times(period.start.astimezone(self.chart.zone), period.end.astimezone(self.chart.zone))
        return Times(period.start, period.end, period.end.tzname())

    @lazy
    def assertions(self) -> tuple[CoverageAssertion, ...]:
        """What the payer in line says of work rehabilitation through coverage-information, the newest for each code.

        One that is for another coverage is none of this payer's.
        """
        return newest_by_code(assertion for assertion in self.chart.assertions if self._is_of_payer(assertion))

    @lazy
    def unplaced_assertions(self) -> tuple[CoverageAssertion, ...]:
        """What a payer says for a coverage that is not among those on record."""
        on_record = {coverage.reference for coverage in self.chart.coverages}
        named = [assertion for assertion in self.chart.assertions if (assertion.coverage or "").startswith("Coverage/")]
        return tuple(assertion for assertion in named if self.payer is not None and assertion.coverage not in on_record)

    def _is_of_payer(self, assertion: CoverageAssertion) -> bool:
        """Whether what is said is for the payer in line; what names no coverage that can be told is."""
        named = (assertion.coverage or "").startswith("Coverage/")
        return not named or self.payer is None or assertion.coverage == self.payer.reference

    @lazy
    def authorizations(self) -> tuple[Authorization, ...]:
        """The payer's answers that stand, by reference; those replaced by later ones are left out."""
        answers = self.chart.authorizations
        explained = (approval.number for approval in answers if approval.state is AuthorizationState.APPROVED)
        stand = standing((*answers, *of_assertions(self.assertions, explained)))
        return tuple(sorted(stand, key=attrgetter("reference")))

    def approvals_on(self, day: date) -> tuple[Authorization, ...]:
        """Approvals in force on the day, those that name work rehabilitation first, then the one that ends first."""
        in_force = [approval for approval in self.authorizations if approval.covers(day)]
        return tuple(sorted(in_force, key=lambda approval: (not approval.names_service, approval.end or date.max)))

    def _encounters_for_other_injuries(self) -> set[str]:
        whole = self.visits.get(self.date_of_service)
        if whole is None or self.visit is None or len(whole.sessions) == len(self.visit.sessions):
            return set()
        in_question = {session.encounter for session in self.visit.sessions} | {self.encounter}
        return {session.encounter for session in whole.sessions if session.encounter is not None} - in_question

    def authorization_on(self, day: date) -> Authorization | None:
        """The approval in force on the day whose number is told: of those that name the service the last to end."""
        in_force = [approval for approval in self.authorizations if approval.covers(day)]
        return max(
            in_force,
            key=lambda approval: (approval.names_service, not approval.relayed, approval.end or date.max),
            default=None,
        )
