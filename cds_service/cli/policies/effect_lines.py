"""What other policies change, for a terminal and for the entry of a change."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console

from cards.numbers import quantity
from cds_service.audit.report.report_words import group_name, more_or_less
from cds_service.audit.report.visit_tallies import in_dollars
from cds_service.audit.results.policy_effect import EffectOnPayer, EffectOnRule, PolicyEffect
from cds_service.cli.terminal import show_table

ALL_PAYERS: Final = "all payers"
_OF_DAYS: Final = (
    ("other_lines", "with other lines"),
    ("billable", "more that can be billed"),
    ("not_billable", "fewer that can be billed"),
    ("without_approval", "more without a required approval"),
    ("no_longer_without", "fewer without a required approval"),
    ("other_result", "with another result against the bill"),
)


def show_effect(console: Console, effect: PolicyEffect) -> None:
    """Print findings by rule, then days, units and dollars by payer for whom a bill changes."""
    rules = [(rule.rule, f"{rule.gone:,}", f"{rule.new:,}", f"{rule.changed:,}") for rule in effect.rules]
    if rules:
        show_table(console, ("findings of", "gone", "new", "say something else"), rules)
        console.print()
    changed = [payer for payer in effect.payers if payer.days.anything]
    payers = [_row(group_name("payer", payer.payer), payer) for payer in changed]
    header = ("payer", "days", "other lines", "can be billed", "without approval", "units", "dollars")
    show_table(console, header, [*payers, _row(ALL_PAYERS, effect.total)])
    unchanged = len(effect.payers) - len(changed)
    if unchanged:
        console.print(f"No bill changes for {quantity(unchanged, 'payers')}.", highlight=False)


def effect_in_a_line(effect: PolicyEffect) -> str:
    """All payers in one sentence, as the entry of a policy change carries it."""
    total = effect.total
    days = [
        f"{quantity(getattr(total.days, name), 'days')} {words}"
        for name, words in _OF_DAYS
        if getattr(total.days, name)
    ]
    amounts = [f"{more_or_less(total.units)} units, {_dollars(total)}"] if days else []
    findings = [f"{rule.rule} {', '.join(_counts(rule))}" for rule in effect.rules]
    said = [*days, *amounts, *([f"findings: {', '.join(findings)}"] if findings else [])]
    return f"Over {total.days.in_all:,} invented days of service: {'; '.join(said) or 'no change'}."


def _row(name: str, payer: EffectOnPayer) -> tuple[str, ...]:
    days = payer.days
    return (
        name,
        f"{days.in_all:,}",
        f"{days.other_lines:,}",
        _more_and_fewer(days.billable, days.not_billable),
        _more_and_fewer(days.without_approval, days.no_longer_without),
        more_or_less(payer.units),
        _dollars(payer),
    )


def _more_and_fewer(more: int, fewer: int) -> str:
    return " ".join(f"{sign}{count:,}" for sign, count in (("+", more), ("-", fewer)) if count) or "0"


def _dollars(payer: EffectOnPayer) -> str:
    return "no fee on file" if payer.cents is None else more_or_less(payer.cents, in_dollars)


def _counts(rule: EffectOnRule) -> Iterator[str]:
    for count, word in ((rule.gone, "gone"), (rule.new, "new"), (rule.changed, "changed")):
        if count:
            yield f"{count:,} {word}"
