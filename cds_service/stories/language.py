"""The language that patient stories are written in: plain data with the words of the field.

A story says only what matters to it. What it leaves out is ordinary: one workers' compensation coverage, one
work-related injury, one active PT plan of care, sessions by the therapist of that plan. ``none`` says that there is
nothing of the kind. Days are ``today``, days from today (``-7``) or dates; times are ``08:00``. Unknown keys are
refused. Every class is one mapping of the language, its fields the keys: the whole story here, the worker with people,
site, coverage and injury in ``worker_words``, plan, visits and measurements in ``care_words``, approvals, orders,
appointments and claims in ``paperwork``, and what the answer has to be in ``expectations``.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator

from cds_service.stories.care_words import (
    AssessmentWords,
    CourseWords,
    EvaluationWords,
    PlanWords,
    QuestionnaireWords,
    VisitWords,
)
from cds_service.stories.expectations import Expect
from cds_service.stories.mappings import AnyDay, FhirAsWritten, ProgramName, Slug, StoryMapping
from cds_service.stories.paperwork import AppointmentWords, AuthorizationWords, ChargesWords, OrderWords
from cds_service.stories.words import Texts, as_list
from cds_service.stories.worker_words import (
    ClientWords,
    CoverageWords,
    InjuryWords,
    PatientWords,
    PersonWords,
    SiteWords,
)

PrefetchFault: TypeAlias = Literal["absent", "null", "failed", "empty", "oldest", "newest"]


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
    resources: FhirAsWritten = []
    drafts: FhirAsWritten = []
    client: ClientWords = ClientWords()
    policies: Mapping[str, Any] = {}
    expect: Expect = Expect()
