"""Hours a day of what is booked or treated, as far as times are known."""

from datetime import UTC, datetime

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Appointment, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import Program
from cds_service.domain.intervals import Interval
from cds_service.rules.intensity import check_intensity
from cds_service.rules.rule import Answer
from tests.billing.bill_stories import DAY, policy_of

POLICY = policy_of({"program.hours_per_day": {"conditioning": {"minimum": 2, "maximum": 4}}})
LONG = Interval(datetime(2026, 3, 16, 8, tzinfo=UTC), datetime(2026, 3, 16, 14, tzinfo=UTC))


@pytest.mark.parametrize("moment", [Moment.BOOKING, Moment.VISIT_CLOSE])
@pytest.mark.parametrize(("period", "found"), [(LONG, 1), (None, 0)])
def test_too_many_hours_are_told_where_the_times_are_known(moment, period, found):
    treated = (Session("Procedure/s", DAY, Program.CONDITIONING, period=period),)
    chart = Chart("Patient/p", sessions=treated)
    case = Case(moment, DAY, DAY, chart, appointments=(Appointment("Appointment/a", DAY, period),))
    results = list(check_intensity(case, NOTHING_BILLED, POLICY))
    assert found == len([result for result in results if isinstance(result, Answer)])
