"""A call with very many drafts: answered about some, in work that grows no faster than the drafts."""

from collections.abc import Iterator
from datetime import date

import pytest

from cds_service.consultation.consult import decide
from cds_service.domain.care import Order, Schedule
from cds_service.domain.case import MOST_ORDERS, Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.findings import Evaluation
from tests.playing import bundled_policies

TODAY = date(2026, 3, 18)


class Counted(tuple[Order, ...]):  # noqa: SLOT001 - it counts, and a tuple's slots hold nothing
    """Orders that count how often one of them was looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[Order]:
        for order in super().__iter__():
            self.looked_at += 1
            yield order


def draft(reference: str, *codes: str, work_rehab: bool = True) -> Order:
    program = Program.HARDENING if work_rehab else Program.UNKNOWN
    return Order(reference, work_rehab, program, codes, schedule=Schedule(sessions=10, session_minutes=240))


def blocks(count: int) -> list[Order]:
    return [draft(f"ServiceRequest/{number}", "97545") for number in range(count)]


def the_same(count: int) -> list[Order]:
    return [draft("ServiceRequest/same", "97545", "97140") for _ in range(count)]


def uncoded(count: int) -> list[Order]:
    return [draft(f"ServiceRequest/{number}") for number in range(count)]


def paired(count: int) -> list[Order]:
    half = count // 2
    therapy = [draft(f"ServiceRequest/m{number}", "97140", work_rehab=False) for number in range(half)]
    return [*blocks(half), *therapy]


SHAPES = pytest.mark.parametrize("drafts", [blocks, the_same, uncoded, paired])


def answered(orders: tuple[Order, ...]) -> Evaluation:
    policy = bundled_policies().select(PayerClass.WORKERS_COMPENSATION, (), None, TODAY)
    return decide(Case(Moment.ORDER, TODAY, TODAY, Chart("invented"), orders=orders), policy).evaluation


@SHAPES
def test_twice_as_many_drafts_are_looked_at_at_most_twice_as_often(drafts):
    few, many = Counted(drafts(10_000)), Counted(drafts(20_000))
    answered(few)
    answered(many)
    assert 2 * few.looked_at >= many.looked_at > 0


@SHAPES
def test_findings_about_very_many_drafts_are_bounded_and_the_answer_says_so(drafts):
    evaluation = answered(tuple(drafts(20_000)))
    assert 6 * MOST_ORDERS >= len(evaluation.findings) > 0
    assert {"only the first 100 orders were looked at"} == {gap.why for gap in evaluation.gaps} & {
        "only the first 100 orders were looked at"
    }


def test_a_hundred_drafts_are_all_looked_at():
    evaluation = answered(tuple(blocks(MOST_ORDERS)))
    assert "only the first 100 orders were looked at" not in {gap.why for gap in evaluation.gaps}
    assert {line.reference for line in blocks(MOST_ORDERS)} == {
        finding.subject for finding in evaluation.findings if finding.rule == "order-units"
    }
