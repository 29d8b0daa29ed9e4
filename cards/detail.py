"""The Markdown of a card: what and why, a short table of facts, the deciding policy value, what to check.

All other values and facts travel in the extension; see ``cards.explanation``. Clients show tables without space between
columns and cards about 500 px wide: two columns, and a colon after each fact, keep them readable.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from cards.envelope import CardSettings
from cards.gaps import sentences
from cards.groups import Group
from cards.markdown import escape, link, table
from cards.numbers import capital, program, readable
from cards.policy_values import how_sure, in_short
from cds_service.domain.findings import Evidence
from cds_service.domain.values import PolicyValue, Source

GENERAL: Final = frozenset({"seed", "default"})
MOST_FACTS: Final = 5
MOST_LENGTH: Final = 900
MOST_AT_ALL: Final = 6000
"""Longer words of a card are those of no honest record: a list of thousands."""
MOST_IN_CELL: Final = 120
MOST_ADDRESS: Final = 120
"""Longer addresses are left to the page of the policy, which each card links to."""
MORE: Final = "- And {} more to check."
SAYS_NOTHING: Final = frozenset({"none", "nothing found"})
"""Evidence of what is not there: the words of the card say so already."""


def detail_of(group: Group, settings: CardSettings, lacking: str | None = None) -> str:
    """The words of the card's findings, facts, the value that decides, then what to check as far as there is room.

    ``lacking`` says for whom there is no policy; it stands beside a deciding value that is a general one.
    """
    parts = [member.words.detail for member in group.members]
    parts.append(
        _facts_table(group.evidence, settings.today, " ".join((group.host.words.summary, *filter(None, parts))))
    )
    if group.values:
        parts.append(_rule_line(group.values[0], *_label_and_unit(group.values[0], settings), lacking))
    text = "\n\n".join(filter(None, parts)) or escape(group.host.words.summary)
    if len(text) > MOST_AT_ALL:
        text = f"{text[:MOST_AT_ALL].rpartition(' ')[0]}… ({len(text)} letters)"
    checks = list(dict.fromkeys(_checks(group, settings)))
    return "\n\n".join(filter(None, (text, _fitting(checks, MOST_LENGTH - len(text)))))


def _fitting(checks: Sequence[str], room: int) -> str:
    """The first lines that fit, at least one, and how many more there are."""
    lines: list[str] = []
    left = room - len(MORE)
    for check in checks:
        left -= len(check) + 1
        if lines and left < 0:
            return "\n".join((*lines, MORE.format(len(checks) - len(lines))))
        lines.append(check)
    return "\n".join(lines)


def _facts_table(evidence: Iterable[Evidence], today: date, words: str) -> str | None:
    """The facts, those of one name in one row; the resources they come from stand in the extension.

    No table for a single fact that the words have said already.
    """
    by_fact: dict[str, list[str]] = {}
    for found in evidence:
        if found.value in SAYS_NOTHING:
            continue
        texts = by_fact.setdefault(found.fact, [])
        text = _cut(readable(found.value, today))
        if text not in texts:
            texts.append(text)
    first = [*by_fact.items()][:MOST_FACTS]
    rows = [(f"{escape(capital(fact))}:", escape(_cut("; ".join(texts)))) for fact, texts in first]
    if len(by_fact) > MOST_FACTS:
        rows.append(("More facts:", str(len(by_fact) - MOST_FACTS)))
    return table(("On record:", ""), rows) if len(rows) > 1 or any(value not in words for _, value in rows) else None


def _cut(text: str) -> str:
    return text if len(text) <= MOST_IN_CELL else f"{text[: MOST_IN_CELL - 1].rpartition(' ')[0]}…"


@lru_cache(maxsize=4096)
def _rule_line(value: PolicyValue[object], label: str, unit: str, lacking: str | None) -> str:
    sure = how_sure(value.confidence, value.policy) if value.confidence != "verified" else ""
    if lacking is not None and value.confidence in GENERAL:
        sure = f"{sure.partition(';')[0]}; {lacking}"
    where = "; ".join(filter(None, (escape(sure), _citation(value.source))))
    return f"{escape(capital(label_of(value, label)))}: {escape(in_short(value.plain, unit))} ({where})."


def label_of(value: PolicyValue[object], label: str) -> str:
    """The name of a value on a card; of a value for one kind of program with that kind."""
    return f"{label}, {program(value.program)}" if value.program is not None else label


def _label_and_unit(value: PolicyValue[object], settings: CardSettings) -> tuple[str, str]:
    known = settings.parameters.get(value.parameter)
    return (known.label, known.unit) if known is not None else ("value", "")


def _checks(group: Group, settings: CardSettings) -> Iterator[str]:
    yield from (f"- {sentence}" for sentence in sentences(group.caveats))
    for value in group.questions:
        label, unit = _label_and_unit(value, settings)
        question = escape(f"{label}: {in_short(value.plain, unit)}")
        yield f"- Confirm with the payer: {question} ({escape(value.source.title)})"
    for value in (*group.values, *group.questions):
        if value.conflict is not None:
            label, _ = _label_and_unit(value, settings)
            yield f"- Sources differ on {escape(label)}: {escape(value.conflict)}"


@lru_cache(maxsize=1024)
def _citation(source: Source) -> str:
    text = f"{source.title} {source.paragraph}" if source.paragraph else source.title
    return link(text, source.href) if source.href and len(source.href) <= MOST_ADDRESS else escape(text)
