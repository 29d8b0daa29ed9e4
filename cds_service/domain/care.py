"""Care of a patient as it is planned, ordered, booked, given and measured, each record with its resource."""

from collections.abc import Collection
from dataclasses import field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from cds_service.domain.codes import Discipline, Program
from cds_service.domain.frozen import dataclass
from cds_service.domain.intervals import Interval

DAYS_OF_A_WEEK: Final = 7
LONGEST_PLAN_DAYS: Final = 36_525
Day: TypeAlias = date


class Role(NamedTuple):
    """What a person is licensed as: therapist or assistant of one discipline."""

    discipline: Discipline
    assistant: bool

    @property
    def title(self) -> str:
        """``PT therapist`` or ``PT assistant``."""
        return f"{self.discipline.value} {'assistant' if self.assistant else 'therapist'}"


class Performer(NamedTuple):
    """Who treated. ``role`` is None unless the person is plainly a therapist or an assistant.

    ``profession`` is then what somebody is who is known to be neither, like ``PT student`` or ``athletic trainer``, and
    ``disputed`` the professions that the record gives and that exclude each other. ``supervises`` marks a person who is
    named for supervision only and gave no minutes.
    """

    reference: str
    role: Role | None
    profession: str | None = None
    disputed: str | None = None
    supervises: bool = False


class Session(NamedTuple):
    """A completed or in-progress work-rehab Procedure.

    ``date`` is the date of the start at the place of treatment. ``period`` is None when start or stop is not
    recorded to the minute; ``time_problem`` then says what is wrong. ``codes`` are the CPT codes recorded on it and
    ``modifiers`` those written with them. ``performers_of_encounter`` marks performers that only its encounter names.
    ``doubts`` say why it may not be what it is recorded as.
    """

    reference: str
    date: date
    program: Program
    codes: tuple[str, ...] = ()
    period: Interval | None = None
    time_problem: str | None = None
    performers: tuple[Performer, ...] = ()
    encounter: str | None = None
    conditions: tuple[str, ...] = ()
    described: bool = False
    performers_of_encounter: bool = False
    modifiers: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class Service(NamedTuple):
    """Another billable Procedure, with its own CPT or HCPCS code.

    ``capacity`` is whether its words call it a functional capacity evaluation; ``performers_of_encounter`` marks
    performers that only its encounter names; ``doubts`` as of a session.
    """

    reference: str
    date: date
    code: str
    period: Interval | None = None
    encounter: str | None = None
    performers: tuple[Performer, ...] = ()
    capacity: bool = False
    performers_of_encounter: bool = False
    doubts: tuple[str, ...] = ()


class TelehealthSign(NamedTuple):
    """What says that a visit is by telehealth, and whether it says so by a code; words may be left over."""

    said: str
    coded: bool


class Encounter(NamedTuple):
    """An encounter that took place or is under way. ``state`` is the state of the place, like ``US-TX``.

    ``last`` is the date on which it ended, where it goes on over several (a series); ``length`` the time that it took
    where that is recorded beside or instead of start and stop. ``ended`` is whether it is over, ``end_recorded``
    whether its record says when.
    """

    reference: str
    date: date | None
    period: Interval | None = None
    work_rehab: bool = False
    program: Program = Program.UNKNOWN
    conditions: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    provider: str | None = None
    state: str | None = None
    ended: bool = False
    last: Day | None = None
    length: timedelta | None = None
    telehealth: TelehealthSign | None = None
    end_recorded: bool = False


@dataclass(frozen=True, slots=True)
class Appointment:
    """A proposed or booked work-rehab appointment."""

    reference: str
    date: date
    period: Interval | None = None
    telehealth: TelehealthSign | None = None


@dataclass(frozen=True, slots=True)
class PlanOfCare:
    """A therapy plan. ``discipline_from`` tells what decided the discipline.

    ``continues`` are the plans that it replaces or is based on. A plan without ``content`` tells nowhere in a form that
    can be read what it is for: its narrative alone does, or orders that were not given.
    """

    reference: str
    status: str
    start: date | None
    end: date | None
    work_rehab: bool
    program: Program
    discipline: Discipline | None = None
    discipline_from: str | None = None
    conditions: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    scheduled: bool = False
    codes: tuple[str, ...] = ()
    continues: tuple[str, ...] = ()
    content: bool = True

    def covers(self, day: Day) -> bool:
        """Whether its period, where given, contains the day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def may_be_for(self, conditions: Collection[str]) -> bool:
        """Whether nothing says that it is for another injury."""
        return not conditions or not self.conditions or not set(self.conditions).isdisjoint(conditions)


@dataclass(frozen=True, slots=True)
class Goal:
    """A functional goal; ``measure`` and ``target`` give the direction of improvement for that tool."""

    reference: str
    measure: str | None = None
    target: float | None = None
    due: date | None = None
    described: bool = False


class RequestAnswer(NamedTuple):
    """An answer in a completed questionnaire of a request for approval.

    ``element`` is the part of the request that it answers, ``policy`` the id of the policy whose questionnaire it is.
    """

    element: str
    text: str
    policy: str
    reference: str


class AssessmentKind(StrEnum):
    """How an assessment was recorded."""

    EVALUATION = "evaluation"
    REEVALUATION = "re-evaluation"
    PERFORMANCE_TEST = "performance test"
    MEASUREMENT = "measurement"
    QUESTIONNAIRE = "questionnaire"


class Assessment(NamedTuple):
    """An evaluation, re-evaluation, test, measurement or questionnaire (R-1, R-2).

    ``tool`` identifies the instrument (code or text) and ``label`` names it; ``codes`` and ``words`` are all that the
    record calls it, by which a policy knows its tools. ``result`` is whether a result is on record, ``value`` its
    number and ``unit`` that number's unit (``lb``, ``/5``). ``doubt`` says in words why the result may be none.
    ``diagnostic`` is whether a laboratory or imaging gave it.
    """

    reference: str
    date: date
    kind: AssessmentKind
    tool: str | None = None
    label: str | None = None
    value: float | None = None
    unit: str | None = None
    codes: tuple[str, ...] = ()
    words: str = ""
    result: bool = False
    doubt: str | None = None
    diagnostic: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """What an order says about time: sessions in all, minutes of each, sessions and days of a week."""

    sessions: int | None = None
    session_minutes: int | None = None
    days_per_week: float | None = None
    start: date | None = None
    end: date | None = None

    def last_day(self, today: date) -> date | None:
        """The end; without one in it the day of the last session, counted from the start or else from today.

        None when neither is told, and when the sessions are so rare that the last one is beyond all planning.
        """
        if self.end is not None or self.sessions is None or not self.days_per_week:
            return self.end
        days = (self.sessions - 1) / self.days_per_week * DAYS_OF_A_WEEK
        return (self.start or today) + timedelta(days=int(days)) if days <= LONGEST_PLAN_DAYS else None


@dataclass(frozen=True, slots=True)
class Order:
    """A ServiceRequest. ``selected`` is false for drafts that are context only; ``editable`` when it has an id.

    ``doubts`` say where its code, words and modifiers disagree or are unsure.
    """

    reference: str
    work_rehab: bool
    program: Program
    codes: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    quantity: float | None = None
    schedule: Schedule = field(default_factory=Schedule)
    discipline: Discipline | None = None
    selected: bool = True
    editable: bool = True
    conditions: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
