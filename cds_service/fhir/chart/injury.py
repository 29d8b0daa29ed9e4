"""The injury: evidence that it is work-related (WR-CODE-2), and its date (R-5)."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from cds_service.domain.codes import PayerClass
from cds_service.domain.coverage_and_claims import Coverage, InjuryDate, InjuryEvidence
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import CarePlanResource, ConditionResource, EncounterResource
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.conditions import WORK_ACTIVITY, documented_injury, is_work_activity
from cds_service.fhir.reading.financial_resources import Accident, ClaimResource

# v3-ActIncidentCode of accidents of another kind; a traffic accident may be from work, but does not show it.
_OF_ANOTHER_KIND: Final = frozenset({"MVA", "SCHOOL", "SPT"})
_ELSEWHERE: Final = frozenset({"SCHOOL", "SPT"})
_OTHER_KINDS: Final = re.compile(r"\b(?:auto\w*|car|motor|vehicle|traffic|mva|school|sports?|home)\b", re.IGNORECASE)
_AT_WORK: Final = re.compile(r"\b(?:work\w*|job|employment|industrial|occupational)\b", re.IGNORECASE)


def of_coverages(coverages: Iterable[Coverage]) -> Iterator[InjuryEvidence]:
    """Workers' compensation coverage."""
    for coverage in coverages:
        if coverage.payer_class is PayerClass.WORKERS_COMPENSATION:
            yield InjuryEvidence("workers' compensation coverage", coverage.reference, coverage.payer_class.words)


def of_condition(condition: ConditionResource, reference: str) -> list[InjuryEvidence]:
    """External-cause code Y99.0, or words in the condition's name or notes."""
    words = [*texts(condition.code), *[note.text for note in condition.note]]
    stated = _documented(words, reference)
    if is_work_activity(condition.code):
        return [InjuryEvidence("external cause code", reference, WORK_ACTIVITY), *stated]
    return stated


def of_encounter(encounter: EncounterResource, reference: str) -> Iterator[InjuryEvidence]:
    """External-cause code Y99.0 as reason of an encounter; its diagnoses are conditions."""
    if any(is_work_activity(reason) for reason in encounter.reason_code):
        yield InjuryEvidence("external cause code", reference, WORK_ACTIVITY)


def of_plan(plan: CarePlanResource, reference: str) -> list[InjuryEvidence]:
    """Words in a plan of care."""
    return _documented([plan.title, plan.description, *[note.text for note in plan.note]], reference)


def of_claim(claim: ClaimResource, reference: str) -> Iterator[InjuryEvidence]:
    """An accident on a claim, unless its type is another than one at work: in traffic, at school, in sport."""
    accident = claim.accident
    if accident is not None and _may_be_at_work(accident):
        yield InjuryEvidence("accident on a claim", reference, _day(accident.date) or "no date")


def _day(text: str | None) -> date | str | None:
    """The day as a date; as it is written where it is none."""
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        return text


def date_of_condition(condition: ConditionResource, reference: str, calendar: Calendar) -> Iterator[InjuryDate]:
    """The day on which the condition began, when it is written to the day."""
    day = calendar.day(condition.onset_date_time)
    if day is not None:
        yield InjuryDate(reference, day)


def date_of_claim(claim: ClaimResource, reference: str, state: str | None, calendar: Calendar) -> Iterator[InjuryDate]:
    """The day of the accident on a claim, and the state in which it happened."""
    accident = accident_of(claim)
    day = calendar.day(accident.date) if accident is not None else None
    if day is not None:
        yield InjuryDate(reference, day, state)


def accident_of(claim: ClaimResource) -> Accident | None:
    """The accident of a claim that may be the injury treated: not one at school or in sport."""
    accident = claim.accident
    return None if accident is None or _codes(accident) & _ELSEWHERE else accident


def _may_be_at_work(accident: Accident) -> bool:
    """Whether an accident says something, and no other kind than one at work."""
    words = " ".join(texts(accident.type))
    elements = (accident.date, accident.type, accident.location_address, accident.location_reference)
    another_kind = _codes(accident) & _OF_ANOTHER_KIND or _OTHER_KINDS.search(words)
    return any(elements) and (not another_kind or _AT_WORK.search(words) is not None)


def _codes(accident: Accident) -> set[str | None]:
    return {coding.code for coding in accident.type.coding} if accident.type is not None else set()


def _documented(words: Iterable[str | None], reference: str) -> list[InjuryEvidence]:
    """The first statement of a work-related injury."""
    for text in words:
        stated = documented_injury(text)
        if stated is not None:
            return [InjuryEvidence("documented statement", reference, stated)]
    return []
