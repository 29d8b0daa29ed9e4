"""One program in time: its weeks with their visits, what was measured, what the payer approved, and what comes next."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from cds_service.domain.care import DAYS_OF_A_WEEK, Day
from cds_service.domain.chart import Caveat, Fact
from cds_service.domain.codes import Discipline, Program
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy
from cds_service.domain.units import Units
from cds_service.domain.values import Parameter, PolicyValue


class TreatedBy(StrEnum):
    """Who gave a stretch of treatment, as far as it decides what is billed (M-2)."""

    THERAPIST = "therapist"
    ASSISTANT = "assistant alone"
    NEITHER = "neither therapist nor assistant"
    UNKNOWN = "not known"


class TimeBy(NamedTuple):
    """Minutes that somebody gave, with the titles of who was present."""

    by: TreatedBy
    minutes: int
    titles: tuple[str, ...] = ()


class VisitInTime(NamedTuple):
    """A visit that took place, or one that is ``booked``.

    ``minutes`` are None where the record tells none, ``units`` where no minutes or no thresholds are known.
    ``from_encounter`` is whether the time is that of the encounter, because no treatment has its own.
    """

    date: date
    minutes: int | None
    units: Units | None = None
    times: tuple[TimeBy, ...] = ()
    from_encounter: bool = False
    booked: bool = False


class WeekOfProgram(NamedTuple):
    """Seven days from the weekday of the first visit on; ``number`` is None before weeks count."""

    number: int | None
    first: date
    visits: tuple[VisitInTime, ...] = ()

    @property
    def last(self) -> Day:
        """Its seventh day."""
        return self.first + timedelta(days=DAYS_OF_A_WEEK - 1)

    @property
    def treated(self) -> tuple[VisitInTime, ...]:
        """Its visits that took place."""
        return tuple(visit for visit in self.visits if not visit.booked)

    @property
    def booked(self) -> tuple[VisitInTime, ...]:
        """Its visits to come."""
        return tuple(visit for visit in self.visits if visit.booked)


class Trend(StrEnum):
    """How a result compares with the one before of the same tool, by the policy's or the goal's direction."""

    FIRST = "first"
    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    NOT_COMPARED = "not compared"


class MeasuredResult(NamedTuple):
    """A number that a tool gave."""

    date: date
    value: float
    unit: str | None
    trend: Trend
    reference: str


class MeasuredBy(NamedTuple):
    """The results of one tool, oldest first; ``lower_is_better`` is None where nothing tells."""

    tool: str
    lower_is_better: bool | None
    results: tuple[MeasuredResult, ...]


class AssessmentInTime(NamedTuple):
    """An evaluation, re-evaluation, test, or measurement that is no number; ``result`` is whether one is on record."""

    date: date
    what: str
    result: bool
    reference: str


class PlanInTime(NamedTuple):
    """A plan of care and its period; an open end is None."""

    start: date | None
    end: date | None
    discipline: Discipline | None
    reference: str


class AmountLeft(NamedTuple):
    """What is left of the approvals in force for one code, or for the program where ``code`` is empty.

    Amounts are in the approval's own unit. ``runs_out`` is the day on which the pace of the last two weeks uses it up,
    None without a pace, where it lasts as long as the approval, and where more was used than approved.
    """

    code: str
    unit: str
    used: float
    approved: float
    runs_out: date | None
    references: tuple[str, ...]

    @property
    def left(self) -> float:
        """What may still be used, never less than nothing."""
        return max(self.approved - self.used, 0.0)

    @property
    def over(self) -> float:
        """What was used beyond it."""
        return max(self.used - self.approved, 0.0)


class LastWeek(NamedTuple):
    """What limits the weeks of the program; ``extended`` is whether approval extends them by the payer's own text."""

    weeks: int
    last_day: date
    extended: bool


class Until(StrEnum):
    """What ends first, so that the payer has to be asked before."""

    APPROVAL = "the approval ends"
    AMOUNT = "the approved amount runs out"
    WEEKS = "the weeks without approval end"
    COUNT = "the days without approval end"
    USED_UP = "the approved amount is used up"
    MISSING = "approval is required first, and none is in force"


class AskBy(NamedTuple):
    """The last safe day to ask the payer: ``lead`` days before ``ends``, the last day that needs nothing more.

    Where approval is ``MISSING`` or ``USED_UP`` it is needed now: ``date`` and ``ends`` are the day of the picture.
    """

    date: date
    why: Until
    ends: Day
    lead: int

    @property
    def now(self) -> bool:
        """Whether there is no time left to ask in: approval is needed already."""
        return self.why in {Until.MISSING, Until.USED_UP}


@dataclass(frozen=True)
class Timeline:
    """One program as its payer counts it, seen on ``day``.

    ``today`` is the day of the call; ``day`` is earlier where a past visit is asked about. ``weeks`` hold every day,
    without a gap, from the first visit on or from an evaluation shortly before. ``answers`` are what the payer answered
    for this program, ``newest`` the state of the last one; ``approved_to`` is the end of the approval in force on the
    day. ``other_programs`` counts those beside it. ``unsure`` are facts that were not sent, or only in part;
    ``unknown`` is all that nobody could tell. ``values`` are what the dates rest on, each with its parameter.
    """

    program: Program
    injury: str
    day: date
    today: date
    weeks: tuple[WeekOfProgram, ...]
    measured: tuple[MeasuredBy, ...] = ()
    tested: tuple[AssessmentInTime, ...] = ()
    plans: tuple[PlanInTime, ...] = ()
    answers: tuple[Authorization, ...] = ()
    amounts: tuple[AmountLeft, ...] = ()
    newest: AuthorizationState | None = None
    approved: bool = False
    approved_to: date | None = None
    limit: LastWeek | None = None
    measure_by: date | None = None
    ask_by: AskBy | None = None
    other_programs: int = 0
    unsure: frozenset[Fact] = frozenset()
    unknown: tuple[Caveat, ...] = ()
    values: tuple[tuple[Parameter[Any], PolicyValue[Any]], ...] = ()

    @lazy
    def week(self) -> WeekOfProgram | None:
        """The week that holds the day; None before the first and after the last one."""
        return next((week for week in self.weeks if week.first <= self.day <= week.last), None)

    @lazy
    def treated(self) -> tuple[VisitInTime, ...]:
        """All visits that took place, oldest first."""
        return tuple(visit for week in self.weeks for visit in week.treated)

    @lazy
    def booked(self) -> tuple[VisitInTime, ...]:
        """All visits to come, oldest first."""
        return tuple(visit for week in self.weeks for visit in week.booked)

    @lazy
    def units(self) -> Units:
        """Units of the visits whose time is known."""
        known = [visit.units for visit in self.treated if visit.units is not None]
        return Units(sum(made.first for made in known), sum(made.further for made in known))

    def results_on(self, first: date, last: date) -> Iterator[tuple[str, MeasuredResult]]:
        """What was measured from one day to another, each with its tool."""
        for measured in self.measured:
            yield from ((measured.tool, result) for result in measured.results if first <= result.date <= last)
