"""Encounters, sessions and goals out of the patient's own resources."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from cds_service.domain.care import Encounter, Goal, Performer, Session
from cds_service.domain.codes import Program
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import ConditionResource, EncounterResource, GoalResource, GoalTarget
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.conditions import diagnosis_codes
from cds_service.fhir.reading.elements import CodeableConcept, Quantity, Ref
from cds_service.fhir.reading.evaluations import tool_of
from cds_service.fhir.reading.meanings import ServiceMeaning, names_no_treatment, program_of
from cds_service.fhir.reading.references import References

DONE_OR_UNDER_WAY: Final = frozenset({"completed", "in-progress"})
TOOK_PLACE: Final = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished", "unknown"})
_NO_GOALS: Final = frozenset({"rejected", "cancelled", "entered-in-error"})


def names_of(refs: Iterable[Ref | None], references: References, kind: str | None = None) -> tuple[str, ...]:
    """Normal forms of references, each once; with ``kind``, such as ``Goal/``, only those that start so."""
    names = [references[ref.reference] for ref in refs if ref is not None and ref.reference]
    if kind is not None:
        names = [name for name in names if name.startswith(kind)]
    return tuple(dict.fromkeys(names)) if len(names) > 1 else tuple(names)


class About(NamedTuple):
    """What an encounter is about, whenever it took place."""

    work_rehab: bool
    program: Program
    conditions: tuple[str, ...]
    diagnoses: tuple[str, ...]


def about(
    record: EncounterResource,
    references: References,
    meanings: Mapping[CodeableConcept | None, ServiceMeaning],
    known: Mapping[str, ConditionResource],
) -> About:
    """What types, service type, reasons and diagnoses of an encounter say.

    ``meanings`` gives the meaning of a concept, ``known`` the patient's conditions by reference.
    """
    described = [meanings[concept] for concept in concepts_of(record)]
    work_rehab = any(meaning.work_rehab for meaning in described) and _may_treat(record, meanings)
    program = Program.UNKNOWN
    if work_rehab:
        program = described[0].program if len(described) == 1 else program_of(concepts_of(record))
    concerns = [diagnosis.condition for diagnosis in record.diagnosis]
    conditions = names_of((*concerns, *record.reason_reference), references, "Condition/")
    concepts = [*(known[name].code for name in conditions if name in known), *record.reason_code]
    diagnoses = dict.fromkeys(code for concept in concepts for code in diagnosis_codes(concept))
    return About(work_rehab, program, conditions, tuple(diagnoses))


def _may_treat(record: EncounterResource, meanings: Mapping[CodeableConcept | None, ServiceMeaning]) -> bool:
    """Whether an encounter of these types can be a visit of a program, and no evaluation, summary or call only."""
    types = [meanings[concept] for concept in record.type]
    if any(meaning.work_rehab for meaning in types):
        return True
    return not any(meaning.evaluation for meaning in types) and not any(
        names_no_treatment(concept) for concept in record.type
    )


def concepts_of(record: EncounterResource) -> list[CodeableConcept]:
    """What the encounter says it is about: types, service type, reasons."""
    if record.service_type is None:
        return [*record.type, *record.reason_code]
    return [*record.type, *record.reason_code, record.service_type]


def session_of_encounter(encounter: Encounter, day: date, performers: tuple[Performer, ...]) -> Session:
    """The session of a work-rehab encounter whose procedures are not on record."""
    return Session(
        reference=encounter.reference,
        date=day,
        program=encounter.program,
        time_problem="no Procedure with start and stop",
        performers=performers,
        encounter=encounter.reference,
        conditions=encounter.conditions,
        performers_of_encounter=True,
    )


def goals_of(record: GoalResource, reference: str, calendar: Calendar) -> list[Goal]:
    """A goal, once for each of its targets."""
    if record.lifecycle_status in _NO_GOALS:
        return []
    described = bool(texts(record.description))
    return [
        Goal(reference, tool_of(target.measure)[0], _target(target), calendar.last_day(target.due_date), described)
        for target in record.target
    ] or [Goal(reference, described=described)]


def _target(target: GoalTarget) -> float | None:
    if target.detail_quantity is not None:
        return target.detail_quantity.value
    if target.detail_integer is not None:
        return target.detail_integer
    if target.detail_range is not None:
        bound: Quantity | None = target.detail_range.low or target.detail_range.high
        return bound.value if bound is not None else None
    return None
