"""Each element of a request, filled from the record: the text, the evidence behind it, and what is missing."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple

from cards.numbers import number
from cards.packet_words import sentence
from cds_service.domain.care import Goal
from cds_service.domain.chart import Fact
from cds_service.domain.codes import LABELS
from cds_service.domain.findings import Days, Evidence
from cds_service.domain.packet import PacketElement, Party
from cds_service.packets.material import PacketMaterial
from cds_service.packets.measured_courses import is_of_another
from cds_service.packets.necessity import facts_of_course, with_unit
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
_BETWEEN: Final = "; "


class Filled(NamedTuple):
    """What the record has for an element; ``missing`` says in a sentence what it lacks."""

    text: str = ""
    missing: str = ""
    evidence: tuple[Evidence, ...] = ()


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
            filled = Filled(missing=_missing(material, "not-sent"))
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


def _missing(material: PacketMaterial, key: str, **facts: object) -> str:
    return sentence("missing", key, material.today, facts)


def _text(material: PacketMaterial, key: str, **facts: object) -> str:
    return sentence("text", key, material.today, facts)


def _patient(material: PacketMaterial) -> Filled:
    party = material.parties.patient
    if not party.name:
        return Filled(missing=_missing(material, "patient"))
    return Filled(party.name, "", (Evidence("name", party.name, party.reference),))


def _birth_date(material: PacketMaterial) -> Filled:
    born = material.parties.birth_date
    if born is None:
        return Filled(missing=_missing(material, "birth-date"))
    reference = material.parties.patient.reference
    return Filled(_date(born), "", (Evidence("date of birth", born, reference),))


def _date(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _party(material: PacketMaterial, party: Party | None, key: str, number_key: str | None = None) -> Filled:
    """A person or organization; with ``number_key`` it needs an NPI or a license number."""
    if party is None or not party.name:
        return Filled(missing=_missing(material, key))
    lacks = number_key is not None and not (party.npi or party.license)
    return Filled(
        _text(material, "party", **party._asdict()),
        _missing(material, number_key, name=party.name) if lacks and number_key is not None else "",
        (Evidence("name", party.name, party.reference or None),),
    )


def _employer(material: PacketMaterial) -> Filled:
    return _party(material, material.parties.employer, "employer")


def _payer(material: PacketMaterial) -> Filled:
    return _party(material, material.parties.payer, "payer")


def _requester(material: PacketMaterial) -> Filled:
    return _party(material, material.parties.requester, "requester", "requester-number")


def _requester_contact(material: PacketMaterial) -> Filled:
    party = material.parties.requester
    if party is None or not (party.phone or party.fax):
        return Filled(missing=_missing(material, "requester-contact"))
    lacking = "fax" if not party.fax else "phone" if not party.phone else ""
    text = _text(material, "contact", phone=party.phone, fax=party.fax)
    missing = _missing(material, "requester-fax", lacking=lacking) if lacking else ""
    return Filled(text, missing, (Evidence("phone and fax", text, party.reference or None),))


def _rendering_provider(material: PacketMaterial) -> Filled:
    treating = [party for party in material.parties.treating if party.name]
    if not treating:
        return Filled(missing=_missing(material, "rendering-provider"))
    each = [_party(material, party, "rendering-provider", "rendering-number") for party in treating]
    return Filled(
        _BETWEEN.join(filled.text for filled in each),
        next((filled.missing for filled in each if filled.missing), ""),
        tuple(evidence for filled in each for evidence in filled.evidence),
    )


def _facility(material: PacketMaterial) -> Filled:
    filled = _party(material, material.parties.facility, "facility")
    party = material.parties.facility
    if filled.missing or party is None or party.npi:
        return filled
    return filled._replace(missing=_missing(material, "facility-number", name=party.name))


def _claim_number(material: PacketMaterial) -> Filled:
    found = material.head.claim_number
    if found is None:
        return Filled(missing=_missing(material, "claim-number"))
    return Filled(found.value, "", (Evidence("claim number", found.value, found.reference),))


def _injury_date(material: PacketMaterial) -> Filled:
    accident = material.head.accident
    if accident is None:
        return Filled(missing=_missing(material, "injury-date"))
    return Filled(_date(accident.date), "", (Evidence("date of injury", accident.date, accident.reference),))


def _diagnosis(material: PacketMaterial) -> Filled:
    names = material.case.chart.condition_names
    found = [
        (diagnosis, " ".join(filter(None, (diagnosis.code, names.get(diagnosis.reference)))))
        for diagnosis in material.head.diagnoses
    ]
    coded = any(diagnosis.code for diagnosis, _ in found)
    return Filled(
        _BETWEEN.join(text for _, text in found if text),
        "" if coded else _missing(material, "diagnosis"),
        tuple(Evidence("diagnosis", text, diagnosis.reference) for diagnosis, text in found if text),
    )


def _services(material: PacketMaterial) -> Filled:
    texts = [
        _text(material, "service", **service._asdict(), label=LABELS.get(service.code, service.code))
        for service in material.services
    ]
    if not texts:
        return Filled(missing=_missing(material, "services"))
    evidence = tuple(
        Evidence("ordered" if service.order else "treated so far", text, service.order)
        for service, text in zip(material.services, texts, strict=True)
    )
    return Filled(_BETWEEN.join(texts), "", evidence)


def _amount(material: PacketMaterial) -> Filled:
    amount = material.amount
    if amount.visits is None and amount.minutes is None and amount.days_per_week is None:
        return Filled(missing=_missing(material, "amount"))
    text = _text(material, "amount", **amount._asdict())
    missing = _missing(material, "amount-period") if amount.end is None else ""
    return Filled(text, missing, (Evidence("order", text, _order(material)),))


def _proposed_date(material: PacketMaterial) -> Filled:
    start = material.amount.start
    if start is None:
        return Filled(missing=_missing(material, "proposed-date"))
    return Filled(_date(start), "", (Evidence("start of the order", start, _order(material)),))


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
    texts = [_text(material, "assessment", what=assessment.kind.value, day=assessment.date) for assessment in evaluated]
    evidence = [Evidence(assessment.kind.value, assessment.date, assessment.reference) for assessment in evaluated]
    newest = max((assessment.date for assessment in evaluated), default=None)
    for course in material.measured.courses:
        facts = facts_of_course(course)
        texts.append(_text(material, "result", tool=course.tool, value=facts["now"], day=course.now.date))
        evidence.append(Evidence(f"{course.tool}: {facts['now']}", course.now.date, course.now.reference))
        newest = max(filter(None, (newest, course.now.date)))
    if newest is None:
        return Filled(missing=_missing(material, "evaluation"))
    age = material.request.value.attachment_days if material.request is not None else None
    old = age is not None and (material.today - newest).days > age
    missing = _missing(material, "evaluation-old", day=newest, days=age) if old else ""
    return Filled(_BETWEEN.join(texts), missing, tuple(evidence))


def _progress(material: PacketMaterial) -> Filled:
    compared = [course for course in material.measured.courses if len(course.steps) > 1]
    if not compared:
        key = "progress" if material.case.episode is not None else "progress-first"
        return Filled(missing=_missing(material, key))
    texts = [_text(material, "course", **facts_of_course(course)) for course in compared]
    evidence = tuple(
        Evidence(f"{course.tool}: {number(step.value)}", step.date, step.reference)
        for course in compared
        for step in course.steps
    )
    return Filled(_BETWEEN.join(texts), "", evidence)


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
        return Filled(missing=_missing(material, "goals"))
    units = {course.goal.reference: course.unit for course in material.measured.courses if course.goal is not None}
    texts = [
        _text(material, "goal", text=text, target=_target(goal, units.get(goal.reference)), due=goal.due)
        for goal, text in named
    ]
    measurable = any(goal.target is not None and goal.due is not None for goal in goals)
    missing = "" if measurable else _missing(material, "goals-measure", goals=[text for _, text in named if text])
    evidence = tuple(Evidence("goal", text, goal.reference) for (goal, _), text in zip(named, texts, strict=True))
    return Filled(_BETWEEN.join(texts), missing, evidence)


def _target(goal: Goal, unit: str | None) -> str:
    return with_unit(goal.target, unit) if goal.target is not None else ""


def _plan_of_care(material: PacketMaterial) -> Filled:
    case = material.case
    plans = [plan for plan in case.active_plans if plan.may_be_for(material.conditions)]
    if not plans:
        return Filled(missing=_missing(material, "plan-of-care"))
    texts = [_text(material, "plan", start=plan.start, end=plan.end) for plan in plans]
    scheduled = any(plan.scheduled for plan in plans)
    missing = "" if scheduled else _missing(material, "plan-schedule")
    evidence = tuple(Evidence("plan of care", Days(plan.start, plan.end), plan.reference) for plan in plans)
    return Filled(_BETWEEN.join(texts), missing, evidence)


def _signature(material: PacketMaterial) -> Filled:
    by = material.request.value.signed_by if material.request is not None else None
    return Filled(missing=_missing(material, "signature", by=by or ""))


def _not_read(key: str) -> Callable[[PacketMaterial], Filled]:
    """An element that only a document shows; documents are not read here."""

    def missing(material: PacketMaterial) -> Filled:
        return Filled(missing=_missing(material, key))

    return missing


_FILLERS: Final[Mapping[str, Callable[[PacketMaterial], Filled]]] = {
    "patient": _patient,
    "birth-date": _birth_date,
    "employer": _employer,
    "payer": _payer,
    "claim-number": _claim_number,
    "injury-date": _injury_date,
    "diagnosis": _diagnosis,
    "services": _services,
    "amount": _amount,
    "proposed-date": _proposed_date,
    "requester": _requester,
    "requester-contact": _requester_contact,
    "rendering-provider": _rendering_provider,
    "facility": _facility,
    "history": _not_read("history"),
    "evaluation": _evaluation,
    "test-results": _not_read("test-results"),
    "progress": _progress,
    "goals": _goals,
    "job-demands": _not_read("job-demands"),
    "plan-of-care": _plan_of_care,
    "signature": _signature,
}
