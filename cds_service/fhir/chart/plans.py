"""Plans of care: which are for therapy, what they order, and those whose content cannot be read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cds_service.domain.care import PlanOfCare
from cds_service.domain.codes import LABELS, Discipline, Program
from cds_service.fhir.chart.encounters import names_of
from cds_service.fhir.chart.people import People
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import Activity, CarePlanResource
from cds_service.fhir.reading.code_spelling import plain_code
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.disciplines import disciplines_in_concepts
from cds_service.fhir.reading.elements import CodeableConcept, Period
from cds_service.fhir.reading.meanings import NO_MEANING, ServiceMeaning, meaning, program_of
from cds_service.fhir.reading.mentions import names_work_rehab
from cds_service.fhir.reading.references import References
from cds_service.fhir.reading.request_resources import ServiceRequestResource

_THERAPY: Final = re.compile(
    r"therap|rehab|plan of care|return[\s\-]to[\s\-]work|exercise|functional|strengthening", re.IGNORECASE
)
_OUR_THERAPY: Final = re.compile(
    r"(?i:physical\s+therap|occupational\s+therap|physiotherap|\bwork[\s\-]*(?:hardening|conditioning|rehab))|\b[PO]T\b"
)
_OTHER_SPECIALTY: Final = re.compile(
    r"diabet|insulin|chemo|radiother|radiation|immunother|pharmacother|psychother|cardiac|heart|pulmonary|respirat"
    r"|asthma|copd|hypertens|oncolog|cancer|pregnan|prenatal|dialysis|kidney|renal|immuni[sz]|vaccin|nutrition|dietary"
    r"|weight loss|smoking|tobacco|depress|anxiety|mental health|behavioral health|hospice|palliative|wound|substance"
    r"|alcohol|opioid|anticoag|medication|infusion|oxygen|hormone|dental",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<[^>]*>")
_TELLS_NOTHING: Final = re.compile(
    r"[\W_]*(?:(?:the|a|assess(?:ment)?|and|care|treatment|therapeutic|plan|planning|of|active|longitudinal)\b[\W_]*)*",
    re.IGNORECASE,
)
_NO_ACTIVITY: Final = frozenset({"cancelled", "entered-in-error"})


def plan_of_care(
    plan: CarePlanResource,
    reference: str,
    people: People,
    references: References,
    meanings: Mapping[CodeableConcept | None, ServiceMeaning],
    ordered: Mapping[str, ServiceRequestResource],
    calendar: Calendar,
) -> PlanOfCare | None:
    """A therapy plan; None for a plan that names no therapy at all (a diabetes plan, say).

    A plan that tells nothing but in its narrative, or through orders that were not given, is a plan without content.
    ``meanings`` gives the meaning of a concept, ``ordered`` the orders that activities may refer to.
    """
    activities = list(_activities(plan, references, meanings, ordered))
    work_rehab = (
        any(activity.work_rehab for activity in activities)
        or any(meanings[category].work_rehab for category in plan.category)
        or names_work_rehab(plan.title)
        or names_work_rehab(plan.description)
    )
    disciplines = disciplines_in_concepts(plan.category)
    coded = tuple(dict.fromkeys(code for activity in activities for code in activity.codes))
    content = work_rehab or bool(disciplines) or not LABELS.keys().isdisjoint(coded) or _speaks_of_therapy(plan)
    if not content and not _is_silent(plan, references, ordered):
        return None
    discipline, origin = _discipline(plan, disciplines, people)
    period = plan.period or Period()
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
        scheduled=any(_is_scheduled(plan, activity, references, ordered) for activity in plan.activity),
        codes=coded,
        continues=names_of((*plan.replaces, *plan.based_on, *plan.part_of), references, "CarePlan/"),
        content=content,
    )


def _activities(
    plan: CarePlanResource,
    references: References,
    meanings: Mapping[CodeableConcept | None, ServiceMeaning],
    ordered: Mapping[str, ServiceRequestResource],
) -> Iterator[ServiceMeaning]:
    """What the activities mean; an order is looked for in the plan itself, then among all orders given."""
    for activity in plan.activity:
        if activity.detail is not None and plain_code(activity.detail.status or "") not in _NO_ACTIVITY:
            code, description = activity.detail.code, activity.detail.description
            yield meaning(code, (description,)) if description else meanings[code]
        elif activity.reference is not None and activity.reference.reference:
            order = _order(plan, activity, references, ordered)
            yield meanings[order.code] if order is not None else NO_MEANING


def _order(
    plan: CarePlanResource, activity: Activity, references: References, ordered: Mapping[str, ServiceRequestResource]
) -> ServiceRequestResource | None:
    """The order that an activity refers to, where it was given."""
    written = activity.reference.reference if activity.reference is not None else None
    if not written:
        return None
    if written.startswith("#"):
        contained = references.contained(plan, written)
        return contained if isinstance(contained, ServiceRequestResource) else None
    return ordered.get(references[written])


def _plan_program(plan: CarePlanResource, activities: Iterable[ServiceMeaning]) -> Program:
    concepts = [activity.detail.code for activity in plan.activity if activity.detail is not None]
    words = [activity.detail.description for activity in plan.activity if activity.detail is not None]
    notes = [note.text for note in plan.note]
    program = program_of((*plan.category, *concepts), (plan.title, plan.description, *words, *notes))
    if program is not Program.UNKNOWN:
        return program
    return next(
        (activity.program for activity in activities if activity.program is not Program.UNKNOWN), Program.UNKNOWN
    )


def _discipline(
    plan: CarePlanResource, disciplines: set[Discipline], people: People
) -> tuple[Discipline | None, str | None]:
    """Category, else author, else contributors; several that disagree decide nothing."""
    if disciplines:
        return (next(iter(disciplines)), "category") if len(disciplines) == 1 else (None, None)
    for origin, sources in (("author", (plan.author,)), ("contributor", plan.contributor)):
        roles = (people.role(plan, source) for source in sources)
        named = {role.discipline for role in roles if role is not None}
        if named:
            return (next(iter(named)), origin) if len(named) == 1 else (None, None)
    return None, None


def _speaks_of_therapy(plan: CarePlanResource) -> bool:
    return _names_therapy(" \n ".join(_words(plan)))


def _names_therapy(words: str) -> bool:
    """Whether words are about physical or occupational therapy, and not about a treatment of another specialty."""
    if _THERAPY.search(words) is None and _OUR_THERAPY.search(words) is None:
        return False
    return _OTHER_SPECIALTY.search(words) is None or _OUR_THERAPY.search(words) is not None


def _words(plan: CarePlanResource) -> Iterator[str]:
    yield from (text for text in (plan.title, plan.description) if text)
    for category in plan.category:
        yield from texts(category)


def _is_silent(plan: CarePlanResource, references: References, ordered: Mapping[str, ServiceRequestResource]) -> bool:
    """Whether nothing but its narrative, or an order that was not given, can tell what a plan is for."""
    if any(_TELLS_NOTHING.fullmatch(text) is None for text in _words(plan)):
        return False
    if any(_is_told(plan, activity, references, ordered) for activity in plan.activity):
        return False
    narrative = _TAG.sub(" ", plan.text.div) if plan.text is not None and plan.text.div else ""
    return _OTHER_SPECIALTY.search(narrative) is None or _names_therapy(narrative)


def _is_told(
    plan: CarePlanResource,
    activity: Activity,
    references: References,
    ordered: Mapping[str, ServiceRequestResource],
) -> bool:
    """Whether an activity says what is to be done, be it by an order that was given or one of another kind."""
    detail, reference = activity.detail, activity.reference
    if detail is not None:
        return bool(detail.description or texts(detail.code) or (detail.code is not None and detail.code.coding))
    if reference is None or not reference.reference:
        return False
    if reference.reference.startswith("#"):
        return references.contained(plan, reference.reference) is not None
    name = references[reference.reference]
    return name in ordered or not name.startswith(("ServiceRequest", "urn:", "http"))


def _is_scheduled(
    plan: CarePlanResource, activity: Activity, references: References, ordered: Mapping[str, ServiceRequestResource]
) -> bool:
    """Whether an activity, or the order that it refers to, says when or how often."""
    detail, order = activity.detail, _order(plan, activity, references, ordered)
    if order is not None and (order.occurrence_timing is not None or order.occurrence_period is not None):
        return True
    return detail is not None and (
        detail.scheduled_timing is not None
        or detail.scheduled_period is not None
        or bool(detail.scheduled_string)
        or detail.daily_amount is not None
        or detail.quantity is not None
    )
