"""Who pays first: coverages in force in their order, and a claim to look for where a work injury is on record."""

from datetime import date, timedelta

import pytest

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import PayerClass
from cds_service.domain.coverage_and_claims import Coverage, CoverageAssertion, InjuryEvidence
from cds_service.domain.payment import claim_to_look_for, compensation_after

DAY = date(2026, 3, 16)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
COMPENSATION, COMMERCIAL, UNKNOWN = PayerClass.WORKERS_COMPENSATION, PayerClass.COMMERCIAL, PayerClass.UNKNOWN
AT_WORK = (InjuryEvidence("accident", "Claim/a", "work"),)


def case(*coverages, injury=()):
    return Case(Moment.VISIT_CLOSE, DAY, DAY, Chart("Patient/p", coverages=coverages, injury=injury))


def coverage(payer_class=COMMERCIAL, order=None, start=None, end=None, name="c"):
    return Coverage(f"Coverage/{name}", payer_class, order=order, start=start, end=end)


@pytest.mark.parametrize(
    ("start", "end", "in_force"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (AFTER, None, False),
        (None, BEFORE, False),
        (BEFORE, AFTER, True),
    ],
)
def test_a_coverage_pays_from_its_first_day_to_its_last(start, end, in_force):
    asked = case(coverage(start=start, end=end))
    assert in_force == (asked.payer is not None)


@pytest.mark.parametrize(
    ("coverages", "first"),
    [
        ([coverage(order=2, name="a"), coverage(order=1, name="b")], "b"),
        ([coverage(order=2, name="a"), coverage(name="b")], "b"),
        ([coverage(order=1, name="a"), coverage(COMPENSATION, order=1, name="b")], "b"),
        ([coverage(COMPENSATION, order=1, end=BEFORE, name="a"), coverage(order=2, name="b")], "b"),
    ],
)
def test_coverages_pay_in_their_order_and_in_doubt_workers_compensation_first(coverages, first):
    payer = case(*coverages).payer
    assert payer is not None
    assert f"Coverage/{first}" == payer.reference


@pytest.mark.parametrize(
    ("classes", "injury", "behind", "looked_for"),
    [
        ([COMMERCIAL, COMPENSATION], AT_WORK, True, False),
        ([COMPENSATION, COMMERCIAL], AT_WORK, False, False),
        ([COMMERCIAL], AT_WORK, False, True),
        ([COMMERCIAL, PayerClass.MEDICARE], AT_WORK, False, True),
        ([COMMERCIAL], (), False, False),
        ([COMPENSATION], AT_WORK, False, False),
        ([UNKNOWN], AT_WORK, False, False),
        ([], AT_WORK, False, False),
    ],
)
def test_for_a_work_injury_the_claim_is_looked_for_where_no_workers_compensation_is_on_record(
    classes, injury, behind, looked_for
):
    coverages = [coverage(kind, order, name=str(order)) for order, kind in enumerate(classes)]
    asked = case(*coverages, injury=injury)
    assert (behind, looked_for) == (compensation_after(asked) is not None, claim_to_look_for(asked))


@pytest.mark.parametrize(("expiry", "in_force"), [(None, True), (AFTER, True), (DAY, True), (BEFORE, False)])
def test_what_a_payer_says_holds_to_the_day_on_which_it_expires(expiry, in_force):
    assert in_force == CoverageAssertion("Claim/a", expiry=expiry).in_force(DAY)
