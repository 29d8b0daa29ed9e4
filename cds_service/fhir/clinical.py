"""Plans, encounters, sessions and goals out of the patient's own resources."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from cds_service.domain.chart import (
    Encounter,
    Goal,
    Performer,
    PlanOfCare,
    Session,
)
from cds_service.domain.codes import Discipline, Program
from cds_service.fhir import records
from cds_service.fhir.calendar import Calendar
from cds_service.fhir.concepts import (
    Meaning,
    diagnosis_codes,
    meaning,
    program_of,
    texts,
    tool_of,
)
from cds_service.fhir.people import People
from cds_service.fhir.professions import disciplines_of
from cds_service.fhir.records import CodeableConcept, Quantity, Ref
from cds_service.fhir.references import References

RECORDED: Final = frozenset({"completed", "in-progress"})
TOOK_PLACE: Final = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished", "unknown"})
_NO_GOALS: Final = frozenset({"rejected", "cancelled", "entered-in-error"})
_THERAPY_WORDS: Final = (
    "therap", "rehab", "plan of care", "return to work", "return-to-work", "exercise", "functional", "strengthening",
)  # fmt: skip


def names_of(refs: Iterable[Ref | None], references: References, kind: str | None = None) -> tuple[str, ...]:
    """Normal forms of references, each once; with ``kind``, such as ``Goal/``, only those that start so."""
    names = [references[ref.reference] for ref in refs if ref is not None and ref.reference]
    if kind is not None:
        names = [name for name in names if name.startswith(kind)]
    return tuple(dict.fromkeys(names)) if len(names) > 1 else tuple(names)


def plan_of_care(
    plan: records.CarePlan,
    reference: str,
    people: People,
    references: References,
    meanings: Mapping[CodeableConcept | None, Meaning],
    ordered: Mapping[str, Meaning],
    calendar: Calendar,
) -> PlanOfCare | None:
    """A therapy plan; None for a plan that names no therapy at all (a diabetes plan, say).

    ``meanings`` gives the meaning of a concept, ``ordered`` what the orders mean that activities refer to.
    """
    activities = _activities(plan, references, meanings, ordered)
    words = (plan.title, plan.description)
    whole = meaning(None, words)
    work_rehab = (
        whole.work_rehab
        or any(one.work_rehab for one in activities)
        or any(meanings[category].work_rehab for category in plan.category)
    )
    disciplines = disciplines_of(plan.category)
    coded = tuple(dict.fromkeys(code for one in activities for code in one.codes))
    if not (work_rehab or disciplines or coded or _speaks_of_therapy(plan)):
        return None
    discipline, origin = _discipline(plan, disciplines, people)
    period = plan.period or records.Period()
    return PlanOfCare(
        reference=reference,
        status=plan.status or "unknown",
        start=calendar.first_day(period.start),
        end=calendar.last_day(period.end),
        work_rehab=work_rehab,
        program=_plan_program(plan, activities) if work_rehab else Program.UNKNOWN,
        discipline=discipline,
        discipline_from=origin,
        conditions=names_of(plan.addresses, references, "Condition/"),
        goals=names_of(plan.goal, references, "Goal/"),
        scheduled=any(_is_scheduled(one.detail) for one in plan.activity),
        codes=coded,
    )


class About(NamedTuple):
    """What an encounter is about, whenever it took place."""

    work_rehab: bool
    program: Program
    conditions: tuple[str, ...]
    diagnoses: tuple[str, ...]


def about(
    record: records.Encounter,
    references: References,
    meanings: Mapping[CodeableConcept | None, Meaning],
    known: Mapping[str, records.Condition],
) -> About:
    """What types, service type, reasons and diagnoses of an encounter say.

    ``meanings`` gives the meaning of a concept, ``known`` the patient's conditions by reference.
    """
    told = [meanings[concept] for concept in concepts_of(record)]
    work_rehab = any(one.work_rehab for one in told)
    program = Program.UNKNOWN
    if work_rehab:
        program = told[0].program if len(told) == 1 else program_of(concepts_of(record))
    concerns = [one.condition for one in record.diagnosis]
    conditions = names_of((*concerns, *record.reason_reference), references, "Condition/")
    concepts = [*(known[name].code for name in conditions if name in known), *record.reason_code]
    diagnoses = dict.fromkeys(code for concept in concepts for code in diagnosis_codes(concept))
    return About(work_rehab, program, conditions, tuple(diagnoses))


def concepts_of(record: records.Encounter) -> list[CodeableConcept]:
    """What the encounter says it is about: types, service type, reasons."""
    if record.service_type is None:
        return [*record.type, *record.reason_code]
    return [*record.type, *record.reason_code, record.service_type]


def session_of_encounter(one: Encounter, day: date, performers: tuple[Performer, ...]) -> Session:
    """The session of a work-rehab encounter whose procedures are not on record."""
    return Session(
        reference=one.reference,
        date=day,
        program=one.program,
        time_problem="no Procedure with start and stop",
        performers=performers,
        encounter=one.reference,
        conditions=one.conditions,
        performers_of_encounter=True,
    )


def goals_of(record: records.Goal, reference: str, calendar: Calendar) -> list[Goal]:
    """A goal, once for each of its targets."""
    if record.lifecycle_status in _NO_GOALS:
        return []
    described = bool(texts(record.description))
    return [
        Goal(reference, tool_of(target.measure)[0], _target(target), calendar.last_day(target.due_date), described)
        for target in record.target
    ] or [Goal(reference, described=described)]


def _activities(
    plan: records.CarePlan,
    references: References,
    meanings: Mapping[CodeableConcept | None, Meaning],
    ordered: Mapping[str, Meaning],
) -> list[Meaning]:
    told = []
    for activity in plan.activity:
        if activity.detail is not None and activity.detail.status not in {"cancelled", "entered-in-error"}:
            code, description = activity.detail.code, activity.detail.description
            told.append(meaning(code, (description,)) if description else meanings[code])
        elif activity.reference is not None and activity.reference.reference:
            found = ordered.get(references[activity.reference.reference])
            if found is not None:
                told.append(found)
    return told


def _plan_program(plan: records.CarePlan, activities: Iterable[Meaning]) -> Program:
    concepts = [one.detail.code for one in plan.activity if one.detail is not None]
    words = [one.detail.description for one in plan.activity if one.detail is not None]
    notes = [note.text for note in plan.note]
    program = program_of((*plan.category, *concepts), (plan.title, plan.description, *words, *notes))
    if program is not Program.UNKNOWN:
        return program
    return next((one.program for one in activities if one.program is not Program.UNKNOWN), Program.UNKNOWN)


def _discipline(
    plan: records.CarePlan, disciplines: set[Discipline], people: People
) -> tuple[Discipline | None, str | None]:
    """Category, else author, else contributors; several that disagree decide nothing."""
    if disciplines:
        return (next(iter(disciplines)), "category") if len(disciplines) == 1 else (None, None)
    for origin, sources in (("author", (plan.author,)), ("contributor", plan.contributor)):
        roles = (people.role(plan, one) for one in sources)
        found = {role.discipline for role in roles if role is not None}
        if found:
            return (next(iter(found)), origin) if len(found) == 1 else (None, None)
    return None, None


def _speaks_of_therapy(plan: records.CarePlan) -> bool:
    words = (plan.title, plan.description, *(text for category in plan.category for text in texts(category)))
    everything = " \n ".join(word for word in words if word).lower()
    return any(word in everything for word in _THERAPY_WORDS)


def _is_scheduled(detail: records.ActivityDetail | None) -> bool:
    return detail is not None and (
        detail.scheduled_timing is not None
        or detail.scheduled_period is not None
        or bool(detail.scheduled_string)
        or detail.daily_amount is not None
        or detail.quantity is not None
    )


def _target(target: records.GoalTarget) -> float | None:
    if target.detail_quantity is not None:
        return target.detail_quantity.value
    if target.detail_integer is not None:
        return target.detail_integer
    if target.detail_range is not None:
        bound: Quantity | None = target.detail_range.low or target.detail_range.high
        return bound.value if bound is not None else None
    return None
