"""What a question is about: where there is no visit, draft, program or date, the engine says so for the rule."""

from datetime import date

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.findings import Outcome, Topic
from cds_service.policies.model import PolicyView
from cds_service.rules.applies import the_program, the_visit
from cds_service.rules.catalog import RULES
from cds_service.rules.engine import apply_rules
from cds_service.rules.rule import Rule

DAY = date(2026, 3, 16)
POLICY = PolicyView((), DAY, {}, {})


def bare(moment):
    return Case(moment, DAY, DAY, Chart("invented"))


def asked(moment, about):
    def unasked(*_):
        raise AssertionError("the question does not arise")

    rule = Rule("r", Topic.UNITS, "R", frozenset(Moment), (), (), (), unasked, about=about)
    (outcome,) = apply_rules(bare(moment), NOTHING_BILLED, POLICY, [rule]).rules
    return outcome


@pytest.mark.parametrize(
    ("moment", "subject", "why"),
    [
        (Moment.VISIT_CLOSE, "visit", "no work-rehab service on this date of service"),
        (Moment.ORDER, "orders", "no work-rehab order among the drafts"),
        (Moment.OVERVIEW, "program", "no program under way"),
        (Moment.BOOKING, "dates", "no work-rehab appointment among those booked"),
    ],
)
def test_without_its_subject_a_rule_is_not_asked(moment, subject, why):
    outcome = asked(moment, ("visit", subject))
    assert (Outcome.NOT_APPLICABLE, why) == (outcome.outcome, outcome.why)


def test_a_subject_of_another_moment_is_not_looked_for():
    with pytest.raises(AssertionError, match="does not arise"):
        asked(Moment.VISIT_START, ("visit", "orders"))


@pytest.mark.parametrize("subject", [the_visit, the_program])
def test_a_rule_that_declares_no_subject_cannot_take_it_for_there(subject):
    with pytest.raises(LookupError, match="a rule without a"):
        subject(bare(Moment.OVERVIEW))


@pytest.mark.parametrize("moment", Moment)
def test_every_rule_can_be_asked_of_an_empty_chart(moment):
    outcomes = apply_rules(bare(moment), NOTHING_BILLED, POLICY, RULES).rules
    assert {rule.id for rule in RULES if moment in rule.moments} == {outcome.rule for outcome in outcomes}
