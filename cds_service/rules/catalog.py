"""All rules, in the order people read them: explicit, so that what exists can be read in one place."""

from collections.abc import Mapping
from typing import Final

from cds_service.rules import (
    authorization,
    ceilings,
    charges,
    documentation,
    duration,
    edits,
    intensity,
    modifiers,
    not_checked,
    orders,
    plan_of_care,
    program_state,
    progress,
    reassessment,
    telehealth,
)
from cds_service.rules import initial_evaluation as evaluation
from cds_service.rules import payer_coverage as coverage
from cds_service.rules import unread_visit as unread
from cds_service.rules.holds import check_holds
from cds_service.rules.rule import Rule

_BY_ID: Final = {
    rule.id: rule
    for module in (
        orders,
        coverage,
        charges,
        ceilings,
        edits,
        modifiers,
        authorization,
        duration,
        intensity,
        evaluation,
        reassessment,
        telehealth,
        progress,
        plan_of_care,
        documentation,
        unread,
        program_state,
        not_checked,
    )
    for rule in module.RULES
}

RULES: Final[tuple[Rule, ...]] = tuple(
    _BY_ID[rule_id]
    for rule_id in (
        "program-code",
        "work-relation",
        "visit-charges",
        "first-unit",
        "order-units",
        "unit-ceiling",
        "pair-edit",
        "discipline-modifier",
        "assistant-modifier",
        "program-modifier",
        "payer-coverage",
        "telehealth",
        "same-day-evaluation",
        "authorization",
        "program-duration",
        "intensity",
        "one-program",
        "initial-evaluation",
        "reassessment",
        "progress-report",
        "plan-of-care",
        "documentation",
        "no-progress",
        "time-documentation",
        "unread-visit",
        "program-state",
        "not-checked",
    )
)
check_holds(RULES)
TITLES: Final[Mapping[str, str]] = {rule.id: rule.title for rule in RULES}
