"""The records behind a number, as tables: cards with their calls, and calls. Nothing of a patient."""

from collections.abc import Callable, Iterator
from datetime import date, tzinfo

from cds_service.policies.stack import PolicyStack
from cds_service.records.insight_lists import ListedCall, ListedCard
from cds_service.web.pages.insights.asked import Asked
from cds_service.web.pages.insights.names import (
    OUTCOME_NAMES,
    STATE_NAMES,
    day_name,
    fact_name,
    hook_name,
    milliseconds,
    moment_name,
    policy_name,
    reason_name,
    rule_name,
    service_name,
    why_name,
)
from cds_service.web.pages.insights.number_tables import NumberCell, count_cell, number_cell

CARD_COLUMNS = ("Time", "Client", "Service", "Moment", "Rule", "Policy", "What became of it", "Reason", "Answer took")
CALL_COLUMNS = ("Time", "Client", "Service", "Moment", "How it ended", "Shown", "Held back", "Missing", "Answer took")


def card_row(card: ListedCard, stack: PolicyStack, zone: tzinfo) -> tuple[NumberCell, ...]:
    """A card in the order of ``CARD_COLUMNS``."""
    reason = reason_name(card.reason) if card.reason is not None else why_name(card.why) if card.why else ""
    return (
        NumberCell(moment_name(card.at, zone)),
        NumberCell(card.client),
        NumberCell(service_name(card.service)),
        NumberCell(hook_name(card.hook)),
        NumberCell(rule_name(card.rule)),
        NumberCell(policy_name(card.policy, stack)),
        NumberCell(STATE_NAMES.get(card.became, card.became)),
        NumberCell(reason),
        number_cell(milliseconds(card.latency)),
    )


def call_row(call: ListedCall, zone: tzinfo) -> tuple[NumberCell, ...]:
    """A call in the order of ``CALL_COLUMNS``."""
    missing = "not noted" if call.missing is None else ", ".join(fact_name(fact) for fact in call.missing.split())
    return (
        NumberCell(moment_name(call.at, zone)),
        NumberCell(call.client),
        NumberCell(service_name(call.service)),
        NumberCell(hook_name(call.hook)),
        NumberCell(
            f"{OUTCOME_NAMES.get(call.outcome, call.outcome)}{', nothing shown (shadow)' if call.shadow else ''}"
        ),
        count_cell(call.shown),
        count_cell(call.withheld),
        NumberCell(missing),
        number_cell(milliseconds(call.latency)),
    )


def narrowed_to(asked: Asked, stack: PolicyStack, today: date) -> Iterator[tuple[str, str]]:
    """What the listed records have in common, in words."""
    common: tuple[tuple[str, str | None, Callable[[str], str]], ...] = (
        ("What became of it", asked.state, STATE_NAMES.__getitem__),
        ("Rule", asked.rule, rule_name),
        ("Policy", asked.policy, lambda policy: policy_name(policy, stack)),
        ("Reason", asked.reason, reason_name),
        ("Held back because", asked.why, why_name),
        ("Missing", asked.fact, fact_name),
        ("How it ended", asked.outcome, lambda outcome: OUTCOME_NAMES.get(outcome, outcome)),
        ("Moment", asked.hook, hook_name),
        ("Client", asked.client, str),
        ("Week of", asked.week, lambda week: day_name(week, today)),
    )
    for label, value, named in common:
        if value is not None:
            yield label, named(value)
