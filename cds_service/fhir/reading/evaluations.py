"""Evaluations, re-evaluations and performance tests, by code and in words, and the tools that measure."""

import re
from collections.abc import Iterable
from typing import Final

from cds_service.domain.care import AssessmentKind
from cds_service.domain.codes import (
    EVALUATIONS,
    PERFORMANCE_TEST,
    REEVALUATIONS,
)
from cds_service.fhir.reading.code_systems import LOINC
from cds_service.fhir.reading.concept_words import may_match, negated, texts
from cds_service.fhir.reading.elements import CodeableConcept
from cds_service.fhir.reading.procedure_codes import coded

_CAPACITY: Final = re.compile(r"\bfunctional capacity\b|\bFCE\b", re.IGNORECASE)
_EVALUATION: Final = re.compile(
    r"\b(?:initial|physical therapy|occupational therapy|pt|ot|baseline)[\s\-]+(?:\w+[\s\-]+){0,2}?eval(?:uation)?\b"
    r"|\beval(?:uation)?\b.{0,30}\b(?:physical|occupational) therapy\b",
    re.IGNORECASE,
)
_REEVALUATION: Final = re.compile(r"\bre[\s\-]*(?:eval(?:uation)?|assessment)\b", re.IGNORECASE)
_PERFORMANCE: Final = re.compile(
    r"\bfunctional capacity (?:evaluation|assessment|test\w*)|\bFCE\b"
    r"|\b(?:physical|functional|work) performance (?:test|evaluation|assessment)",
    re.IGNORECASE,
)
_PLAN_EVALUATED: Final = re.compile(
    r"\bplan of care[\s\-]+(?:re[\s\-]*)?evaluation\b|\b(?:re[\s\-]*)?evaluation of (?:the )?plan of care\b"
    r"|\b(?:PT|OT|physical therapy|occupational therapy|therapy|functional)[\s\-]+re[\s\-]*"
    r"(?:eval(?:uation)?|assessment)\b",
    re.IGNORECASE,
)
# Reassessments of nurses and other services, which are none of a work-rehab program.
_OTHER_REASSESSMENT: Final = re.compile(
    r"\b(?:pain|falls?|risk|nutrition\w*|skin|wound|pressure|mental|psych\w*|depress\w*|cognitive|medication|sedation|"
    r"restraint|nursing|social|needs)\b",
    re.IGNORECASE,
)

_EVALUATION_OF: Final = {
    **dict.fromkeys(EVALUATIONS, AssessmentKind.EVALUATION),
    **dict.fromkeys(REEVALUATIONS, AssessmentKind.REEVALUATION),
    PERFORMANCE_TEST: AssessmentKind.PERFORMANCE_TEST,
}
_ASSESSING: Final = ("eval", "assessment", "performance", "fce", "capacity")


def coded_evaluation(codes: Iterable[str]) -> AssessmentKind | None:
    """The evaluation or test that the first such code stands for."""
    return next((_EVALUATION_OF[code] for code in codes if code in _EVALUATION_OF), None)


def names_capacity_test(words: Iterable[str]) -> bool:
    """Whether words of a performance test call it a functional capacity evaluation (R-1)."""
    return any(_CAPACITY.search(text) for text in words)


def done_as(concept: CodeableConcept) -> AssessmentKind | None:
    """The test or re-evaluation that an Observation records by its code: done, whatever its result (R-2)."""
    for code in coded(concept).codes:
        if code in _EVALUATION_OF:
            return _EVALUATION_OF[code]
    words = " \n ".join(texts(concept))
    if not may_match(words, _ASSESSING):
        return None
    if _PERFORMANCE.search(words):
        return AssessmentKind.PERFORMANCE_TEST
    return AssessmentKind.REEVALUATION if _PLAN_EVALUATED.search(words) else None


def tool_of(concept: CodeableConcept | None) -> tuple[str | None, str | None]:
    """(identity, label) of an instrument: the first code, preferably LOINC, else the text in lower case."""
    if concept is None:
        return None, None
    words = texts(concept)
    label = words[0] if words else None
    code: str | None = None
    for coding in concept.coding:
        if coding.code and coding.system == LOINC:
            return coding.code, label or coding.code
        code = code or coding.code
    if code:
        return code, label or code
    return (label.strip().lower() if label else None), label


def written_evaluation(words: str) -> AssessmentKind | None:
    """The evaluation or test that words name; one that they rule out is none."""
    if not may_match(words, _ASSESSING):
        return None
    tested = _PERFORMANCE.search(words)
    if tested is not None:
        return None if negated(words, tested.start()) else AssessmentKind.PERFORMANCE_TEST
    if _PLAN_EVALUATED.search(words) or (_REEVALUATION.search(words) and not _OTHER_REASSESSMENT.search(words)):
        return AssessmentKind.REEVALUATION
    return AssessmentKind.EVALUATION if _EVALUATION.search(words) else None
