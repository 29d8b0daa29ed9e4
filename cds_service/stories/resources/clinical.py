"""FHIR R4 resources of the clinical record: patient, injury, plan of care, visits, measurements."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from cds_service.domain.codes import LABELS
from cds_service.stories.language import (
    AssessmentWords,
    EncounterWords,
    EvaluationWords,
    GoalWords,
    InjuryWords,
    PlanWords,
    QuestionnaireWords,
    ServiceWords,
    SessionWords,
    TreatmentWords,
    VisitWords,
)
from cds_service.stories.resources.persons import contained_roles, role_reference, therapist
from cds_service.stories.resources.pieces import (
    DISCIPLINES,
    EXAMPLE,
    ICD_10_CM_SYSTEM,
    LOINC,
    SNOMED,
    TERMINOLOGY,
    FhirJson,
    StorySetting,
    billing_codings,
    coding,
    concept,
    elements,
    instants,
    performed,
    program_words,
    quantity_element,
    service_concept,
    slug,
    span,
)

TOOLS: Final[Mapping[str, tuple[FhirJson, str, str | None]]] = {
    "oswestry": (coding(LOINC, "97909-6"), "Oswestry disability score", "%"),
    "quickdash": ({}, "QuickDASH", None),
    "lefs": ({}, "Lower extremity functional scale", None),
    "grip": ({}, "Grip strength", "lb"),
    "lift": ({}, "Floor-to-waist lift", "lb"),
}
"""Measuring tools by short name: code where one is certain, name, usual unit."""

_CLASSES: Final = {"AMB": "ambulatory", "VR": "virtual"}
_SHARED: Final = frozenset({"by", "program", "code", "text", "status", "note", "injury", "date_only", "supervised_by"})
DEFAULT_PLAN_WEEKS: Final = 12
_CATEGORIES: Final = frozenset({"survey", "exam", "activity", "vital-signs", "therapy", "procedure", "social-history"})


def patient(setting: StorySetting) -> FhirJson:
    """The Patient."""
    words = setting.words.patient
    names = words.name.split()
    return elements(
        resourceType="Patient",
        id=setting.patient,
        identifier=[{"system": f"{EXAMPLE}/patients", "value": setting.patient}],
        name=[elements(use="official", text=words.name, family=names[-1], given=names[:-1])],
        gender=words.gender,
        birthDate=words.birth.isoformat(),
        address=[elements(use="home", state=words.state, country="US")] if words.state else None,
    )


TIME_ZONE_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/timezone"


def site(setting: StorySetting) -> FhirJson:
    """The Organization where visits take place."""
    words = setting.words.site
    return elements(
        resourceType="Organization",
        id=f"{setting.patient}-site",
        extension=[{"url": TIME_ZONE_EXTENSION, "valueCode": words.zone}] if words.zone else None,
        active=True,
        name=words.name,
        address=[elements(city="Exampleville", state=words.state, country="US")] if words.state else None,
    )


def site_reference(setting: StorySetting) -> FhirJson:
    """Reference to the site."""
    return {"reference": f"Organization/{setting.patient}-site", "display": setting.words.site.name}


def injuries(setting: StorySetting, injury: InjuryWords) -> list[FhirJson]:
    """The injury, and beside it the external cause Y99.0 (work for pay) when it happened at work."""
    found = [
        _condition(
            setting,
            setting.id(None, injury.id),
            concept(*([coding(ICD_10_CM_SYSTEM, injury.code)] if injury.code else []), text=injury.text),
            onset=None if injury.onset is None else setting.day(injury.onset),
            note=injury.note,
        )
    ]
    if injury.work_related:
        cause = concept(coding(ICD_10_CM_SYSTEM, "Y99.0"), text="Injured while working for pay")
        found.append(_condition(setting, setting.id(None, injury.id, "work"), cause))
    return found


def deficits(setting: StorySetting) -> list[FhirJson]:
    """Limits that keep the patient from the job (D-2)."""
    return [
        _condition(
            setting,
            setting.id(None, "deficit", number),
            concept(coding(ICD_10_CM_SYSTEM, "Z73.6"), text=text),
            category="problem-list-item",
        )
        for number, text in enumerate(setting.words.deficits, start=1)
    ]


def _condition(
    setting: StorySetting,
    identifier: str,
    code: FhirJson,
    *,
    onset: str | None = None,
    note: str | None = None,
    category: str = "encounter-diagnosis",
) -> FhirJson:
    return elements(
        resourceType="Condition",
        id=identifier,
        clinicalStatus=concept(coding(f"{TERMINOLOGY}/condition-clinical", "active")),
        verificationStatus=concept(coding(f"{TERMINOLOGY}/condition-ver-status", "confirmed")),
        category=[concept(coding(f"{TERMINOLOGY}/condition-category", category))],
        code=code,
        subject=setting.subject,
        onsetDateTime=onset,
        note=[{"text": note}] if note else None,
    )


def plans(setting: StorySetting, plan: PlanWords, starts: date) -> list[FhirJson]:
    """A CarePlan and its Goals; ``starts`` is used where the story names no start."""
    start = starts if plan.start is None else setting.calendar.date_of(plan.start)
    end = _plan_end(setting, plan, start)
    program = plan.program or setting.words.program
    goals = [_goal(setting, goal, start, end) for goal in plan.goals]
    author = plan.author or (plan.discipline if plan.discipline in DISCIPLINES else None)
    discipline = DISCIPLINES.get(plan.discipline)
    activity = elements(
        kind="ServiceRequest",
        code=service_concept(plan.code, program),
        status="in-progress" if plan.status == "active" else "not-started",
        scheduledTiming=_timing(plan),
    )
    title = plan.title or " ".join(filter(None, (discipline and discipline[1], "plan of care")))
    care_plan = elements(
        resourceType="CarePlan",
        id=setting.id(plan.id, "plan"),
        contained=contained_roles(setting, [author] if author else []),
        status=plan.status,
        intent="plan",
        category=[concept(coding(SNOMED, *discipline), text=discipline[1])] if discipline else None,
        title=f"{title}: {program_words(program).lower()}" if plan.title is None else title,
        subject=setting.subject,
        period=elements(start=start.isoformat(), end=end and end.isoformat()),
        created=start.isoformat(),
        author=role_reference(setting, author) if author else None,
        addresses=setting.conditions(plan.injury),
        goal=[{"reference": f"Goal/{goal['id']}"} for goal in goals],
        activity=[{"detail": activity}] if plan.activity else None,
    )
    return [care_plan, *goals]


def _plan_end(setting: StorySetting, plan: PlanWords, start: date) -> date | None:
    if plan.end is not None:
        return setting.calendar.date_of(plan.end)
    if "end" in plan.model_fields_set:
        return None
    return start + timedelta(weeks=plan.weeks or DEFAULT_PLAN_WEEKS, days=-1)


def _timing(plan: PlanWords) -> FhirJson | None:
    if plan.sessions_a_week is None and plan.minutes is None:
        return None
    repeat = elements(
        duration=plan.minutes,
        durationUnit="min" if plan.minutes else None,
        frequency=plan.sessions_a_week,
        period=1 if plan.sessions_a_week else None,
        periodUnit="wk" if plan.sessions_a_week else None,
    )
    return {"repeat": repeat}


def _goal(setting: StorySetting, goal: GoalWords, start: date, end: date | None) -> FhirJson:
    due = end.isoformat() if goal.due is None and end else None if goal.due is None else setting.day(goal.due)
    code, name, unit = _tool(goal.measure) if goal.measure else ({}, None, None)
    target = elements(
        measure=concept(*([code] if code else []), text=name),
        detailQuantity=None if goal.target is None else quantity_element(goal.target, goal.unit or unit),
        dueDate=due,
    )
    return elements(
        resourceType="Goal",
        id=setting.id(None, "goal"),
        lifecycleStatus="active",
        description={"text": goal.text},
        subject=setting.subject,
        startDate=start.isoformat(),
        target=[target] if target else None,
    )


def _tool(name: str) -> tuple[FhirJson, str, str | None]:
    return TOOLS.get(name, ({}, name, None))


def visit(setting: StorySetting, visit: VisitWords) -> list[FhirJson]:
    """The Encounter of a visit and all that was done in it, the Encounter first."""
    day = setting.calendar.date_of(visit.day)
    sessions = _sessions(visit)
    identifier = setting.id(visit.encounter.id if visit.encounter else None, "visit", day)
    done = [_session(setting, visit, session, identifier) for session in sessions]
    done += [_service(setting, visit, service, identifier) for service in visit.services]
    if visit.evaluation:
        done.append(evaluation(setting, EvaluationWords(day=day, code=visit.evaluation, by=visit.by), identifier))
    if visit.encounter is None:
        return done
    spans = [span(setting, day, timed) for timed in (*sessions, *visit.services)]
    return [_encounter(setting, visit, visit.encounter, identifier, _around(spans)), *done]


def _sessions(visit: VisitWords) -> Sequence[TreatmentWords]:
    """Sessions as listed; else the one that the visit's own keys describe, if they tell of any."""
    if visit.sessions is None:
        return [visit] if visit.start is not None or visit.date_only else []
    shared = {name: getattr(visit, name) for name in visit.model_fields_set & _SHARED}
    return [
        session.model_copy(update={name: shared[name] for name in shared.keys() - session.model_fields_set})
        for session in visit.sessions
    ]


def _around(spans: Sequence[tuple[datetime | None, datetime | None]]) -> tuple[datetime | None, datetime | None]:
    starts = [start for start, _ in spans if start]
    stops = [stop for _, stop in spans if stop]
    return min(starts, default=None), max(stops, default=None)


def _encounter(
    setting: StorySetting,
    visit: VisitWords,
    words: EncounterWords,
    identifier: str,
    around: tuple[datetime | None, datetime | None],
) -> FhirJson:
    start, stop = span(setting, visit.day, words) if words.start else around
    program = visit.program or setting.words.program
    period = instants(start, None if "stop" in words.model_fields_set and words.stop is None else stop)
    conditions = setting.conditions(visit.injury)
    return elements(
        resourceType="Encounter",
        id=identifier,
        contained=contained_roles(setting, words.by),
        status=words.status,
        class_=coding(f"{TERMINOLOGY}/v3-ActCode", words.kind, _CLASSES.get(words.kind)),
        type=[{"text": words.text or f"{program_words(program)} visit"}],
        subject=setting.subject,
        period={"start": setting.day(visit.day)} if words.date_only or not period else period,
        participant=[{"individual": role_reference(setting, key)} for key in words.by],
        reasonReference=conditions,
        diagnosis=[{"condition": condition} for condition in conditions],
        serviceProvider=site_reference(setting),
    )


def _session(setting: StorySetting, visit: VisitWords, session: TreatmentWords, encounter: str) -> FhirJson:
    program = session.program or setting.words.program
    return _procedure(
        setting,
        identifier=setting.id(
            session.id if isinstance(session, SessionWords) else None, "session", setting.calendar.date_of(visit.day)
        ),
        status=session.status,
        code=service_concept(session.code, program, session.text),
        when=performed(setting, visit.day, session),
        by=session.by,
        supervised_by=session.supervised_by,
        encounter=encounter if visit.encounter else None,
        injury=session.injury or visit.injury,
        note=session.note,
    )


def _service(setting: StorySetting, visit: VisitWords, service: ServiceWords, encounter: str) -> FhirJson:
    return _procedure(
        setting,
        identifier=setting.id(service.id, "service", service.code, setting.calendar.date_of(visit.day)),
        status=service.status,
        code=concept(*billing_codings([service.code]), text=service.text or LABELS.get(service.code)),
        when=performed(setting, visit.day, service),
        by=service.by if service.by is not None else visit.by,
        encounter=encounter if visit.encounter else None,
        injury=visit.injury,
        note=service.note,
    )


def evaluation(setting: StorySetting, words: EvaluationWords, encounter: str | None = None) -> FhirJson:
    """An evaluation or re-evaluation as the Procedure it is billed as."""
    return _procedure(
        setting,
        identifier=setting.id(words.id, "evaluation", setting.calendar.date_of(words.day)),
        status=words.status,
        code=concept(*billing_codings([words.code]), text=LABELS.get(words.code)),
        when=performed(setting, words.day, words),
        by=words.by,
        encounter=encounter,
        injury=None,
        note=words.note,
    )


def _procedure(  # noqa: PLR0913 - one argument for each element that differs
    setting: StorySetting,
    *,
    identifier: str,
    status: str,
    code: FhirJson,
    when: FhirJson,
    by: Sequence[str] | None,
    encounter: str | None,
    injury: str | None,
    note: str | None,
    supervised_by: Sequence[str] = (),
) -> FhirJson:
    performers = [therapist(setting)] if by is None else list(by)
    supervision = {"text": "Supervising therapist"}
    return elements(
        resourceType="Procedure",
        id=identifier,
        contained=contained_roles(setting, [*performers, *supervised_by]),
        status=status,
        code=code,
        subject=setting.subject,
        encounter={"reference": f"Encounter/{encounter}"} if encounter else None,
        **when,
        performer=[
            *({"actor": role_reference(setting, key)} for key in performers),
            *({"function": supervision, "actor": role_reference(setting, key)} for key in supervised_by),
        ],
        reasonReference=setting.conditions(injury),
        note=[{"text": note}] if note else None,
    )


def assessment(setting: StorySetting, words: AssessmentWords) -> FhirJson:
    """A measurement as Observation; one that is not objective as a re-evaluation without any value."""
    if not words.objective:
        return evaluation(setting, EvaluationWords(id=words.id, day=words.day, code=_reevaluation(setting)))
    code, name, usual_unit = _tool(words.tool)
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
