"""Why each rule spoke, stayed silent or could not know, in words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cards.composition import Composition
from cards.gaps import plain_sentences
from cards.groups import Group
from cards.numbers import capital
from cards.policy_values import how_sure, in_short
from cds_service.consultation.consult import Consultation
from cds_service.domain.chart import Unknown
from cds_service.domain.findings import Evaluation, MissingFact, Outcome, RuleOutcome
from cds_service.domain.values import PolicyValue
from cds_service.policies.model import PolicyView
from cds_service.policies.parameters import PARAMETERS
from cds_service.rules.catalog import TITLES

OUTCOME_HEADINGS: Final = {
    Outcome.FIRED: "Spoke",
    Outcome.GAP: "Could not know",
    Outcome.QUIET: "Looked, and found nothing to say",
    Outcome.NOT_APPLICABLE: "Did not apply",
}
WITHHELD: Final = {
    "max_cards": "Not shown: the answer has its most cards already.",
    "overridden": "Not shown: it was overridden.",
}


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """What became of a rule, in sentences; ``values`` are what the payer's policy told it: name, value, how sure."""

    rule: str
    title: str
    said: tuple[str, ...]
    values: tuple[tuple[str, str, str], ...]


def traces(consultation: Consultation, composition: Composition) -> list[tuple[str, list[RuleTrace]]]:
    """The rules by what became of them, those that spoke first."""
    found: dict[Outcome, list[RuleTrace]] = {outcome: [] for outcome in OUTCOME_HEADINGS}
    for row in consultation.evaluation.rules:
        found[row.outcome].append(_trace(row, consultation, composition))
    return [(OUTCOME_HEADINGS[outcome], rows) for outcome, rows in found.items() if rows]


def shared_gaps(evaluation: Evaluation) -> list[str]:
    """What most rules could not know, said once for all."""
    shared = [gap for gap in evaluation.gaps if _is_shared(gap, evaluation)]
    return list(plain_sentences(Unknown(gap.fact, gap.why, gap.reference) for gap in shared))


def _is_shared(gap: MissingFact, evaluation: Evaluation) -> bool:
    return len(gap.rules) > len(evaluation.rules) / 2


def _trace(row: RuleOutcome, consultation: Consultation, composition: Composition) -> RuleTrace:
    said = tuple(dict.fromkeys(_said(row, consultation.evaluation, composition)))
    return RuleTrace(row.rule, TITLES[row.rule], said, tuple(_values(row.read, consultation.policy)))


def _said(row: RuleOutcome, evaluation: Evaluation, composition: Composition) -> Iterator[str]:
    if row.outcome is Outcome.FIRED:
        shown = [group for group in composition.shown if _speaks(group, row.rule)]
        yield from _summaries(shown, row.rule)
        for card in composition.withheld:
            if _speaks(card.group, row.rule):
                yield from _summaries([card.group], row.rule)
                yield WITHHELD.get(card.why, "Not shown beside a card that speaks against it.")
    yield from plain_sentences(
        Unknown(gap.fact, gap.why, gap.reference)
        for gap in evaluation.gaps
        if row.rule in gap.rules and not _is_shared(gap, evaluation)
    )
    if row.why is not None and row.outcome is Outcome.NOT_APPLICABLE:
        yield f"{capital(row.why).rstrip('.')}."


def _speaks(group: Group, rule: str) -> bool:
    return any(member.finding.rule == rule for member in group.members)


def _summaries(groups: Sequence[Group], rule: str) -> Iterator[str]:
    for group in groups:
        for member in group.members:
            if member.finding.rule == rule:
                yield member.words.summary
        if group.host.finding.rule != rule:
            yield f"Shown on the card “{group.host.words.summary}”."


def _values(read: Iterable[str], policy: PolicyView) -> Iterator[tuple[str, str, str]]:
    """What the policy told the rule, in the order of the registry."""
    names = set(read)
    for name, parameter in PARAMETERS.items():
        value = policy.get(parameter) if name in names else None
        if value is not None:
            yield _row(value, parameter.label, parameter.unit)


@lru_cache(maxsize=1024)
def _row(value: PolicyValue[object], label: str, unit: str) -> tuple[str, str, str]:
    return capital(label), in_short(value.plain, unit), how_sure(value.confidence, value.policy)
