"""The injury on a claim or a request: its day, its state, the payer's number for it and its diagnoses."""

from datetime import date, timedelta

import pytest

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import PayerClass
from cds_service.domain.coverage_and_claims import ClaimNumber, Coverage, InjuryDate, InjuryEvidence
from cds_service.domain.findings import Diagnosis
from cds_service.domain.injury_on_claim import claim_number_of, diagnoses_of, injury_day_of

DAY = date(2026, 3, 16)
BEFORE, LONG_BEFORE = DAY - timedelta(days=30), DAY - timedelta(days=60)
AT_WORK = (InjuryEvidence("accident", "Claim/a", "work"),)
TREATED = frozenset({"Condition/back"})


def case(**known):
    coverage = Coverage("Coverage/c", PayerClass.WORKERS_COMPENSATION)
    return Case(Moment.VISIT_CLOSE, DAY, DAY, Chart("Patient/p", coverages=(coverage,), **known))


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        ([InjuryDate("Condition/back", BEFORE)], (BEFORE, None)),
        ([InjuryDate("Condition/wrist", BEFORE)], None),
        ([InjuryDate("Condition/wrist", LONG_BEFORE), InjuryDate("Condition/back", BEFORE)], (BEFORE, None)),
        ([InjuryDate("Condition/back", BEFORE), InjuryDate("Claim/a", LONG_BEFORE, "US-TX")], (LONG_BEFORE, "US-TX")),
        ([InjuryDate("Claim/a", BEFORE, "US-TX"), InjuryDate("Claim/b", BEFORE, "US-TX")], (BEFORE, "US-TX")),
        ([InjuryDate("Claim/a", BEFORE, "US-TX"), InjuryDate("Claim/b", BEFORE)], (BEFORE, "US-TX")),
        ([InjuryDate("Claim/a", BEFORE, "US-TX"), InjuryDate("Claim/b", BEFORE, "US-OK")], (BEFORE, None)),
        ([InjuryDate("Claim/a", BEFORE), InjuryDate("Claim/b", LONG_BEFORE)], None),
        ([InjuryDate("Claim/a", DAY + timedelta(days=1))], None),
        ([InjuryDate("Claim/a", DAY)], (DAY, None)),
        ([], None),
    ],
)
def test_the_day_is_of_the_accident_on_a_claim_else_of_what_is_treated(dates, found):
    injury = injury_day_of(case(injury=AT_WORK, injury_dates=tuple(dates)), DAY, TREATED)
    assert found == ((injury.date, injury.state) if injury is not None else None)


def test_without_a_work_injury_no_day_of_one_is_told():
    assert injury_day_of(case(injury_dates=(InjuryDate("Claim/a", BEFORE),)), DAY, TREATED) is None


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ([("Coverage/c", "W-1")], "W-1"),
        ([("Condition/back", "W-1")], "W-1"),
        ([("Claim/a", "W-1"), ("Coverage/c", "W-1")], "W-1"),
        ([("Claim/a", "W-1"), ("Coverage/c", "W-2")], None),
        ([("Coverage/other", "W-1")], None),
        ([("Condition/wrist", "W-2"), ("Claim/a", "W-1")], "W-1"),
        ([], None),
    ],
)
def test_the_claim_number_is_that_of_payer_injury_or_claim_where_one_is_told(numbers, found):
    of_claims = tuple(ClaimNumber(reference, value) for reference, value in numbers)
    number = claim_number_of(case(claim_numbers=of_claims), TREATED)
    assert found == (number.value if number is not None else None)


def test_causes_come_after_the_injuries_and_are_never_all_there_is():
    codes = {"Condition/fall": "W19.XXXA", "Condition/back": "S39.012D"}
    chart = case(diagnosis_codes=codes)
    back, fall, pain = (
        Diagnosis("Condition/back", "S39.012D"),
        Diagnosis("Condition/fall", "W19.XXXA"),
        Diagnosis("Condition/pain"),
    )
    assert (back, pain, fall) == diagnoses_of(chart, ("Condition/fall", "Condition/back", "Condition/pain"))
    assert () == diagnoses_of(chart, ("Condition/fall",))
