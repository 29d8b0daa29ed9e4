"""The patient's chart as far as the rules need it, each fact with the resource it was read from."""

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from cds_service.domain.codes import Discipline, PayerClass, Program
from cds_service.domain.frozen import dataclass
from cds_service.domain.intervals import Interval
from cds_service.domain.lazy import lazy

if TYPE_CHECKING:
    from cds_service.domain.history import History

DAYS_OF_A_WEEK: Final = 7
LONGEST_PLAN_DAYS: Final = 36_525
Day: TypeAlias = date


class Fact(StrEnum):
    """Groups of facts that a rule may need; a gap names the one that is missing."""

    PATIENT = "patient"
    COVERAGE = "coverage"
    PLAN_OF_CARE = "plan-of-care"
    ENCOUNTER = "encounter"
    SESSIONS = "sessions"
    SESSION_TIME = "session-time"
    PERFORMERS = "performers"
    DISCIPLINE = "discipline"
    PROGRAM = "program"
    INJURY = "injury"
    GOALS = "goals"
    ASSESSMENTS = "assessments"
    EVALUATIONS = "evaluations"
    AUTHORIZATIONS = "authorizations"
    ORDERS = "orders"
    APPOINTMENTS = "appointments"
    CHARGES = "charges"
    POLICY = "policy"
    DOCUMENTS = "documents"
    TIME_ZONE = "time-zone"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be known, and why; ``reference`` names the resource when one is to blame.

    ``kept`` is where the clinic keeps what its EHR never sends: that is checked there, and no doubt here.
    """

    fact: Fact
    why: str
    reference: str | None = None
    kept: str | None = None

    @property
    def is_doubt(self) -> bool:
        """Whether it keeps a suggestion from being recommended."""
        return self.kept is None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that is known and speaks against a suggestion, in words; ``reference`` names the resource it is in."""

    fact: Fact
    why: str
    reference: str | None = None

    @property
    def is_doubt(self) -> bool:
        """Always: it keeps a suggestion from being recommended."""
        return True


Caveat: TypeAlias = Gap | Doubt
"""What stands beside a finding: nobody could tell, or it speaks against it."""


class InPart(NamedTuple):
    """What is lacking of a fact of which a part was delivered.

    ``cut`` is whether a search was cut short, so that any number of its results may be missing; else one of several
    sources is lacking as a whole.
    """

    gaps: tuple[Gap, ...]
    cut: bool


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

    ``other`` is then what somebody is who is known to be neither, like ``PT student`` or ``athletic trainer``, and
    ``disputed`` the professions that the record gives and that exclude each other. ``supervises`` marks a person who is
    named for supervision only and gave no minutes.
    """

    reference: str
    role: Role | None
    other: str | None = None
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
    where that is recorded beside or instead of start and stop.
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


@dataclass(frozen=True, slots=True)
class Coverage:
    """One active coverage. ``payers`` are identifiers, references and names of the payor, as written.

    ``doubts`` say, in words, why its payer class or its status is not certain. ``subscriber`` is the number the payer
    knows the patient by: in workers' compensation the number of the claim. ``state`` is that of an
    agency or fund of a state, like ``US-WA``, as the payer's name tells.
    """

    reference: str
    payer_class: PayerClass
    payers: tuple[str, ...] = ()
    order: int | None = None
    start: date | None = None
    end: date | None = None
    doubts: tuple[str, ...] = ()
    subscriber: str | None = None
    state: str | None = None

    def in_force(self, day: date) -> bool:
        """Whether the coverage period, where given, contains the day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class InjuryEvidence:
    """Something that shows a work-related injury (WR-CODE-2); ``kind`` is our own short name of the evidence."""

    kind: str
    reference: str
    value: str | date


class InjuryDate(NamedTuple):
    """The day of an injury, read from the Condition it is about or from the accident on a Claim.

    ``state`` is where it happened, like ``US-TX``; only an accident tells it.
    """

    reference: str
    date: date
    state: str | None = None


class ClaimNumber(NamedTuple):
    """The number that a payer gave the claim of an injury; ``system`` is its namespace, ``reference`` what tells it."""

    reference: str
    value: str
    system: str | None = None


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


class AuthorizationState(StrEnum):
    """Decision of the payer on a prior-authorization request (A-1)."""

    APPROVED = "approved"
    PENDING = "pending"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    NOT_REQUIRED = "not required"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Authorization:
    """A payer's answer to a request for approval of work rehabilitation, or to one that may be for it.

    ``unit`` is hours, visits, days or units, or as written where it is none of them; ``weak`` marks a bare number
    without known dates. ``codes`` are those it is limited to, none for the program as a whole. ``names_service`` is
    false for an answer that does not say what service it is about. ``request`` tells what it answers, ``relayed`` that
    it is told elsewhere than in the answer.
    """

    reference: str
    state: AuthorizationState
    number: str | None = None
    start: date | None = None
    end: date | None = None
    quantity: float | None = None
    unit: str | None = None
    weak: bool = False
    created: date | None = None
    answered: datetime | None = None
    codes: tuple[str, ...] = ()
    names_service: bool = True
    request: str | None = None
    relayed: bool = False

    def covers(self, day: date) -> bool:
        """Whether it is an approval whose known period contains the day."""
        return (
            self.state is AuthorizationState.APPROVED
            and not self.weak
            and (self.start is None or self.start <= day)
            and (self.end is None or day <= self.end)
        )


@dataclass(frozen=True, slots=True)
class CoverageAssertion:
    """What a payer says of an order, appointment or encounter through coverage-information (CRD).

    ``covered`` and ``approval`` are its codes for coverage and prior authorization (``pa-needed``), ``number`` is that
    of the approval it holds satisfied, ``codes`` are the billing codes and ``coverage`` the coverage that it is for.
    """

    reference: str
    coverage: str | None = None
    covered: str | None = None
    approval: str | None = None
    number: str | None = None
    codes: tuple[str, ...] = ()
    reason: str | None = None
    made: date | None = None
    expiry: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether it has not expired on the day."""
        return self.expiry is None or day <= self.expiry


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


@dataclass(frozen=True, slots=True)
class Appointment:
    """A proposed or booked work-rehab appointment."""

    reference: str
    date: date
    period: Interval | None = None
    telehealth: TelehealthSign | None = None


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """One item of a Claim: ``sequence`` is the item's number in it, ``place`` its place in the list, from 0.

    ``last`` is the last day of an item that covers several, ``encounters`` those that the item itself names.
    ``modifiers_told`` is false where the record has no place for modifiers. ``place_of_service`` is its CMS code.
    """

    sequence: int
    place: int
    code: str
    modifiers: tuple[str, ...]
    units: float
    date: date | None
    last: Day | None = None
    encounters: tuple[str, ...] = ()
    modifiers_told: bool = True
    place_of_service: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Charges on record: ``status`` draft can be changed, active has been submitted, recorded stands elsewhere."""

    reference: str
    status: str
    lines: tuple[ChargedLine, ...]
    encounters: tuple[str, ...] = ()
    authorization_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A jurisdiction like ``US-TX`` and what it was read from; ``others`` are those of other accidents on claims."""

    jurisdiction: str
    read_from: str
    reference: str | None = None
    others: tuple[str, ...] = ()


class Facility(NamedTuple):
    """A Location; ``place_of_service`` is the CMS place-of-service code that it carries."""

    reference: str
    place_of_service: str | None = None


@dataclass(frozen=True)
class Chart:
    """All that was read of one patient, sorted by date where dates exist.

    ``diagnosis_codes`` gives the ICD-10-CM code of Conditions by reference, ``condition_names`` words for them,
    ``facility`` where the encounter asked about took place. ``unavailable`` maps facts nobody could deliver to the
    reason, ``in_part`` those of which only a part was delivered to what is lacking; ``gaps`` lists single resources
    that were left out. ``kept`` tells of unavailable facts that the EHR never sends where the clinic keeps them.
    ``zone`` is the time zone of the place of treatment, None where the record does not settle it.
    """

    patient: str
    coverages: tuple[Coverage, ...] = ()
    injury: tuple[InjuryEvidence, ...] = ()
    injury_dates: tuple[InjuryDate, ...] = ()
    plans: tuple[PlanOfCare, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    sessions: tuple[Session, ...] = ()
    services: tuple[Service, ...] = ()
    goals: tuple[Goal, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    assertions: tuple[CoverageAssertion, ...] = ()
    orders: tuple[Order, ...] = ()
    claims: tuple[Claim, ...] = ()
    place: Place | None = None
    deficits: tuple[str, ...] = ()
    diagnosis_codes: Mapping[str, str] = field(default_factory=dict)
    claim_numbers: tuple[ClaimNumber, ...] = ()
    facility: Facility | None = None
    unavailable: Mapping[Fact, str] = field(default_factory=dict)
    kept: Mapping[Fact, str] = field(default_factory=dict)
    in_part: Mapping[Fact, InPart] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    zone: tzinfo | None = None
    condition_names: Mapping[str, str] = field(default_factory=dict)

    @lazy
    def history(self) -> "History":
        """What it tells whichever visit is asked about."""
        from cds_service.domain.history import History

        return History(self.sessions, self.services, self.encounters, self.plans, self.assessments, self.claims)

    def unread(self, fact: Fact, about: str = "") -> Gap | None:
        """The gap of a fact that nobody could deliver, its reason after ``about``; None for one that was."""
        why = self.unavailable.get(fact)
        return Gap(fact, f"{about}{why}", kept=self.kept.get(fact)) if why is not None else None

    def not_whole(self, fact: Fact) -> tuple[Gap, ...]:
        """Why a fact is not known, or only in part because a search was cut short; empty where it is known."""
        why = self.unavailable.get(fact)
        return (Gap(fact, why),) if why is not None else self.cut_short(fact)

    def cut_short(self, *facts: Fact) -> tuple[Gap, ...]:
        """Why searches for these facts were cut short, so that any number of results may be missing."""
        parts = [self.in_part[fact] for fact in facts if fact in self.in_part]
        return tuple(gap for part in parts if part.cut for gap in part.gaps)
