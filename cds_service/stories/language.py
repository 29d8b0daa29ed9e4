"""The language that patient stories are written in: plain data with the words of the field.

A story says only what matters to it. What it leaves out is ordinary: one workers' compensation coverage, one
work-related injury, one active PT plan of care, sessions by the therapist of that plan. ``none`` says that there is
nothing of the kind. Days are ``today``, days from today (``-7``) or dates; times are ``08:00``. Unknown keys are
refused. Every class here is one mapping of the language, its fields the keys.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from cds_service.domain.codes import FIRST_BLOCK
from cds_service.stories.expectations import Expect
from cds_service.stories.story_dates import WEEKDAYS, StoryDay, parse_day, parse_time
from cds_service.stories.words import NONE_WORD, Texts, as_list


def _nothing(value: object) -> object:
    return None if value == NONE_WORD else value


def _as_json(value: object) -> object:
    """FHIR as it is: dates that YAML understood become text again.

    Raises:
        ValueError: YAML understood a time, and its offset as written is lost.
    """
    if isinstance(value, datetime):
        raise ValueError("write times in quotes, so that they stay as they are")  # noqa: TRY004 - for pydantic
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _as_json(part) for name, part in value.items()}
    return [_as_json(part) for part in value] if isinstance(value, list) else value


def _raw(value: object) -> object:
    return _as_json(as_list(value))


def _time_or_none(value: object) -> time | None:
    return None if value is None or value == NONE_WORD else parse_time(value)


def _day_or_none(value: object) -> StoryDay | None:
    return None if value is None or value == NONE_WORD else parse_day(value)


AnyDay: TypeAlias = Annotated[StoryDay, PlainValidator(parse_day)]
Clock: TypeAlias = Annotated[time, PlainValidator(parse_time)]
ClockOrNone: TypeAlias = Annotated[time | None, PlainValidator(_time_or_none)]
DayOrNone: TypeAlias = Annotated[StoryDay | None, PlainValidator(_day_or_none)]
Raw: TypeAlias = Annotated[list[dict[str, Any]], BeforeValidator(_raw)]
ProgramName: TypeAlias = Literal["conditioning", "hardening", "none"]
DisciplineName: TypeAlias = Literal["PT", "OT", "SLP", "none"]
RoleName: TypeAlias = Literal["PT", "PTA", "OT", "OTA", "SLP", "student", "athletic-trainer", "unknown"]
PrefetchFault: TypeAlias = Literal["absent", "null", "failed", "empty", "oldest", "newest"]
FhirId: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,64}$")]
Slug: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class StoryMapping(BaseModel):
    """A mapping of the language; keys it does not know are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonWords(StoryMapping):
    """A treating person; ``role`` decides the taxonomy code, ``unknown`` has none. ``title`` is the role in words."""

    role: RoleName = "unknown"
    name: str
    title: str | None = None


class PatientWords(StoryMapping):
    """The injured worker; ``state`` is the state of the home address, like TX."""

    id: FhirId | None = None
    name: str = "Testa Exampleton"
    birth: date = date(1985, 4, 12)
    gender: Literal["male", "female", "other", "unknown"] = "unknown"
    state: str | None = None


class SiteWords(StoryMapping):
    """Where visits take place; ``state`` is the state of its address, ``zone`` the time zone on its record."""

    name: str = "Exampleville Work Rehab (invented)"
    state: str | None = None
    zone: str | None = None


class CoverageWords(StoryMapping):
    """One coverage: ``payer_id`` is the payer's identifier, ``order`` its place in line, ``class: none`` untyped.

    ``type`` is the code of its type as it is sent, in the place of that of the class: ``PUBLICPOL`` of v3-ActCode, or
    ``SOPT 99``, ``X12 ZZ``; ``text`` is the type in words. ``plan`` and ``group`` are names in Coverage.class.
    """

    id: FhirId | None = None
    kind: Literal[
        "workers-compensation", "medicare", "medicaid", "commercial", "auto", "government", "self-pay", "none"
    ] = Field(default="workers-compensation", alias="class")
    type: Annotated[str, Field(pattern=r"^((SOPT|X12) )?[A-Za-z0-9]+$")] | None = None
    text: str | None = None
    plan: str | None = None
    group: str | None = None
    status: Literal["active", "cancelled", "draft"] = "active"
    payer: str = "Prairie Mutual Compensation (invented)"
    payer_id: str | None = None
    order: int | None = None
    start: AnyDay | None = None
    end: AnyDay | None = None
    member: str | None = None


class InjuryWords(StoryMapping):
    """What is treated: text, ICD-10-CM code; ``work_related`` adds the external cause Y99.0, ``note`` what is said."""

    id: str = "injury"
    text: str = "Low back strain"
    code: str | None = "S39.012D"
    work_related: bool = True
    note: str | None = None
    onset: AnyDay | None = None


class GoalWords(StoryMapping):
    """A functional goal: ``measure`` names the tool, ``target`` the value to reach by ``due``."""

    text: str
    measure: str | None = None
    target: float | None = None
    unit: str | None = None
    due: AnyDay | None = None

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class PlanWords(StoryMapping):
    """A plan of care. ``end`` or ``weeks`` from ``start``; the activity says how often and how long.

    ``activity: false`` leaves it out: some EHRs send the category of a plan and nothing of what is in it.
    ``author`` is who signs it, by default the therapist of the discipline. ``injury`` names what it addresses.
    """

    id: FhirId | None = None
    title: str | None = None
    status: Literal["draft", "active", "on-hold", "revoked", "completed", "unknown"] = "active"
    discipline: DisciplineName = "PT"
    author: Annotated[str | None, BeforeValidator(_nothing)] = None
    program: ProgramName | None = None
    code: Texts = [FIRST_BLOCK]
    start: AnyDay | None = None
    weeks: int | None = None
    end: DayOrNone = None
    goals: Annotated[list[GoalWords], BeforeValidator(as_list)] = [
        GoalWords(text="Lift 50 lb from floor to waist, 10 times", measure="lift", target=50, unit="lb")
    ]
    sessions_a_week: int | None = None
    minutes: int | None = None
    activity: bool = True
    injury: str | None = None


class TimedWords(StoryMapping):
    """Something with a time of day: ``from`` and ``to``, or ``from`` and ``minutes``.

    ``to: none`` records a start without stop, ``date_only`` the date without any time.
    """

    start: Clock | None = Field(default=None, alias="from")
    stop: ClockOrNone = Field(default=None, alias="to")
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] | None = None
    date_only: bool = False

    @model_validator(mode="after")
    def _one_end(self) -> "TimedWords":
        if self.stop is not None and self.minutes is not None:
            raise ValueError("'to' and 'minutes' both say when it ends; keep one")
        return self


class TreatmentWords(TimedWords):
    """Who treats and how it is recorded; shared by sessions, services, visits and courses.

    ``code`` is what the session is recorded with: 97545, another code, several, or none. ``supervised_by`` are people
    that it names as supervising.
    """

    by: Texts | None = None
    supervised_by: Texts = []
    program: ProgramName | None = None
    code: Texts = [FIRST_BLOCK]
    text: str | None = None
    status: str = "completed"
    note: str | None = None
    injury: str | None = None


class SessionWords(TreatmentWords):
    """One run of work rehabilitation within a visit."""

    id: FhirId | None = None


class ServiceWords(TimedWords):
    """Another service of a visit, billed with its own code."""

    id: FhirId | None = None
    code: Annotated[str, BeforeValidator(str)]
    by: Texts | None = None
    text: str | None = None
    status: str = "completed"
    note: str | None = None


class EncounterWords(TimedWords):
    """The encounter of a visit, where it is not simply the time of what was done in it; ``by`` takes part in it.

    ``class`` is its v3-ActCode: AMB, or VR for a visit by telehealth.
    """

    id: FhirId | None = None
    status: str = "finished"
    kind: str = Field(default="AMB", alias="class")
    text: str | None = None
    by: Texts = []


class VisitContent(TreatmentWords):
    """What a visit consists of: ``sessions`` in full, or the keys of one session (``from``, ``to``, ``by``) right here.

    Keys given here hold for all sessions that do not say otherwise. Without any time and without sessions there is
    an encounter only. ``evaluation: 97161`` adds an evaluation.
    """

    sessions: Annotated[list[SessionWords] | None, BeforeValidator(as_list)] = None
    services: Annotated[list[ServiceWords], BeforeValidator(as_list)] = []
    encounter: Annotated[EncounterWords | None, BeforeValidator(_nothing)] = EncounterWords()
    evaluation: Annotated[str, BeforeValidator(str)] | None = None


class VisitWords(VisitContent):
    """One visit on one day."""

    day: AnyDay


class CourseWords(VisitContent):
    """Many like visits in one line, from the day ``first`` to the day ``last``.

    On ``weekdays``, or with ``days_per_week`` on the first days of every seven from ``first``, so that the number of
    visits is the same whatever day it is today. ``grow`` is the minutes by which the last session of the day gets
    longer each week, ``except`` the days left out.
    """

    first: AnyDay
    last: AnyDay
    weekdays: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = list(WEEKDAYS[:5])
    days_per_week: Annotated[int, Field(ge=1, le=7)] | None = None
    grow: Annotated[int, Field(ge=0)] = 0
    left_out: list[AnyDay] = Field(default=[], alias="except")


class EvaluationWords(TimedWords):
    """An evaluation or re-evaluation by its code; the date alone unless a time is given."""

    id: FhirId | None = None
    day: AnyDay
    code: Annotated[str, BeforeValidator(str)] = "97161"
    by: Texts | None = None
    note: str | None = None
    status: str = "completed"


class AssessmentWords(StoryMapping):
    """A measurement with a tool; ``objective: false`` is a re-evaluation date without any value.

    The result is a ``value``, also so many ``of`` a most (4 of 5); ``words``; a ``choice`` that was coded; ``parts``,
    such as left and right, each with its value or none; or ``absent``, the reason for having none. ``code`` is a LOINC
    code.
    """

    id: FhirId | None = None
    day: AnyDay
    tool: str = "oswestry"
    code: str | None = None
    value: float | None = None
    most: float | None = Field(default=None, alias="of")
    unit: str | None = None
    words: str | None = None
    choice: str | None = None
    parts: dict[str, float | None] = {}
    absent: str | None = None
    category: str = "survey"
    objective: bool = True
    status: str = "final"


class QuestionnaireWords(StoryMapping):
    """A questionnaire that was filled in: answers by question."""

    id: FhirId | None = None
    day: AnyDay
    title: str
    answers: dict[str, float | str] = {}
    status: str = "completed"


class AuthorizationWords(StoryMapping):
    """A payer's answer to a request for prior authorization.

    ``service`` is what it is for: a code, words, or ``none`` where it does not say; by default work rehabilitation. A
    code's ``quantity`` is that of the code. ``unit: none`` gives a bare number, ``words`` are the payer's own.
    """

    id: FhirId | None = None
    number: str | None = None
    start: AnyDay | None = Field(default=None, alias="from")
    end: AnyDay | None = Field(default=None, alias="to")
    quantity: float | None = None
    unit: Annotated[Literal["hours", "visits", "days", "units"] | None, BeforeValidator(_nothing)] = "visits"
    state: Literal["approved", "pending", "denied", "withdrawn", "unclear"] = "approved"
    service: Texts = ["Work hardening or work conditioning program"]
    words: str | None = None
    created: AnyDay | None = None
    payer: str | None = None


class PayerWord(StoryMapping):
    """What a payer says of an order or appointment (CRD): ``covered``, and ``approval`` as its code ``pa-needed``.

    ``coverage`` is the id of the coverage it is for, ``codes`` are the billing codes it is limited to.
    """

    covered: str = "covered"
    approval: str | None = None
    number: str | None = None
    reason: str | None = None
    codes: Texts = []
    coverage: FhirId | None = None
    day: AnyDay = -1
    until: AnyDay | None = None


class TimesWords(StoryMapping):
    """How often an order is to be carried out: ``frequency`` times a ``period``, ``minutes`` each, for ``weeks``."""

    frequency: int | None = None
    period: Literal["d", "wk"] = "wk"
    minutes: int | None = None
    weeks: int | None = None
    count: int | None = None
    start: AnyDay | None = None
    end: AnyDay | None = None


class OrderWords(StoryMapping):
    """An order: ``quantity`` in units of the code; ``selected: false`` is a draft nobody chose yet."""

    id: FhirId | None = None
    text: str | None = None
    code: Texts = [FIRST_BLOCK]
    program: ProgramName | None = None
    quantity: float | None = None
    times: TimesWords | None = None
    modifiers: Texts = []
    selected: bool = True
    discipline: DisciplineName | None = None
    status: str | None = None
    injury: str | None = None
    payer_says: Annotated[list[PayerWord], BeforeValidator(as_list)] = []


class AppointmentWords(TimedWords):
    """A proposed visit; ``text`` says what for."""

    id: FhirId | None = None
    day: AnyDay
    text: str | None = None
    code: Texts = []
    program: ProgramName | None = None
    status: str = "proposed"
    payer_says: Annotated[list[PayerWord], BeforeValidator(as_list)] = []


_LINE = re.compile(r"^(?P<code>[A-Z0-9]{5}) x(?P<units>\d+)(?P<modifiers>(?:[ ,]+[A-Z0-9]{2})*)$")


class ChargeLineWords(StoryMapping):
    """One line of a claim, also written ``97545 x1 GP``. ``dated: false`` leaves out the date of service."""

    code: Annotated[str, BeforeValidator(str)]
    units: float = 1
    modifiers: Texts = []
    dated: bool = True

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = _LINE.match(value)
        if found is None:
            raise ValueError("a line is written like '97545 x1 GP'")
        modifiers = re.findall(r"[A-Z0-9]{2}", found["modifiers"])
        return {"code": found["code"], "units": int(found["units"]), "modifiers": modifiers}


class ChargesWords(StoryMapping):
    """A claim for the visit of ``day``. ``encounter: false`` leaves the reference to the visit out."""

    id: FhirId | None = None
    day: AnyDay | None = None
    status: Literal["draft", "active", "cancelled", "entered-in-error"] = "draft"
    lines: Annotated[list[ChargeLineWords], BeforeValidator(as_list)] = []
    encounter: bool = True
    authorization: str | None = None
    accident_state: str | None = None


class ClientWords(StoryMapping):
    """What the client's entry in the registry says, with the names and the meaning that it has there."""

    jurisdiction: str | None = None
    time_zone: str | None = None
    not_available: dict[str, str] = {}
    program_state: bool = True
    not_checked: bool = True


class StoryWords(StoryMapping):
    """A whole story.

    Clocks are those of ``zone`` or ``offset``, else of the state of site or patient; ``written_in`` is the offset in
    which all times are sent. ``hook`` are the hooks to call with it, the first by default; ``program`` and ``plan``
    hold for everything that does not say otherwise. ``visit`` is the day of the visit that encounter hooks are about
    (default: the last one); with ``series`` one encounter, open or closed, holds all visits. ``people`` adds or renames
    treating persons; with ``roles: included`` their roles are resources of their own instead of contained ones.
    ``prefetch`` says per key what went wrong on the way; ``resources`` and ``drafts`` are FHIR as it is. ``client``,
    ``policies`` and ``expect`` are for tests: a site's own values by parameter, and what the answer has to be.
    """

    name: Slug = "story"
    title: str = ""
    about: str = ""
    today: date | None = None
    hook: Annotated[list[str], BeforeValidator(as_list)] = ["encounter-discharge"]
    offset: str | None = None
    zone: str | None = None
    written_in: str | None = None
    patient: PatientWords = PatientWords()
    site: SiteWords = SiteWords()
    people: dict[str, PersonWords] = {}
    roles: Literal["contained", "included"] = "contained"
    coverage: Annotated[list[CoverageWords], BeforeValidator(as_list)] = [CoverageWords(order=1)]
    injury: Annotated[list[InjuryWords], BeforeValidator(as_list)] = [InjuryWords()]
    deficits: Texts = []
    program: ProgramName = "conditioning"
    plan: Annotated[list[PlanWords], BeforeValidator(as_list)] = [PlanWords()]
    series: Literal["open", "closed"] | None = None
    visits: Annotated[list[VisitWords], BeforeValidator(as_list)] = []
    course: Annotated[list[CourseWords], BeforeValidator(as_list)] = []
    evaluations: Annotated[list[EvaluationWords], BeforeValidator(as_list)] = []
    assessments: Annotated[list[AssessmentWords], BeforeValidator(as_list)] = []
    questionnaires: Annotated[list[QuestionnaireWords], BeforeValidator(as_list)] = []
    authorizations: Annotated[list[AuthorizationWords], BeforeValidator(as_list)] = []
    orders: Annotated[list[OrderWords], BeforeValidator(as_list)] = []
    existing_orders: Annotated[list[OrderWords], BeforeValidator(as_list)] = []
    appointments: Annotated[list[AppointmentWords], BeforeValidator(as_list)] = []
    charges: Annotated[list[ChargesWords], BeforeValidator(as_list)] = []
    visit: AnyDay | None = None
    prefetch: dict[str, PrefetchFault | None] | Literal["absent"] = {}
    resources: Raw = []
    drafts: Raw = []
    client: ClientWords = ClientWords()
    policies: Mapping[str, Any] = {}
    expect: Expect = Expect()
