"""Where no policy of the payer is on file the answer names the rules that then go by our defaults."""

from dataclasses import replace

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.findings import Topic
from cds_service.policies import parameters as params
from cds_service.rules.engine import apply_rules
from cds_service.rules.rule import Rule
from tests.billing.bill_stories import DAY, policy_of

CASE = Case(Moment.ORDER, DAY, DAY, Chart("Patient/p"))


@pytest.mark.parametrize(
    ("parameters", "uses_bill", "named"),
    [((), False, []), ((params.MAX_WEEKS,), False, ["rule"]), ((), True, ["rule"])],
)
def test_a_rule_goes_by_our_defaults_that_reads_the_policy_itself_or_the_bill(parameters, uses_bill, named):
    rule = Rule(
        "rule", Topic.UNITS, "rule", frozenset({Moment.ORDER}), (), parameters, (), lambda *_: (), uses_bill=uses_bill
    )
    answer = apply_rules(CASE, NOTHING_BILLED, replace(policy_of({}), lacking="no policy for Kansas"), (rule,))
    assert named == [rule for gap in answer.gaps for rule in gap.rules]
