"""Plans, encounters, sessions, goals and assessments out of the patient's own resources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from cds_service.domain.chart import (
    Assessment,
    AssessmentKind,
    Encounter,
    Goal,
    Performer,
    PlanOfCare,
    Session,
)
from cds_service.domain.codes import Discipline, Program
from cds_service.fhir import dates, records
from cds_service.fhir.concepts import (
    Meaning,
    diagnosis_codes,
    disciplines_of,
    meaning,
    program_of,
    texts,
    tool_of,
)
from cds_service.fhir.people import People
from cds_service.fhir.records import CodeableConcept, Quantity, Ref
from cds_service.fhir.references import References

RECORDED: Final = frozenset({"completed", "in-progress"})
TOOK_PLACE: Final = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished", "unknown"})
MEASURED: Final = frozenset({"final", "amended", "corrected", "preliminary"})
ANSWERED: Final = frozenset({"completed", "amended"})
ASSESSING: Final = frozenset({"survey", "exam", "functional-status", "activity"})
_NO_GOALS: Final = frozenset({"rejected", "cancelled", "entered-in-error"})
_THERAPY_WORDS: Final = (
    "therap", "rehab", "plan of care", "return to work", "return-to-work", "exercise", "functional", "strengthening",
)  # fmt: skip


def names_of(refs: Iterable[Ref | None], references: References, kind: str | None = None) -> tuple[str, ...]:
    """Normal forms of references, each once; with ``kind``, such as ``Goal/``, only those that start so."""
    found: dict[str, None] = {}
    for ref in refs:
        if ref is not None and ref.reference:
            name = references.normal(ref.reference)
            if kind is None or name.startswith(kind):
                found[name] = None
    return tuple(found)


def plan_of_care(
    plan: records.CarePlan, reference: str, people: People, references: References, ordered: Mapping[str, Meaning]
) -> PlanOfCare | None:
    """A therapy plan; None for a plan that names no therapy at all (a diabetes plan, say).

    ``ordered`` gives what the orders mean that activities refer to.
    """
    activities = _activities(plan, references, ordered)
    words = (plan.title, plan.description)
    whole = meaning(None, words)
    work_rehab = (
        whole.work_rehab
        or any(one.work_rehab for one in activities)
        or any(meaning(category).work_rehab for category in plan.category)
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
        start=dates.first_day(period.start),
        end=dates.last_day(period.end),
        work_rehab=work_rehab,
        program=_plan_program(plan, activities) if work_rehab else Program.UNKNOWN,
        discipline=discipline,
        discipline_from=origin,
        conditions=names_of(plan.addresses, references, "Condition/"),
        goals=names_of(plan.goal, references, "Goal/"),
        scheduled=any(_is_scheduled(one.detail) for one in plan.activity),
        codes=coded,
    )


def encounter(
    record: records.Encounter,
    reference: str,
    references: References,
    told: Sequence[Meaning],
    diagnosed: Callable[[tuple[str, ...]], tuple[str, ...]],
    state: str | None,
) -> tuple[Encounter, dates.Span]:
    """An encounter, with its time as read.

    ``told`` is what its types, service type and reasons mean, ``diagnosed`` gives the ICD-10-CM codes of conditions,
    ``state`` the state it took place in.
    """
    span = dates.span(record.period)
    work_rehab = any(one.work_rehab for one in told)
    provider = record.service_provider
    concerns = [one.condition for one in record.diagnosis]
    conditions = names_of((*concerns, *record.reason_reference), references, "Condition/")
    diagnoses = diagnosed(conditions)
    if record.reason_code:
        reasons = (code for reason in record.reason_code for code in diagnosis_codes(reason))
        diagnoses = tuple(dict.fromkeys((*diagnoses, *reasons)))
    return (
        Encounter(
            reference=reference,
            date=span.date,
            period=span.period,
            work_rehab=work_rehab,
            program=_visit_program(record, told) if work_rehab else Program.UNKNOWN,
            conditions=conditions,
            diagnoses=diagnoses,
            provider=references.normal(provider.reference) if provider is not None and provider.reference else None,
            state=state,
            ended=record.status == "finished" or (record.period is not None and record.period.end is not None),
        ),
        span,
    )


def _visit_program(record: records.Encounter, told: Sequence[Meaning]) -> Program:
    if len(told) == 1:
        return told[0].program
    return program_of(concepts_of(record))


def concepts_of(record: records.Encounter) -> list[CodeableConcept]:
    """What the encounter says it is about: types, service type, reasons."""
    if record.service_type is None:
        return [*record.type, *record.reason_code]
    return [*record.type, *record.reason_code, record.service_type]


def performers_of(record: records.Procedure, people: People) -> tuple[Performer, ...]:
    """Who performed a procedure, each once."""
    if len(record.performer) == 1:
        only = people.performer(record, record.performer[0].actor, record.performer[0].function)
        return (only,) if only is not None else ()
    return _each_once(people.performer(record, one.actor, one.function) for one in record.performer)


def attending_of(record: records.Encounter, people: People) -> tuple[Performer, ...]:
    """Who took part in an encounter as a professional."""
    found = (people.performer(record, one.individual) for one in record.participant)
    return _each_once(one for one in found if one is not None and not one.reference.startswith("RelatedPerson/"))


def _each_once(performers: Iterable[Performer | None]) -> tuple[Performer, ...]:
    found = [one for one in performers if one is not None]
    return tuple(found) if len(found) <= 1 else tuple(dict.fromkeys(found))


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
    )


def goals_of(record: records.Goal, reference: str) -> list[Goal]:
    """A goal, once for each of its targets."""
    if record.lifecycle_status in _NO_GOALS:
        return []
    described = record.description is not None and any(True for _ in texts(record.description))
    goal = Goal(reference, described=described)
    return [
        replace(goal, measure=tool_of(target.measure)[0], target=_target(target), due=dates.last_day(target.due_date))
        for target in record.target
    ] or [goal]


def is_measurement(record: records.Observation) -> bool:
    """Whether it is an assessment with a value."""
    return record.status in MEASURED and _is_assessing(record) and _has_value(record)


def measurement(record: records.Observation, reference: str) -> Assessment | str:
    """The assessment an observation records, or what is wrong with its date."""
    moment = record.effective_date_time or record.effective_instant
    if moment is None and record.effective_period is not None:
        moment = record.effective_period.start or record.effective_period.end
    moment = moment or record.issued
    when = dates.read(moment) if moment is not None else "is missing"
    if isinstance(when, str):
        return f"date {when}"
    if not when.complete:
        return "date is not complete"
    tool, label = tool_of(record.code)
    return Assessment(reference, when.date, AssessmentKind.MEASUREMENT, tool, label, _number(record))


def questionnaire(record: records.QuestionnaireResponse, reference: str) -> Assessment | str:
    """The assessment a completed questionnaire records, or what is wrong with its date."""
    when = dates.read(record.authored) if record.authored is not None else "is missing"
    if isinstance(when, str):
        return f"date {when}"
    if not when.complete:
        return "date is not complete"
    tool = record.questionnaire.partition("|")[0] if record.questionnaire else None
    label = tool.rpartition("/")[2] if tool else None
    return Assessment(reference, when.date, AssessmentKind.QUESTIONNAIRE, tool, label or tool)


def _activities(plan: records.CarePlan, references: References, ordered: Mapping[str, Meaning]) -> list[Meaning]:
    told = []
    for activity in plan.activity:
        if activity.detail is not None and activity.detail.status not in {"cancelled", "entered-in-error"}:
            told.append(meaning(activity.detail.code, (activity.detail.description,)))
        elif activity.reference is not None and activity.reference.reference:
            found = ordered.get(references.normal(activity.reference.reference))
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


def _is_assessing(record: records.Observation) -> bool:
    for category in record.category:
        for coding in category.coding:
            if coding.code in ASSESSING:
                return True
        if category.text and category.text.strip().lower().replace(" ", "-") in ASSESSING:
            return True
    return False


def _has_value(record: records.Observation | records.Component) -> bool:
    if (
        (record.value_quantity is not None and record.value_quantity.value is not None)
        or record.value_integer is not None
        or record.value_boolean is not None
        or bool(record.value_string)
        or record.value_codeable_concept is not None
    ):
        return True
    if isinstance(record, records.Observation):
        return record.value_range is not None or any(_has_value(one) for one in record.component)
    return False


def _number(record: records.Observation) -> float | None:
    if record.value_quantity is not None:
        return record.value_quantity.value
    return record.value_integer
