"""A packet for a page: each part with its evidence, or what is missing of it and what to do; all of it plain text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cards.markdown import one_line
from cards.numbers import capital, code_line, day, number, readable
from cards.packets.request_words import form_words, name_of_element, title_of_packet
from cards.policy_values import how_sure
from cds_service.domain.findings import Evidence
from cds_service.domain.packet import AppealLine, MeasuredCourse, Packet, PacketElement
from cds_service.domain.packet_edits import NECESSITY, request_text
from cds_service.domain.values import PolicyValue

NOT_VERIFIED: Final = "Nobody has verified that this payer requires it: ask the payer."
LONGEST_LINE: Final = 85
"""Letters of a line on a printed page."""


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """One fact that a text rests on, and the resource that it was read from."""

    fact: str
    words: str
    reference: str


@dataclass(frozen=True, slots=True)
class SourceShown:
    """Where a value comes from: the policy with its name, the citation, its address, and how sure it is."""

    policy: str
    citation: str
    href: str
    sure: str


@dataclass(frozen=True, slots=True)
class PartShown:
    """One part of a request; ``lines`` is how many its text takes on paper."""

    id: str
    label: str
    text: str
    missing: str
    evidence: tuple[EvidenceShown, ...]
    source: SourceShown
    note: str
    edit_first: str
    attached: bool
    lines: int


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line of a denied visit: why it is owed, by which rules and values, and what the record shows."""

    line: str
    why: str
    rules: tuple[tuple[str, str], ...]
    sources: tuple[SourceShown, ...]
    facts: tuple[EvidenceShown, ...]


@dataclass(frozen=True, slots=True)
class PacketView:
    """What a page shows of a packet."""

    title: str
    day: str
    use: str
    policy: str
    policy_title: str
    form: tuple[str, ...]
    form_source: SourceShown | None
    notices: tuple[str, ...]
    parts: tuple[PartShown, ...]
    measured: tuple[str, ...]
    lines: tuple[LineShown, ...]
    missing: tuple[tuple[str, str], ...]


def packet_view(packet: Packet) -> PacketView:
    """The packet as a page shows it."""
    return PacketView(
        title=title_of_packet(packet),
        day=day(packet.day),
        use=packet.use.value,
        policy=packet.policy,
        policy_title=packet.policy_title,
        form=tuple(form_words(packet.request)),
        form_source=_source(packet.request) if packet.request is not None else None,
        notices=tuple(map(one_line, packet.notices)),
        parts=tuple(_part(packet, element) for element in packet.elements),
        measured=tuple(_course(course, packet.day) for course in packet.necessity.courses),
        lines=tuple(_line(line, packet.day) for line in packet.lines),
        missing=tuple((element.id, name_of_element(element.label)) for element in packet.missing),
    )


def _part(packet: Packet, element: PacketElement) -> PartShown:
    text = request_text(packet, element)
    is_necessity = element.id == NECESSITY
    necessity = packet.necessity
    evidence = (*element.evidence, *(necessity.evidence if is_necessity else ()))
    return PartShown(
        id=element.id,
        label=name_of_element(element.label),
        text=text,
        missing=one_line(element.missing or (necessity.missing if is_necessity and not text else "")),
        evidence=tuple(dict.fromkeys(_evidence(evidence, packet.day))),
        source=_source(element.value),
        note=NOT_VERIFIED if element.asked else "",
        edit_first=one_line(necessity.edit_first) if is_necessity and text else "",
        attached=element.attached,
        lines=lines_on_paper(text),
    )


def lines_on_paper(text: str) -> int:
    """How many lines a text takes on a printed page, at least one."""
    return sum(1 + len(line) // LONGEST_LINE for line in text.split("\n"))


def _evidence(found: Iterable[Evidence], today: date) -> Iterator[EvidenceShown]:
    for fact in found:
        words = one_line(readable(fact.value, today))
        yield EvidenceShown(one_line(capital(fact.fact)), words, one_line(fact.reference or ""))


def _source(value: PolicyValue[Any]) -> SourceShown:
    source = value.source
    return SourceShown(
        policy=value.policy,
        citation=" ".join(filter(None, (source.title, source.paragraph))),
        href=source.href or "",
        sure=how_sure(value.confidence, value.policy),
    )


def _course(course: MeasuredCourse, today: date) -> str:
    """``Oswestry: 42 % on Mar 2, 28 % on Mar 23, goal 20 % by May 1``."""
    unit = f" {course.unit}" if course.unit else ""
    steps = course.steps or (course.start, course.now)
    results = dict.fromkeys(f"{number(step.value)}{unit} on {day(step.date, today)}" for step in steps)
    goal = course.goal
    due = f" by {day(goal.due, today)}" if goal is not None and goal.due is not None else ""
    aim = (f"goal {number(goal.target)}{unit}{due}",) if goal is not None else ()
    return one_line(f"{capital(course.tool)}: {', '.join((*results, *aim))}")


def _line(line: AppealLine, today: date) -> LineShown:
    return LineShown(
        line=code_line(line.line),
        why=one_line(line.why),
        rules=line.rules,
        sources=tuple(map(_source, line.values)),
        facts=tuple(dict.fromkeys(_evidence(line.facts, today))),
    )
