"""Which of several things that nobody could deliver is named where no work injury is on record."""

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Fact, Unknown
from cds_service.rules.payer_coverage import check_work_relation
from tests.billing.bill_stories import DAY, policy_of


def test_where_coverage_and_injury_were_both_not_sent_the_reason_is_that_of_the_coverage():
    unsent = {Fact.INJURY: "the conditions were not sent", Fact.COVERAGE: "the coverage was not sent"}
    case = Case(Moment.VISIT_CLOSE, DAY, DAY, Chart("Patient/p", unavailable=unsent))
    gap = Unknown(Fact.INJURY, "the coverage was not sent")
    assert [gap] == list(check_work_relation(case, NOTHING_BILLED, policy_of({})))
