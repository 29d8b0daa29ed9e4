"""Policies in words and rows, for the command line and the knowledge pages."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cds_service.domain.values import Confidence, Json
from cds_service.policies.model import BASE, Match, Policy, Status, Tier
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PolicyStack


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """What is modelled of one policy: number of values by confidence, and what is known to be left out."""

    policy: str
    title: str
    applies_to: str
    status: Status
    counts: Mapping[Confidence, int]
    not_modelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One dated value of a policy with its citation."""

    parameter: str
    meaning: str
    unit: str
    value: Json
    since: date
    until: date | None
    confidence: Confidence
    citation: str
    href: str | None
    retrieved: date
    note: str | None


def coverage_of(stack: PolicyStack) -> list[CoverageRow]:
    """One row per policy, least specific first."""
    return [coverage_row(policy) for policy in stack.policies]


def coverage_row(policy: Policy) -> CoverageRow:
    """Return the row of one policy."""
    counts = Counter[Confidence](value.confidence for dated in policy.values.values() for value in dated)
    return CoverageRow(
        policy.id, policy.title, applies_to(policy), policy.status, dict(sorted(counts.items())), policy.not_modelled
    )


def describe(policy: Policy) -> list[ValueRow]:
    """One row per dated value, in the order of the parameter registry, oldest first."""
    return [
        ValueRow(
            parameter=name,
            meaning=parameter.meaning,
            unit=parameter.unit,
            value=value.plain,
            since=value.since,
            until=value.until,
            confidence=value.confidence,
            citation=", ".join(filter(None, (value.source.title, value.source.paragraph))),
            href=value.source.href,
            retrieved=value.source.retrieved,
            note=value.note,
        )
        for name, parameter in PARAMETERS.items()
        for value in policy.values.get(name, ())
    ]


def applies_to(policy: Policy) -> str:
    """To whom a policy applies, in words."""
    if policy.id == BASE:
        return "everyone, where nothing more specific is known"
    words = match_in_words(policy.match)
    return f"{words} (site's own)" if policy.tier is Tier.SITE else words


def match_in_words(match: Match) -> str:
    """Like ``payer Aetna; payer class commercial; jurisdiction US-TX``."""
    parts = (
        f"payer {' or '.join(match.payers)}" if match.payers else None,
        f"payer class {match.payer_class}" if match.payer_class else None,
        f"jurisdiction {match.jurisdiction}" if match.jurisdiction else None,
    )
    return "; ".join(filter(None, parts)) or "everyone"
