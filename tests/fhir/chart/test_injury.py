"""Evidence that an injury came of work, and its date."""

from datetime import date

import pytest

from cds_service.domain.chart import Fact
from cds_service.domain.coverage_and_claims import InjuryDate, InjuryEvidence
from cds_service.fhir.chart.build import build_chart
from tests.fhir.resources import (
    ACCIDENT,
    ICD_10,
    bundle,
    care_plan,
    chart_of,
    coded,
    condition,
    coverage,
    encounter,
    prefetched,
)

WORKERS = coverage(type=coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "WCBPOL"))
HURT = ACCIDENT | {"accident": {"date": "2026-01-02"}}
WORK_ACTIVITY = coded(ICD_10, "Y99.0")


@pytest.mark.parametrize(
    ("values", "evidence"),
    [
        ({"coverage": WORKERS}, ("workers' compensation coverage", "Coverage/c", "workers' compensation")),
        ({"conditions": condition(code=WORK_ACTIVITY)}, ("external cause code", "Condition/k", "Y99.0")),
        ({"encounters": encounter(reasonCode=[WORK_ACTIVITY])}, ("external cause code", "Encounter/e", "Y99.0")),
        ({"charges": HURT}, ("accident on a claim", "Claim/cl", date(2026, 1, 2))),
        ({"conditions": condition(code=coded(ICD_10 + "/", "Y99.0"))}, ("external cause code", "Condition/k", "Y99.0")),
        ({"conditions": condition(code=coded("ICD-10-CM", "Y990"))}, ("external cause code", "Condition/k", "Y99.0")),
        ({"conditions": condition(code=coded(None, " y99.0"))}, ("external cause code", "Condition/k", "Y99.0")),
        (
            {"conditions": condition(code={"text": "Civilian activity done for income or pay"})},
            ("documented statement", "Condition/k", "Civilian activity done for income or pay"),
        ),
        (
            {"charges": ACCIDENT | {"accident": {"date": "2026-01-02", "type": {"text": "Auto accident at work"}}}},
            ("accident on a claim", "Claim/cl", date(2026, 1, 2)),
        ),
        (
            {"conditions": condition(note=[{"text": "Work-related, on 2 January."}])},
            ("documented statement", "Condition/k", "Work-related"),
        ),
        (
            {"carePlans": care_plan(description="Injured at work.")},
            ("documented statement", "CarePlan/cp", "Injured at work"),
        ),
    ],
)
def test_each_kind_of_evidence_shows_a_work_related_injury(values, evidence):
    assert chart_of(**values).injury == (InjuryEvidence(*evidence),)


@pytest.mark.parametrize(
    "values",
    [
        {"coverage": bundle(coverage())},
        {"conditions": bundle(condition(code=coded(ICD_10, "Y99.0"), verificationStatus=coded(None, "refuted")))},
        {"conditions": bundle(condition(note=[{"text": "Not work-related."}]))},
        {"charges": bundle(ACCIDENT | {"accident": {"date": "2026-01-02", "type": coded(None, "SPT")}})},
        {"charges": bundle(ACCIDENT | {"accident": {"date": "2026-01-02", "type": coded(None, "MVA")}})},
        {"charges": bundle(ACCIDENT | {"accident": {"date": "2026-01-02", "type": {"text": "Auto"}}})},
        {"charges": bundle(ACCIDENT | {"accident": {}})},
        {"conditions": bundle(condition(note=[{"text": "Work-related: no"}]))},
        {"conditions": bundle(condition(note=[{"text": "Work injury? No."}]))},
        {"conditions": bundle(condition(note=[{"text": "Denies that it happened at work; work injury ruled out"}]))},
        {"charges": bundle(ACCIDENT | {"status": "cancelled", "accident": {"date": "2026-01-02"}})},
    ],
)
def test_other_records_show_no_work_related_injury(values):
    assert chart_of(**values).injury == ()


@pytest.mark.parametrize(
    ("values", "dates"),
    [
        ({"conditions": condition(onsetDateTime="2026-01-02")}, [("Condition/k", date(2026, 1, 2))]),
        ({"conditions": condition(onsetDateTime="2026-01-02T23:30:00-06:00")}, [("Condition/k", date(2026, 1, 2))]),
        ({"conditions": condition(onsetDateTime="2026-01")}, []),
        ({"conditions": condition(onsetString="last winter")}, []),
        ({"charges": HURT}, [("Claim/cl", date(2026, 1, 2))]),
        ({"charges": ACCIDENT | {"accident": {"date": "2026-01-02", "type": coded(None, "SPT")}}}, []),
    ],
)
def test_the_date_of_an_injury_is_told_by_its_condition_or_an_accident_to_the_day(values, dates):
    assert [InjuryDate(*fields) for fields in dates] == list(chart_of(**values).injury_dates)


def test_no_evidence_of_an_injury_is_unknown_while_a_source_is_missing():
    keys = ["coverage", "conditions"]
    assert Fact.INJURY in build_chart("p1", prefetched(keys, coverage=bundle(coverage()))).unavailable
    assert Fact.INJURY not in build_chart("p1", prefetched(keys, coverage=bundle(WORKERS))).unavailable
