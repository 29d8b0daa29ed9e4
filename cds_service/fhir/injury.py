"""The injury: evidence that it is work-related (WR-CODE-2), and its date (R-5)."""

from collections.abc import Iterable, Iterator

from cds_service.domain.chart import Coverage, InjuryDate, InjuryEvidence
from cds_service.domain.codes import PayerClass
from cds_service.fhir import records
from cds_service.fhir.calendar import Calendar
from cds_service.fhir.concepts import WORK_ACTIVITY, documented_injury, is_work_activity, texts

# v3-ActIncidentCode of accidents at school and in sport; all other accidents on a claim may be from work.
_NOT_AT_WORK = frozenset({"SCHOOL", "SPT"})


def of_coverages(coverages: Iterable[Coverage]) -> Iterator[InjuryEvidence]:
    """Workers' compensation coverage."""
    for one in coverages:
        if one.payer_class is PayerClass.WORKERS_COMPENSATION:
            yield InjuryEvidence("workers' compensation coverage", one.reference, one.payer_class.value)


def of_condition(condition: records.Condition, reference: str) -> list[InjuryEvidence]:
    """External-cause code Y99.0, or words in the condition's name or notes."""
    words = [*texts(condition.code), *[note.text for note in condition.note]]
    stated = _documented(words, reference)
    if is_work_activity(condition.code):
        return [InjuryEvidence("external cause code", reference, WORK_ACTIVITY), *stated]
    return stated


def of_encounter(encounter: records.Encounter, reference: str) -> Iterator[InjuryEvidence]:
    """External-cause code Y99.0 as reason of an encounter; its diagnoses are conditions."""
    if any(is_work_activity(reason) for reason in encounter.reason_code):
        yield InjuryEvidence("external cause code", reference, WORK_ACTIVITY)


def of_plan(plan: records.CarePlan, reference: str) -> list[InjuryEvidence]:
    """Words in a plan of care."""
    return _documented([plan.title, plan.description, *[note.text for note in plan.note]], reference)


def of_claim(claim: records.Claim, reference: str) -> Iterator[InjuryEvidence]:
    """An accident on a claim, unless it is one at school or in sport."""
    accident = _accident(claim)
    if accident is not None:
        yield InjuryEvidence("accident on a claim", reference, accident.date or "no date")


def date_of_condition(condition: records.Condition, reference: str, calendar: Calendar) -> Iterator[InjuryDate]:
    """The day on which the condition began, when it is written to the day."""
    day = calendar.day(condition.onset_date_time)
    if day is not None:
        yield InjuryDate(reference, day)


def date_of_claim(claim: records.Claim, reference: str, state: str | None, calendar: Calendar) -> Iterator[InjuryDate]:
    """The day of the accident on a claim, and the state in which it happened."""
    accident = _accident(claim)
    day = calendar.day(accident.date) if accident is not None else None
    if day is not None:
        yield InjuryDate(reference, day, state)


def _accident(claim: records.Claim) -> records.Accident | None:
    accident = claim.accident
    if accident is None or accident.type is None:
        return accident
    return None if {coding.code for coding in accident.type.coding} & _NOT_AT_WORK else accident


def _documented(words: Iterable[str | None], reference: str) -> list[InjuryEvidence]:
    """The first statement of a work-related injury."""
    for text in words:
        stated = documented_injury(text)
        if stated is not None:
            return [InjuryEvidence("documented statement", reference, stated)]
    return []
