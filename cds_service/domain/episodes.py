"""Episodes of work rehabilitation: which visits are one program for one injury."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from operator import attrgetter
from typing import Final

from cds_service.domain.chart import Assessment, AssessmentKind, PlanOfCare, Session
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
        about = f" for {', '.join(names.get(one, one) for one in self.conditions)}" if self.conditions else ""
        return f"{self.first.isoformat()} to {self.last.isoformat()}{about}"

    @property
    def key(self) -> str:
        """The same from visit to visit, another for the next program: the first date, with the injury where known."""
        return ",".join((*self.conditions, self.first.isoformat()))


@dataclass
class _Run:
    """An episode in the making."""

    dates: list[date]
    conditions: set[str] = field(default_factory=set)

    @property
    def last(self) -> date:
        return self.dates[-1]

    def may_be_for(self, conditions: Collection[str]) -> bool:
        """Whether nothing says that it is for another injury."""
        return not conditions or not self.conditions or not self.conditions.isdisjoint(conditions)


@dataclass(frozen=True)
class Programs:
    """The programs that a chart tells of: runs of visits, ended by time or by the start of a new program.

    A run ends where more than 60 days lie between two visits, or where a new program begins: after its last visit the
    patient was evaluated anew (97161 to 97163, 97165 to 97167), and a new plan of care followed the one that had
    ended. A re-evaluation, and a plan that replaces or continues another, start nothing; nor does a change from
    conditioning to hardening under a new plan. Conditions tell injuries apart; they do not keep a program alive.
    """

    sessions: Sequence[Session]
    plans: Sequence[PlanOfCare] = ()
    assessments: Sequence[Assessment] = ()

    @lazy
    def episodes(self) -> tuple[Episode, ...]:
        """All episodes, by their last visit."""
        runs: list[_Run] = []
        told: tuple[date, tuple[str, ...]] | None = None
        for session in sorted(self.sessions, key=attrgetter("date")):
            if told == (session.date, session.conditions):
                continue
            told = session.date, session.conditions
            run = self._run_of(runs, session.date, session.conditions)
            if run is None:
                run = _Run([session.date])
                runs.append(run)
            run.conditions.update(session.conditions)
            if run.dates[-1] != session.date:
                run.dates.append(session.date)
        found = [Episode(run.dates[0], run.last, tuple(run.dates), tuple(sorted(run.conditions))) for run in runs]
        return tuple(sorted(found, key=attrgetter("last", "first")))

    def going_on(self, day: date, conditions: Collection[str]) -> Episode | None:
        """The episode that a visit of this day for these conditions belongs to; None when it would start another."""
        runs = [_Run(list(one.dates), set(one.conditions)) for one in self.episodes]
        run = self._run_of(runs, day, conditions)
        return self.episodes[runs.index(run)] if run is not None else None

    def _run_of(self, runs: Sequence[_Run], day: date, conditions: Collection[str]) -> _Run | None:
        """The run that a visit continues: the latest for the same condition, else the latest without another one."""
        latest: _Run | None = None
        for run in reversed(runs):
            if run.may_be_for(conditions) and self._goes_on(run, day):
                if not run.conditions.isdisjoint(conditions):
                    return run
                latest = latest or run
        return latest

    def _goes_on(self, run: _Run, day: date) -> bool:
        last = run.dates[-1]
        if (day - last).days > EPISODE_GAP_DAYS:
            return False
        evaluated_since = self._evaluations and self._evaluations[-1] > last
        return not (evaluated_since and day > last and self._starts_anew(run, day))

    def _starts_anew(self, run: _Run, day: date) -> bool:
        """Whether a new evaluation and a new plan lie between the run's last visit and the day, the old plan ended."""
        last = run.last
        if not any(last < one <= day for one in self._evaluations):
            return False
        ours = [plan for plan in self._plans if run.may_be_for(plan.conditions)]
        old = [plan for plan in ours if plan.start is None or plan.start <= run.last]
        known = {plan.reference for plan in old}
        kinds = {plan.program for plan in old}
        new = [
            plan.start
            for plan in ours
            if plan.start is not None
            and run.last < plan.start <= day
            and known.isdisjoint(plan.continues)
            and not (kinds == {Program.CONDITIONING} and plan.program is Program.HARDENING)
        ]
        return bool(old) and any(all(_ended_before(plan, start) for plan in old) for start in new)

    @lazy
    def _evaluations(self) -> tuple[date, ...]:
        return tuple(sorted(one.date for one in self.assessments if one.kind is AssessmentKind.EVALUATION))

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
            apart = [one for one in injuries if one.isdisjoint(conditions)]
            joined = [one for one in injuries if not one.isdisjoint(conditions)]
            injuries = [*apart, conditions.union(*joined)]
    return tuple(injuries)
