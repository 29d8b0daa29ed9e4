"""Each element of a request, filled from the record: the text, the evidence behind it, and what is missing."""

from collections.abc import Callable, Mapping
from typing import Final

from cards.numbers import number
from cds_service.domain.care import Goal
from cds_service.domain.chart import Fact
from cds_service.domain.codes import LABELS
from cds_service.domain.findings import Days, Evidence
from cds_service.domain.packet import PacketElement
from cds_service.packets.filled import PARTED_BY, Filled, missing_words, words_for, written_date
from cds_service.packets.material import PacketMaterial
from cds_service.packets.measured_courses import is_of_another
from cds_service.packets.necessity import facts_of_course, with_unit
from cds_service.packets.people_elements import PEOPLE
from cds_service.packets.wanted_elements import WantedElement
from cds_service.rules.measurements import measurements

TOLD_BY: Final[Mapping[str, Fact]] = {
    "evaluation": Fact.ASSESSMENTS,
    "progress": Fact.ASSESSMENTS,
    "goals": Fact.GOALS,
    "amount": Fact.ORDERS,
    "proposed-date": Fact.ORDERS,
    "requester": Fact.ORDERS,
    "requester-contact": Fact.ORDERS,
    "plan-of-care": Fact.PLAN_OF_CARE,
}
"""What the record has to be sent of for an element to be missing there."""
NEVER_ANSWERED: Final = frozenset({"signature"})
"""Elements that a questionnaire does not settle."""


def element_of(wanted: WantedElement, material: PacketMaterial, necessity: Filled) -> PacketElement:
    """The element with its evidence. What a clinician answered in the questionnaire goes before what is read."""
    answer = material.answers.get(wanted.id) if wanted.id not in NEVER_ANSWERED else None
    if answer is not None:
        filled = Filled(answer.text, "", (Evidence("answered in the questionnaire", answer.text, answer.reference),))
    elif wanted.id == "medical-necessity":
        filled = necessity
    else:
        filled = _FILLERS[wanted.id](material)
        if filled.missing and not filled.text and TOLD_BY.get(wanted.id) in material.unsent:
            filled = Filled(missing=missing_words(material, "not-sent"))
    return PacketElement(
        wanted.id,
        wanted.label,
        wanted.value,
        filled.text,
        filled.missing,
        filled.evidence,
        wanted.asked,
        wanted.attached,
    )


def _claim_number(material: PacketMaterial) -> Filled:
    found = material.head.claim_number
    if found is None:
        return Filled(missing=missing_words(material, "claim-number"))
    return Filled(found.value, "", (Evidence("claim number", found.value, found.reference),))


def _injury_date(material: PacketMaterial) -> Filled:
    accident = material.head.accident
    if accident is None:
        return Filled(missing=missing_words(material, "injury-date"))
    return Filled(written_date(accident.date), "", (Evidence("date of injury", accident.date, accident.reference),))


def _diagnosis(material: PacketMaterial) -> Filled:
    names = material.case.chart.condition_names
    found = [
        (diagnosis, " ".join(filter(None, (diagnosis.code, names.get(diagnosis.reference)))))
        for diagnosis in material.head.diagnoses
    ]
    coded = any(diagnosis.code for diagnosis, _ in found)
    return Filled(
        PARTED_BY.join(text for _, text in found if text),
        "" if coded else missing_words(material, "diagnosis"),
        tuple(Evidence("diagnosis", text, diagnosis.reference) for diagnosis, text in found if text),
    )


def _services(material: PacketMaterial) -> Filled:
    texts = [
        words_for(material, "service", **service._asdict(), label=LABELS.get(service.code, service.code))
        for service in material.services
    ]
    if not texts:
        return Filled(missing=missing_words(material, "services"))
    evidence = tuple(
        Evidence("ordered" if service.order else "treated so far", text, service.order)
        for service, text in zip(material.services, texts, strict=True)
    )
    return Filled(PARTED_BY.join(texts), "", evidence)


def _amount(material: PacketMaterial) -> Filled:
    amount = material.amount
    if amount.visits is None and amount.minutes is None and amount.days_per_week is None:
        return Filled(missing=missing_words(material, "amount"))
    text = words_for(material, "amount", **amount._asdict())
    missing = missing_words(material, "amount-period") if amount.end is None else ""
    return Filled(text, missing, (Evidence("order", text, _order(material)),))


def _proposed_date(material: PacketMaterial) -> Filled:
    start = material.amount.start
    if start is None:
        return Filled(missing=missing_words(material, "proposed-date"))
    return Filled(written_date(start), "", (Evidence("start of the order", start, _order(material)),))


def _order(material: PacketMaterial) -> str | None:
    return next((service.order for service in material.services if service.order), None)


def _evaluation(material: PacketMaterial) -> Filled:
    found = measurements(material.case, material.policy)
    conditions = frozenset(material.conditions)
    evaluated = [
        assessment
        for assessment in found.evaluations
        if not is_of_another(material.json_of, assessment.reference, conditions)
    ]
    texts = [
        words_for(material, "assessment", what=assessment.kind.value, day=assessment.date) for assessment in evaluated
    ]
    evidence = [Evidence(assessment.kind.value, assessment.date, assessment.reference) for assessment in evaluated]
    newest = max((assessment.date for assessment in evaluated), default=None)
    for course in material.measured.courses:
        facts = facts_of_course(course)
        texts.append(words_for(material, "result", tool=course.tool, value=facts["now"], day=course.now.date))
        evidence.append(Evidence(f"{course.tool}: {facts['now']}", course.now.date, course.now.reference))
        newest = max(filter(None, (newest, course.now.date)))
    if newest is None:
        return Filled(missing=missing_words(material, "evaluation"))
    age = material.request.value.attachment_days if material.request is not None else None
    old = age is not None and (material.today - newest).days > age
    missing = missing_words(material, "evaluation-old", day=newest, days=age) if old else ""
    return Filled(PARTED_BY.join(texts), missing, tuple(evidence))


def _progress(material: PacketMaterial) -> Filled:
    compared = [course for course in material.measured.courses if len(course.steps) > 1]
    if not compared:
        key = "progress" if material.case.episode is not None else "progress-first"
        return Filled(missing=missing_words(material, key))
    texts = [words_for(material, "course", **facts_of_course(course)) for course in compared]
    evidence = tuple(
        Evidence(f"{course.tool}: {number(step.value)}", step.date, step.reference)
        for course in compared
        for step in course.steps
    )
    return Filled(PARTED_BY.join(texts), "", evidence)


def goals_asked(material: PacketMaterial) -> tuple[Goal, ...]:
    """The goals of the active plans; where those name none, all on record."""
    of_plans = {goal for plan in material.case.active_plans for goal in plan.goals}
    return tuple(goal for goal in material.case.chart.goals if goal.reference in of_plans) or material.case.chart.goals


def words_of_goal(material: PacketMaterial, goal: Goal) -> str:
    """What a goal says, as it was written; empty where it says nothing."""
    description = (material.json_of(goal.reference) or {}).get("description")
    text = description.get("text") if isinstance(description, dict) else None
    return text if isinstance(text, str) else ""


def _goals(material: PacketMaterial) -> Filled:
    goals = goals_asked(material)
    described = [(goal, words_of_goal(material, goal)) for goal in goals]
    named = [(goal, text) for goal, text in described if text or goal.target is not None]
    if not named:
        return Filled(missing=missing_words(material, "goals"))
    units = {course.goal.reference: course.unit for course in material.measured.courses if course.goal is not None}
    texts = [
        words_for(material, "goal", text=text, target=_target(goal, units.get(goal.reference)), due=goal.due)
        for goal, text in named
    ]
    measurable = any(goal.target is not None and goal.due is not None for goal in goals)
    missing = "" if measurable else missing_words(material, "goals-measure", goals=[text for _, text in named if text])
    evidence = tuple(Evidence("goal", text, goal.reference) for (goal, _), text in zip(named, texts, strict=True))
    return Filled(PARTED_BY.join(texts), missing, evidence)


def _target(goal: Goal, unit: str | None) -> str:
    return with_unit(goal.target, unit) if goal.target is not None else ""


def _plan_of_care(material: PacketMaterial) -> Filled:
    case = material.case
    plans = [plan for plan in case.active_plans if plan.may_be_for(material.conditions)]
    if not plans:
        return Filled(missing=missing_words(material, "plan-of-care"))
    texts = [words_for(material, "plan", start=plan.start, end=plan.end) for plan in plans]
    scheduled = any(plan.scheduled for plan in plans)
    missing = "" if scheduled else missing_words(material, "plan-schedule")
    evidence = tuple(Evidence("plan of care", Days(plan.start, plan.end), plan.reference) for plan in plans)
    return Filled(PARTED_BY.join(texts), missing, evidence)


def _signature(material: PacketMaterial) -> Filled:
    by = material.request.value.signed_by if material.request is not None else None
    return Filled(missing=missing_words(material, "signature", by=by or ""))


def _not_read(key: str) -> Callable[[PacketMaterial], Filled]:
    """An element that only a document shows; documents are not read here."""

    def missing(material: PacketMaterial) -> Filled:
        return Filled(missing=missing_words(material, key))

    return missing


_FILLERS: Final[Mapping[str, Callable[[PacketMaterial], Filled]]] = {
    **PEOPLE,
    "claim-number": _claim_number,
    "injury-date": _injury_date,
    "diagnosis": _diagnosis,
    "services": _services,
    "amount": _amount,
    "proposed-date": _proposed_date,
    "history": _not_read("history"),
    "evaluation": _evaluation,
    "test-results": _not_read("test-results"),
    "progress": _progress,
    "goals": _goals,
    "job-demands": _not_read("job-demands"),
    "plan-of-care": _plan_of_care,
    "signature": _signature,
}
