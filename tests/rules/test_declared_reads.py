"""A rule reads what it declares and nothing else, and what it read is told."""

import inspect
from datetime import date

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.findings import Topic
from cds_service.policies.model import PolicyView
from cds_service.policies.parameters import DAILY_MAXIMUM, EDIT_MUE, EDIT_PAIRS
from cds_service.policies.recorded import Strictness, UndeclaredReadError
from cds_service.rules.catalog import RULES
from cds_service.rules.engine import apply_rules
from cds_service.rules.rule import Rule

DAY = date(2026, 3, 16)
CASE = Case(Moment.ORDER, DAY, DAY, Chart("invented"))
POLICY = PolicyView((), DAY, {}, {})


def reading(case, bill, policy):
    del case, bill
    policy.get(EDIT_MUE)
    policy.questions(DAILY_MAXIMUM)
    policy.of_one_program(EDIT_PAIRS)
    return iter(())


def evaluated(*parameters):
    rule = Rule("reader", Topic.UNITS, "Reader", frozenset({Moment.ORDER}), (), parameters, (), reading)
    return apply_rules(CASE, NOTHING_BILLED, POLICY, [rule])


def test_what_a_rule_reads_is_told_with_its_outcome():
    (outcome,) = evaluated(EDIT_MUE, DAILY_MAXIMUM, EDIT_PAIRS).rules
    assert outcome.read == {"edits.mue", "units.daily_maximum", "edits.pairs"}


def test_a_read_that_is_not_declared_is_refused_in_tests():
    with pytest.raises(UndeclaredReadError, match=r"reader reads edits\.pairs, which it does not declare"):
        evaluated(EDIT_MUE, DAILY_MAXIMUM)


def test_in_service_it_is_answered_and_told(monkeypatch):
    monkeypatch.setattr(Strictness, "refuses", False)
    (outcome,) = evaluated().rules
    assert outcome.read == {"edits.mue", "units.daily_maximum", "edits.pairs"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_whether_it_uses_the_bill(rule):
    assert ("bill" in inspect.signature(rule.check).parameters) == rule.uses_bill
