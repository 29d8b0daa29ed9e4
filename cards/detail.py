"""The Markdown of a card: words, facts, rule, what is not known and what to ask."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from cards.groups import Group
from cards.markdown import escape, link, table
from cards.numbers import day, number, program, readable
from cards.settings import CardSettings
from cds_service.domain.chart import Gap
from cds_service.domain.findings import Evidence
from cds_service.domain.values import BASE, Confidence, Json, PolicyValue, Source

CONFIDENCE_WORDS: Final[Mapping[Confidence, str]] = {
    "verified": "verified",
    "seed": "coding guide, ask your payer",
    "default": "no rule of this payer on file; default used",
    "unverified": "not verified",
}
NOT_ITS_OWN: Final = "not in the payer's own text; ask your payer"
"""How sure a default is that stands in the policy of a payer, a state or a kind of payer."""
GENERAL: Final = frozenset({"seed", "default"})
MAX_FACT_ROWS: Final = 10
MAX_VALUE_LENGTH: Final = 100
MAX_VALUE_MEMBERS: Final = 20


def detail_of(group: Group, settings: CardSettings, lacking: str | None = None) -> str:
    """Words of all findings of the card, a table of facts, a table of policy values, then the open points.

    ``lacking`` says for whom there is no policy; it stands on the cards whose values are general ones.
    """
    parts = [one.words.detail for one in group.members]
    if group.evidence:
        parts.append(_facts_table(group.evidence, settings.today))
    if group.values:
        parts.append(_rule_table(group.values, settings))
    notes = list(dict.fromkeys(_caveat(gap) for gap in group.caveats))
    if lacking is not None and any(value.confidence in GENERAL for value in group.values):
        notes.append(f"- {escape(lacking[0].upper() + lacking[1:])}: generic defaults used.")
    applied_or_asked = (*group.values, *group.questions)
    notes.extend(_conflict(value, settings) for value in applied_or_asked if value.conflict is not None)
    notes.extend(_question(value, settings) for value in group.questions)
    if notes:
        parts.append("\n".join(notes))
    return "\n\n".join(filter(None, parts)) or escape(group.host.words.summary)


def bounded(value: Json) -> Json:
    """The value itself, or how many entries it has when it is a whole table (code pairs, unit edits)."""
    if isinstance(value, str | int | float) or value is None or len(value) <= MAX_VALUE_MEMBERS:
        return value
    return f"{len(value)} entries"


def _facts_table(evidence: Sequence[Evidence], today: date) -> str:
    rows = [
        (escape(one.fact), escape(_shown(one.value, today)), escape(one.reference) if one.reference else "")
        for one in evidence[:MAX_FACT_ROWS]
    ]
    if len(evidence) > MAX_FACT_ROWS:
        rows.append((f"and {len(evidence) - MAX_FACT_ROWS} more", "", ""))
    return table(("Fact", "Value", "From"), rows)


def _rule_table(values: Iterable[PolicyValue[object]], settings: CardSettings) -> str:
    rows = [_rule_row(value, *_label_and_unit(value, settings)) for value in values]
    return table(("Rule", "Value", "Since", "Source", "How sure"), rows)


@lru_cache(maxsize=4096)
def _rule_row(value: PolicyValue[object], label: str, unit: str) -> tuple[str, ...]:
    return (
        escape(label_of(value, label)),
        escape(_in_words(value, unit)),
        _since(value),
        _citation(value.source),
        how_sure(value.confidence, value.policy),
    )


def label_of(value: PolicyValue[object], label: str) -> str:
    """The name of a value on a card; of a value for one kind of program with that kind."""
    return f"{label}, {program(value.program)}" if value.program is not None else label


def how_sure(confidence: Confidence, policy: str) -> str:
    """In words how sure a value of a policy is."""
    if confidence == "default" and policy != BASE:
        return NOT_ITS_OWN
    return CONFIDENCE_WORDS[confidence]


def _since(value: PolicyValue[object]) -> str:
    return day(value.since) if value.dated else "no date given"


def _label_and_unit(value: PolicyValue[object], settings: CardSettings) -> tuple[str, str]:
    known = settings.parameters.get(value.parameter)
    return (known.label, known.unit) if known is not None else (value.parameter, "")


def _caveat(gap: Gap) -> str:
    where = f" ({escape(gap.reference)})" if gap.reference else ""
    return f"- {'Not known' if gap.is_doubt else 'Not checked'}: {escape(gap.why)}{where}"


def _conflict(value: PolicyValue[object], settings: CardSettings) -> str:
    return _in_conflict(value, _label_and_unit(value, settings)[0])


@lru_cache(maxsize=1024)
def _in_conflict(value: PolicyValue[object], label: str) -> str:
    return f"- Sources differ on {escape(label)}: {escape(value.conflict or '')}"


def _question(value: PolicyValue[object], settings: CardSettings) -> str:
    return _asked(value, *_label_and_unit(value, settings))


@lru_cache(maxsize=1024)
def _asked(value: PolicyValue[object], label: str, unit: str) -> str:
    note = f" {escape(value.note)}" if value.note else ""
    return f"- To ask the payer: {escape(label)} {escape(_in_words(value, unit))}?{note} ({_citation(value.source)})"


@lru_cache(maxsize=1024)
def _citation(source: Source) -> str:
    text = f"{source.title} {source.paragraph}" if source.paragraph else source.title
    return link(text, source.href) if source.href else escape(text)


def _in_words(value: PolicyValue[object], unit: str) -> str:
    text = _plain_in_words(bounded(value.plain))
    if unit and isinstance(value.plain, int | float) and not isinstance(value.plain, bool):
        text = f"{text} {unit}"
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[: MAX_VALUE_LENGTH - 1].rpartition(' ')[0]}…"


def _plain_in_words(value: Json) -> str:
    match value:
        case None:
            return "none"
        case str():
            return value
        case bool() | int() | float():
            return readable(value)
        case Mapping():
            return ", ".join(f"{key}: {_plain_in_words(one)}" for key, one in value.items()) or "none"
        case _:
            return ", ".join(map(_plain_in_words, value)) or "none"


def _shown(value: str | float | date, today: date) -> str:
    if isinstance(value, str):
        return value
    return day(value, today) if isinstance(value, date) else number(value)
