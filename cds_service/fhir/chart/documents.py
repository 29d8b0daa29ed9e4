"""What documents are called: a hint at an approval, a plan of care or a reassessment whose content nobody here reads.

An EHR without prior-authorization answers or care plans keeps both as scanned letters, and reassessments as notes. What
a document is called and its date are told; it never counts as an approval, a plan or a measurement.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from cds_service.domain.care import Assessment, AssessmentKind, PlanOfCare
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.coverage_and_claims import Authorization
from cds_service.fhir.chart.patients_own import Own
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import DocumentReferenceResource
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.evaluations import written_evaluation

PLAN_OF_CARE_NOTE: Final = "18776-5"
"""LOINC: plan of care note."""
SAME_ANSWER: Final = timedelta(days=14)
"""A letter this close to the start or the day of an answer on record is taken for the letter of that answer."""

_NOT_IN_FORCE: Final = frozenset({"superseded", "entered-in-error"})
_OF_A_PAYER: Final = re.compile(r"authori[sz]|approv|certif|utili[sz]ation review|\bUR\b", re.IGNORECASE)
_DECIDES: Final = re.compile(
    r"letter|notice|notification|approv|determination|decision|grant|response|carrier|insurer|payer|adjuster"
    r"|\bpre\W?(?:auth|cert)|prior auth|concurrent review|treatment auth|auth\w* (?:for|of) (?:treatment|therapy)",
    re.IGNORECASE,
)
_SOMETHING_ELSE: Final = re.compile(
    r"releas|disclos|hipaa|privacy|consent|records?\b|request|form\b|application|questionnaire|appeal|attorney|birth"
    r"|certificate|credential|medication|formulary|photo|school|driver|\brecertif|plan of care|treatment plan",
    re.IGNORECASE,
)
_REFUSED: Final = re.compile(
    r"\bdeni|\bdeny|adverse|disapprov|unable to|declin|reject|withdraw|non\W?certif"
    r"|not (?:been )?(?:approv|authori|certif|medically)",
    re.IGNORECASE,
)
_PLAN: Final = re.compile(
    r"plan of (?:care|treatment)|treatment plan|care plan|\bPOC\b|\brecertification", re.IGNORECASE
)
_NO_THERAPY_PLAN: Final = re.compile(r"nurs|diabet|dental|behavio|hospice|home health|discharge", re.IGNORECASE)


_MEASURES: Final = frozenset({AssessmentKind.REEVALUATION, AssessmentKind.PERFORMANCE_TEST})


class _Called(NamedTuple):
    fact: Fact
    name: str


def hints_of(
    own: Own,
    calendar: Calendar,
    answers: Iterable[Authorization],
    plans: Iterable[PlanOfCare],
    assessments: Collection[Assessment],
) -> Iterator[Unknown]:
    """The newest document of each kind that may hold what the record does not have.

    A letter of an answer on record tells nothing new; nor does a plan beside an active one, or a reassessment that is
    no newer than what is measured.
    """
    newest: dict[_Called, tuple[date, str]] = {}
    for reference, record in own.of(DocumentReferenceResource):
        called = _called(record)
        day = _day(record, calendar)
        if called is not None and (called not in newest or day > newest[called][0]):
            newest[called] = day, reference
    answer_days = [
        day for answer in answers if not answer.weak for day in (answer.start, answer.created) if day is not None
    ]
    planned = any(plan.status == "active" for plan in plans)
    for (fact, name), (day, reference) in newest.items():
        match fact:
            case Fact.PLAN_OF_CARE:
                known = planned
            case Fact.ASSESSMENTS:
                known = any(assessment.date >= day for assessment in assessments)
            case _:
                known = any(abs(day - answered) <= SAME_ANSWER for answered in answer_days)
        if not known:
            dated = f"a document dated {day:%b} {day.day}, {day.year}" if day != date.min else "an undated document"
            yield Unknown(fact, f"{dated} is called {name}; its content is not read", reference)


def is_called_reassessment(record: DocumentReferenceResource) -> bool:
    """Whether a document is named as long as nothing newer is measured."""
    called = _called(record)
    return called is not None and called.fact is Fact.ASSESSMENTS


def _called(record: DocumentReferenceResource) -> _Called | None:
    if record.status in _NOT_IN_FORCE:
        return None
    concepts = [concept for concept in (record.type, *record.category) if concept is not None]
    titles = [content.attachment.title for content in record.content if content.attachment is not None]
    words = [
        word
        for word in (*(text for concept in concepts for text in texts(concept)), record.description, *titles)
        if word
    ]
    if any(coding.code == PLAN_OF_CARE_NOTE for concept in concepts for coding in concept.coding) or any(
        map(_is_plan, words)
    ):
        return _Called(Fact.PLAN_OF_CARE, "a plan of care")
    if any(written_evaluation(word) in _MEASURES for word in words):
        return _Called(Fact.ASSESSMENTS, "a reassessment")
    whole = " \n ".join(words)
    if not any(_is_answer(word) for word in words) and not (_OF_A_PAYER.search(whole) and _REFUSED.search(whole)):
        return None
    if _SOMETHING_ELSE.search(whole):
        return None
    return _Called(Fact.AUTHORIZATIONS, "a denial" if _REFUSED.search(whole) else "an approval")


def _is_plan(words: str) -> bool:
    return _PLAN.search(words) is not None and _NO_THERAPY_PLAN.search(words) is None


def _is_answer(words: str) -> bool:
    return _OF_A_PAYER.search(words) is not None and _DECIDES.search(words) is not None


def _day(record: DocumentReferenceResource, calendar: Calendar) -> date:
    """The day of the document; of one without a readable date the earliest there is."""
    created = (content.attachment.creation for content in record.content if content.attachment is not None)
    return next((day for text in (record.date, *created) if (day := calendar.day(text)) is not None), date.min)
