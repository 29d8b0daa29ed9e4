"""Episodes of work rehabilitation: which visits are one program for one injury."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Final, TypeVar

from cds_service.domain.care import Assessment, AssessmentKind, PlanOfCare, Session
from cds_service.domain.codes import Program
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy

EPISODE_GAP_DAYS: Final = 60
_NEVER_IN_FORCE: Final = frozenset({"draft", "entered-in-error"})
_OVER: Final = frozenset({"completed", "revoked"})


@dataclass(frozen=True, slots=True)
class Episode:
    """The run of work-rehab visits of one program for one injury."""

    first: date
    last: date
    dates: tuple[date, ...]
    conditions: tuple[str, ...] = ()

    def label(self, names: Mapping[str, str]) -> str:
        """Name for people: the dates, and the injury where it is known; ``names`` are those of conditions."""
        injury = ", ".join(names.get(condition, condition) for condition in self.conditions)
        return f"{self.first.isoformat()} to {self.last.isoformat()}{f' for {injury}' if injury else ''}"

    @property
    def key(self) -> str:
        """The same from visit to visit, another for the next program: the first date, with the injury where known."""
        return ",".join((*self.conditions, self.first.isoformat()))


class _Run:
    """An episode in the making: its dates, and the conditions it is for from a date on."""

    def __init__(self, session: Session) -> None:
        self.dates = [session.date]
        self.conditions = frozenset(session.conditions)
        self._since = [session.date]
        self._known = [self.conditions]

    @property
    def last(self) -> date:
        return self.dates[-1]

    def add(self, session: Session) -> None:
        """Continue it with a treatment that is no earlier than those before."""
        if self.dates[-1] != session.date:
            self.dates.append(session.date)
        if not self.conditions.issuperset(session.conditions):
            self.conditions = self.conditions.union(session.conditions)
            self._since.append(session.date)
            self._known.append(self.conditions)

    def up_to(self, day: date) -> Episode:
        """What it was on a day on which it had begun."""
        dates = tuple(self.dates[: bisect_right(self.dates, day)])
        conditions = self._known[bisect_right(self._since, day) - 1]
        return Episode(dates[0], dates[-1], dates, tuple(sorted(conditions)))


R = TypeVar("R", _Run, Episode)


@dataclass(frozen=True)
class Programs:
    """The programs that a chart tells of: runs of visits, ended by time or by the start of a new program.

    A run ends where more than 60 days lie between two visits, or where a new program begins: after its last visit the
    patient was evaluated anew (97161 to 97163, 97165 to 97167), and a new plan of care followed the one that had
    ended. A re-evaluation, and a plan that replaces or continues another, start nothing; nor does a change from
    conditioning to hardening under a new plan. Conditions tell injuries apart; they do not keep a program alive.
    Visits of a later day change nothing about what was a program before it.
    """

    sessions: Sequence[Session]
    plans: Sequence[PlanOfCare] = ()
    assessments: Sequence[Assessment] = ()

    @lazy
    def episodes(self) -> tuple[Episode, ...]:
        """All episodes, by their last visit."""
        return self.up_to(date.max)

    def up_to(self, day: date) -> tuple[Episode, ...]:
        """The episodes of the visits to a day, by their last visit."""
        found = [run.up_to(day) for run in self._runs if run.dates[0] <= day]
        return tuple(sorted(found, key=attrgetter("last", "first")))

    @lazy
    def _runs(self) -> tuple[_Run, ...]:
        runs: list[_Run] = []
        before: tuple[date, tuple[str, ...]] | None = None
        for session in sorted(self.sessions, key=attrgetter("date")):
            if before == (session.date, session.conditions):
                continue
            before = session.date, session.conditions
            run = self.continued(runs, session.date, session.conditions)
            if run is None:
                runs.append(_Run(session))
            else:
                run.add(session)
        return tuple(runs)

    def continued(self, runs: Sequence[R], day: date, conditions: Collection[str]) -> R | None:
        """The run that a visit continues: the latest for the same condition, else the latest without another one."""
        latest: R | None = None
        for run in reversed(runs):
            apart = not conditions or frozenset(run.conditions).isdisjoint(conditions)
            may_be_for = not conditions or not run.conditions or not apart
            if may_be_for and self._goes_on(run, day):
                if not apart:
                    return run
                latest = latest or run
        return latest

    def _goes_on(self, run: _Run | Episode, day: date) -> bool:
        last = run.last
        if (day - last).days > EPISODE_GAP_DAYS:
            return False
        evaluated_since = self._evaluations and self._evaluations[-1] > last
        return not (evaluated_since and day > last and self._starts_anew(run, day))

    def _starts_anew(self, run: _Run | Episode, day: date) -> bool:
        """Whether a new evaluation and a new plan lie between the run's last visit and the day, the old plan ended."""
        last = run.last
        if not any(last < evaluated <= day for evaluated in self._evaluations):
            return False
        of_run = [plan for plan in self._plans if plan.may_be_for(run.conditions)]
        old = [plan for plan in of_run if plan.start is None or plan.start <= last]
        known = {plan.reference for plan in old}
        kinds = {plan.program for plan in old}
        new = [
            plan.start
            for plan in of_run
            if plan.start is not None
            and last < plan.start <= day
            and known.isdisjoint(plan.continues)
            and not (kinds == {Program.CONDITIONING} and plan.program is Program.HARDENING)
        ]
        return bool(old) and any(all(_ended_before(plan, start) for plan in old) for start in new)

    @lazy
    def _evaluations(self) -> tuple[date, ...]:
        return tuple(sorted(test.date for test in self.assessments if test.kind is AssessmentKind.EVALUATION))

    @lazy
    def _plans(self) -> tuple[PlanOfCare, ...]:
        return tuple(plan for plan in self.plans if plan.work_rehab and plan.status not in _NEVER_IN_FORCE)


def _ended_before(plan: PlanOfCare, start: date) -> bool:
    return plan.status in _OVER or (plan.end is not None and plan.end < start)


def injuries_of(sessions: Iterable[Session]) -> tuple[frozenset[str], ...]:
    """The injuries that treatments are for, as sets of conditions that some treatment names together."""
    injuries: list[frozenset[str]] = []
    for session in sessions:
        if session.conditions:
            conditions = frozenset(session.conditions)
            apart = [injury for injury in injuries if injury.isdisjoint(conditions)]
            joined = [injury for injury in injuries if not injury.isdisjoint(conditions)]
            injuries = [*apart, conditions.union(*joined)]
    return tuple(injuries)
