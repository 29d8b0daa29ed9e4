"""The paragraph on medical necessity: measured values in plain sentences, and nothing that is not on record."""

from collections.abc import Iterator
from typing import Final

from cards.numbers import number
from cards.packet_words import sentence
from cds_service.domain.chart import Fact
from cds_service.domain.findings import Days, Evidence
from cds_service.domain.packet import MeasuredCourse, Necessity
from cds_service.domain.program_timeline import Trend
from cds_service.packets.material import PacketMaterial

_MINUTES_OF_AN_HOUR: Final = 60


def necessity_of(material: PacketMaterial, asked: str, goals: tuple[str, ...]) -> Necessity:
    """The paragraph for the clinician to edit; ``asked`` is the amount in words, ``goals`` those without a measure."""
    courses = material.measured.courses
    sentences = [*_program(material), *_visits(material)]
    for course in courses:
        sentences += _course(material, course)
    if goals:
        sentences.append(_say(material, "goals", goals=goals))
    if asked:
        sentences.append(_say(material, "asked", asked=asked))
    missing = ""
    if not courses:
        missing = _say(material, "not_sent" if Fact.ASSESSMENTS in material.unsent else "nothing_measured")
    elif material.case.episode is not None and not any(course.trend is Trend.BETTER for course in courses):
        missing = _say(material, "no_progress")
    return Necessity(
        sentences=tuple(sentences),
        courses=courses,
        evidence=tuple(_evidence(material)),
        missing=missing,
        edit_first=_say(material, "edit_first"),
    )


def facts_of_course(course: MeasuredCourse) -> dict[str, object]:
    """The facts that sentences about one tool use, values with their unit."""
    return {
        "tool": course.tool,
        "start": with_unit(course.start.value, course.start.unit),
        "start_day": course.start.date,
        "now": with_unit(course.now.value, course.now.unit),
        "now_day": course.now.date,
        "trend": course.trend.value,
    }


def with_unit(value: float, unit: str | None) -> str:
    """A result as it is written: ``28 lb``, ``3/5``, ``28``."""
    if unit is None:
        return number(value)
    return f"{number(value)}{unit}" if unit.startswith(("/", "%")) else f"{number(value)} {unit}"


def _say(material: PacketMaterial, key: str, **facts: object) -> str:
    return sentence("necessity", key, material.today, facts)


def _program(material: PacketMaterial) -> Iterator[str]:
    name = material.parties.patient.name or "The patient"
    accident = material.head.accident
    key = "program" if material.case.episode is not None else "proposed"
    yield _say(
        material,
        key,
        patient=name if key == "program" else material.parties.patient.name or "the patient",
        program=material.case.program.value,
        injury=material.injury,
        injured=accident.date if accident is not None else None,
    )


def _visits(material: PacketMaterial) -> Iterator[str]:
    episode = material.case.episode
    if episode is None:
        return
    minutes = [material.case.visits[day].minutes for day in episode.dates if day in material.case.visits]
    hours = sum(minutes) / _MINUTES_OF_AN_HOUR if all(minutes) else 0
    yield _say(material, "visits", visits=len(episode.dates), first=episode.first, last=episode.last, hours=hours)


def _course(material: PacketMaterial, course: MeasuredCourse) -> Iterator[str]:
    yield _say(material, course.trend.value, **facts_of_course(course))
    goal = course.goal
    if goal is None:
        return
    target = with_unit(goal.target, course.unit)
    key = "goal_reached" if _is_reached(course) else "goal"
    yield _say(material, key, target=target, due=goal.due)


def _is_reached(course: MeasuredCourse) -> bool:
    if course.goal is None or course.lower_is_better is None:
        return False
    now, target = course.now.value, course.goal.target
    return now <= target if course.lower_is_better else now >= target


def _evidence(material: PacketMaterial) -> Iterator[Evidence]:
    accident, episode = material.head.accident, material.case.episode
    if accident is not None:
        yield Evidence("date of injury", accident.date, accident.reference)
    if episode is not None:
        yield Evidence("visits", Days(episode.first, episode.last))
    for course in material.measured.courses:
        for step in (course.start, course.now) if len(course.steps) > 1 else (course.now,):
            yield Evidence(f"{course.tool}: {with_unit(step.value, step.unit)}", step.date, step.reference)
        if course.goal is not None:
            target = with_unit(course.goal.target, course.unit)
            yield Evidence(f"goal for {course.tool}", target, course.goal.reference)
