"""What the rules find in a story, whole and in lines of text: facts, values, evidence, proposals and what is open.

``in_full/*.txt`` hold it for stories of ``tests/cases``; ``python -m tests.rules.findings_in_full`` writes them anew
after a change that was meant, and the difference shows all that the change does to an answer.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import singledispatch
from pathlib import Path

from cds_service.domain.chart import Unknown
from cds_service.domain.findings import Evaluation, Evidence, Finding, Outcome, Proposal
from cds_service.domain.values import PolicyValue
from tests.playing import CASES, play, stories_of

IN_FULL = Path(__file__).parent / "in_full"
LONGEST_VALUE = 120


def stories_in_full() -> Iterator[tuple[str, str, str]]:
    """Each story with its hook: how it is headed, and what is written of it."""
    for path in sorted(IN_FULL.glob("*.txt")):
        for part in path.read_text(encoding="utf-8").split("\n\n"):
            heading, _, lines = part.strip().partition("\n")
            yield path.stem, heading, lines


def found_in(folder: str, heading: str) -> str:
    """What the rules find in the story under a heading: ``file: title (hook)``."""
    file, _, rest = heading.partition(": ")
    title, _, hook = rest.removesuffix(")").rpartition(" (")
    story = next(story for story in stories_of(CASES / folder / file) if story.title == title)
    answered = play(story, hook).answered
    assert answered is not None
    assert answered.evaluation is not None
    numbered = f"{Path(file).stem}-[0-9]+"
    return re.sub(numbered, "story", "\n".join(lines_of(answered.evaluation)))


def lines_of(evaluation: Evaluation) -> Iterator[str]:
    """All findings, what could not be known with the rules it concerns, and rules whose question does not arise."""
    for finding in evaluation.findings:
        yield from _finding(finding)
    for gap in evaluation.gaps:
        yield f"not known of {gap.fact.value}: {gap.why}{_from(gap.reference)}: {', '.join(gap.rules)}"
    for outcome in evaluation.rules:
        if outcome.outcome is Outcome.NOT_APPLICABLE:
            yield f"does not apply: {outcome.rule}: {outcome.why}"


def _finding(finding: Finding) -> Iterator[str]:
    place = f", on the card of {finding.joins}" if finding.joins is not None else ""
    yield f"{finding.severity.value}: {finding.kind} of {finding.subject}{place}"
    yield from (f"  {name}: {_text(value)}" for name, value in finding.facts.items())
    yield from (f"  value: {_text(value)}" for value in finding.values)
    yield from (f"  evidence: {_text(evidence)}" for evidence in finding.evidence)
    yield from (f"  proposes: {_text(proposal)}" for proposal in finding.proposals)
    for caveat in finding.caveats:
        kind = "not known of" if isinstance(caveat, Unknown) else "doubt about"
        yield f"  {kind} {caveat.fact.value}: {caveat.why}{_from(caveat.reference)}"
    yield from (f"  asked of the payer: {_text(question.of)}" for question in finding.questions)
    yield from (f"  holds: {_text(hold)}" for hold in finding.holds)
    yield from ["  as far as sent"] * finding.as_sent
    yield from [f"  withheld by {finding.withheld_by}"] * (finding.withheld_by is not None)


def _from(reference: str | None) -> str:
    return f" [{reference}]" if reference is not None else ""


@singledispatch
def _text(value: object) -> str:
    if value is None:
        return "none"
    return _parts(_told(value)) if is_dataclass(value) else str(value)


@_text.register
def _(value: Evidence) -> str:
    return f"{value.fact}: {_text(value.value)}{_from(value.reference)}"


@_text.register
def _(value: PolicyValue) -> str:  # type: ignore[type-arg]
    plain = json.dumps(value.plain, default=str)
    named = f"{value.parameter} of {value.policy}, {value.confidence}"
    return f"{named}: {plain}" if len(plain) <= LONGEST_VALUE else named


@_text.register
def _(value: Proposal) -> str:
    changes = "; ".join(f"{type(change).__name__} {_text(change)}" for change in value.changes)
    facts = f" ({_text(value.facts)})" if value.facts else ""
    return f"{value.key}{', recommended' * value.recommended}{facts}: {changes}"


@_text.register
def _(value: float) -> str:
    return f"{value:g}"


@_text.register
def _(value: str) -> str:
    return str(value) or "none"


@_text.register
def _(value: Mapping) -> str:  # type: ignore[type-arg]
    return _parts(value.items())


@_text.register
def _(value: frozenset) -> str:  # type: ignore[type-arg]
    return ", ".join(sorted(map(_text, value)))


@_text.register
def _(value: tuple) -> str:  # type: ignore[type-arg]
    return _parts(_told(value)) if hasattr(value, "_fields") else ", ".join(map(_inner, value)) or "none"


def _told(value: object) -> Iterator[tuple[str, object]]:
    """The fields that differ from what they are where nobody says anything."""
    if is_dataclass(value):
        for known in fields(value):
            default = known.default_factory() if known.default_factory is not MISSING else known.default
            if (part := getattr(value, known.name)) != default:
                yield known.name, part
        return
    defaults: Mapping[str, object] = getattr(value, "_field_defaults", {})
    for name in getattr(value, "_fields", ()):
        if name not in defaults or getattr(value, name) != defaults[name]:
            yield name, getattr(value, name)


def _parts(named: Iterable[tuple[object, object]]) -> str:
    return ", ".join(f"{_text(name)} {_inner(part)}" for name, part in named)


def _inner(value: object) -> str:
    simple = value is None or isinstance(value, str | int | float | Enum) or not hasattr(value, "__len__")
    return _text(value) if simple and not is_dataclass(value) else f"({_text(value)})"


if __name__ == "__main__":
    for file in sorted(IN_FULL.glob("*.txt")):
        written = [
            f"{heading}\n{found_in(folder, heading)}" for folder, heading, _ in stories_in_full() if folder == file.stem
        ]
        file.write_text("\n\n".join(written) + "\n", encoding="utf-8")
