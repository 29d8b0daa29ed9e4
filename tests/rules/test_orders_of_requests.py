"""Which orders tell what a request for approval asks for."""

from datetime import date

from cds_service.domain.care import Order, Schedule
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import Program
from cds_service.rules.request_drafts import orders_asked

DAY = date(2026, 3, 16)


def order(name: str, end: date | None) -> Order:
    return Order(f"ServiceRequest/{name}", work_rehab=True, program=Program.HARDENING, schedule=Schedule(end=end))


def test_an_order_whose_last_day_is_over_asks_for_nothing_any_more():
    goes_on, ends_today, without_end = order("april", date(2026, 4, 10)), order("today", DAY), order("open", None)
    over = order("winter", date(2026, 3, 15))
    chart = Chart("Patient/p", orders=(over, goes_on, ends_today, without_end))

    assert (goes_on, ends_today, without_end) == orders_asked(Case(Moment.VISIT_CLOSE, DAY, DAY, chart))
