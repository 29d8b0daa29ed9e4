"""FHIR R4 resources of what was measured: observations and questionnaires that were filled in."""

from collections.abc import Mapping
from typing import Final

from cds_service.fhir.reading.code_systems import LOINC
from cds_service.stories.care_words import (
    AssessmentWords,
    EvaluationWords,
    QuestionnaireWords,
)
from cds_service.stories.resources.persons import therapist
from cds_service.stories.resources.pieces import (
    EXAMPLE,
    TERMINOLOGY,
    FhirJson,
    StorySetting,
    coding,
    concept,
    elements,
    quantity_element,
    slug,
)
from cds_service.stories.resources.visit_entries import evaluation

TOOLS: Final[Mapping[str, tuple[FhirJson, str, str | None]]] = {
    "oswestry": (coding(LOINC, "97909-6"), "Oswestry disability score", "%"),
    "quickdash": ({}, "QuickDASH", None),
    "lefs": ({}, "Lower extremity functional scale", None),
    "grip": ({}, "Grip strength", "lb"),
    "lift": ({}, "Floor-to-waist lift", "lb"),
}
"""Measuring tools by short name: code where one is certain, name, usual unit."""
_CATEGORIES: Final = frozenset({"survey", "exam", "activity", "vital-signs", "therapy", "procedure", "social-history"})


def tool_named(name: str) -> tuple[FhirJson, str, str | None]:
    """Code, name and usual unit of a measuring tool; a name that is not a short one stands for itself."""
    return TOOLS.get(name, ({}, name, None))


def assessment(setting: StorySetting, words: AssessmentWords) -> FhirJson:
    """A measurement as Observation; one that is not objective as a re-evaluation without any value."""
    if not words.objective:
        return evaluation(setting, EvaluationWords(id=words.id, day=words.day, code=_reevaluation(setting)))
    code, name, usual_unit = tool_named(words.tool)
    unit = words.unit or usual_unit
    code = coding(LOINC, words.code) if words.code else code
    ratio = None
    if words.most is not None and words.value is not None:
        ratio = {"numerator": {"value": words.value}, "denominator": {"value": words.most}}
    system = f"{TERMINOLOGY}/observation-category"
    if words.category not in _CATEGORIES:
        system = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
    return elements(
        resourceType="Observation",
        id=setting.id(words.id, "measured", words.tool, setting.calendar.date_of(words.day)),
        status=words.status,
        category=[concept(coding(system, words.category))],
        code=concept(*([code] if code else []), text=name),
        subject=setting.subject,
        effectiveDateTime=setting.day(words.day),
        valueQuantity=None if words.value is None or ratio else quantity_element(words.value, unit),
        valueRatio=ratio,
        valueString=words.words,
        valueCodeableConcept={"text": words.choice, "coding": [{"code": slug(words.choice)}]} if words.choice else None,
        dataAbsentReason=_absent(words.absent) if words.absent else None,
        component=[
            elements(
                code={"text": part},
                valueQuantity=None if value is None else quantity_element(value, unit),
                dataAbsentReason=_absent("not-performed") if value is None else None,
            )
            for part, value in words.parts.items()
        ],
    )


def _absent(reason: str) -> FhirJson:
    return concept(coding(f"{TERMINOLOGY}/data-absent-reason", reason))


def _reevaluation(setting: StorySetting) -> str:
    return "97168" if therapist(setting) == "OT" else "97164"


def questionnaire_response(setting: StorySetting, words: QuestionnaireWords) -> FhirJson:
    """A questionnaire that was filled in."""
    items = [
        {
            "linkId": str(number),
            "text": text,
            "answer": [{"valueString": answer} if isinstance(answer, str) else {"valueDecimal": answer}],
        }
        for number, (text, answer) in enumerate(words.answers.items(), start=1)
    ]
    return elements(
        resourceType="QuestionnaireResponse",
        id=setting.id(words.id, "questionnaire", setting.calendar.date_of(words.day)),
        questionnaire=f"{EXAMPLE}/Questionnaire/{slug(words.title)}",
        status=words.status,
        subject=setting.subject,
        authored=setting.day(words.day),
        item=items,
    )
