"""What measures no function, whatever of it is recorded, neither silences nor starts a reassessment card."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Assessment, AssessmentKind, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import Program
from cds_service.policies.stack import PolicyStack
from cds_service.rules.catalog import RULES
from cds_service.rules.engine import apply_rules
from cds_service.rules.measurements import measurements

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
POLICY = PolicyStack.load().select(None, (), None, TODAY)
OTHER = (
    "PHQ-2 total score", "Tobacco smoking status", "Food worry", "Step count", "Heart rate", "Body weight",
    "Intake form", "Pain severity", "Low back pain", "Consent", "Hemoglobin A1c", "Zephyr composite", "",
)  # fmt: skip
FUNCTIONAL = ("Oswestry disability score", "Lift floor to waist", "Grip strength", "Zephyr functional score")

days = st.integers(-40, 3).map(lambda ago: TODAY + timedelta(days=ago))


def observed(words: str, day: date, value: float | None) -> Assessment:
    label = words or None
    return Assessment(
        f"Observation/{words}-{day}", day, AssessmentKind.MEASUREMENT, label, label, value, words=words, result=True
    )


def observations(names: tuple[str, ...]) -> st.SearchStrategy[list[Assessment]]:
    value = st.none() | st.integers(0, 100).map(float)
    return st.lists(st.builds(observed, st.sampled_from(names), days, value), max_size=8)


def cards(assessments: list[Assessment], visits: set[date], moment: Moment) -> list[tuple[object, ...]]:
    sessions = tuple(Session(f"Procedure/{day}", day, Program.CONDITIONING) for day in sorted(visits))
    case = Case(moment, TODAY, TODAY, Chart("Patient/p", sessions=sessions, assessments=tuple(assessments)))
    evaluation = apply_rules(case, NOTHING_BILLED, POLICY, RULES)
    return [
        (finding.kind, finding.severity, {name: value for name, value in finding.facts.items() if name != "pain"})
        for finding in evaluation.findings
        if finding.rule in {"reassessment", "no-progress"}
    ]


@settings(max_examples=200, deadline=None)
@given(
    function=observations(FUNCTIONAL),
    unrelated=observations(OTHER),
    visits=st.sets(days, min_size=1, max_size=12),
    moment=st.sampled_from([Moment.VISIT_START, Moment.VISIT_CLOSE, Moment.OVERVIEW]),
)
def test_what_measures_no_function_changes_no_reassessment_card(function, unrelated, visits, moment):
    assert cards(function, visits, moment) == cards([*function, *unrelated], visits, moment)


@settings(max_examples=100, deadline=None)
@given(unrelated=observations(OTHER), visits=st.sets(days, min_size=1, max_size=12))
def test_nothing_but_function_counts_as_measured(unrelated, visits):
    sessions = tuple(Session(f"Procedure/{day}", day, Program.CONDITIONING) for day in sorted(visits))
    case = Case(Moment.OVERVIEW, TODAY, TODAY, Chart("Patient/p", sessions=sessions, assessments=tuple(unrelated)))
    assert measurements(case, POLICY).last is None
