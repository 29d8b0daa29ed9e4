"""A plan whose start and reviews nobody recorded."""

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import PlanOfCare
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Unknown
from cds_service.domain.codes import Program
from cds_service.rules.plan_of_care import check_plan_of_care
from tests.billing.bill_stories import DAY, policy_of

PLAN = PlanOfCare("CarePlan/p", "active", None, None, work_rehab=True, program=Program.CONDITIONING)


def test_a_review_of_a_plan_without_a_start_or_evaluation_cannot_be_placed():
    case = Case(Moment.VISIT_CLOSE, DAY, DAY, Chart("Patient/p", plans=(PLAN,)))
    found = check_plan_of_care(case, NOTHING_BILLED, policy_of({"plan_of_care.review_days": 30}))
    whys = [result.why for result in found if isinstance(result, Unknown)]
    assert "neither a start of the plan nor an evaluation shows when it was reviewed" in whys
