"""Words of a story for the care: plan, visits, evaluations and measurements."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from cds_service.domain.codes import FIRST_BLOCK
from cds_service.stories.mappings import (
    AnyDay,
    Clock,
    ClockOrNone,
    DayOrNone,
    DisciplineName,
    FhirId,
    ProgramName,
    StoryMapping,
    none_as_null,
)
from cds_service.stories.story_dates import WEEKDAYS
from cds_service.stories.words import Texts, as_list


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
    author: Annotated[str | None, BeforeValidator(none_as_null)] = None
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
    encounter: Annotated[EncounterWords | None, BeforeValidator(none_as_null)] = EncounterWords()
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
