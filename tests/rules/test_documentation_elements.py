"""What counts as being in the record of a visit: goals with a date, an assessment in time, the number on the claim."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Assessment, AssessmentKind, Encounter, Goal, Order, PlanOfCare, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import Program
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, ChargedLine, Claim, InjuryEvidence
from cds_service.domain.intervals import Interval
from cds_service.rules.documentation import ELEMENTS, check_documentation
from cds_service.rules.rule import Answer
from tests.billing.bill_stories import DAY, policy_of

START = datetime(2026, 3, 16, 8, tzinfo=UTC)
TREATED = Session(
    "Procedure/s",
    DAY,
    Program.CONDITIONING,
    period=Interval(START, START + timedelta(hours=2)),
    encounter="Encounter/e",
)
VISIT = Encounter("Encounter/e", DAY, TREATED.period, ended=True)
CHART = Chart("Patient/p", sessions=(TREATED,), encounters=(VISIT,))
APPROVAL = Authorization("ClaimResponse/a", AuthorizationState.APPROVED, "A")
LINE = ChargedLine(1, 0, "97545", ("GP",), 1, DAY)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def claim(name: str, *numbers: str) -> Claim:
    return Claim(f"Claim/{name}", "draft", (LINE,), ("Encounter/e",), numbers)


def plan(**changes: object) -> PlanOfCare:
    known: dict[str, object] = {"start": None, "end": None, "work_rehab": True, "program": Program.CONDITIONING}
    return PlanOfCare("CarePlan/p", "active", **(known | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("element", "changes", "present"),
    [
        ("D-1", {"injury": (InjuryEvidence("accident", "Claim/a", "work"),)}, True),
        ("D-1", {}, False),
        ("D-2", {"deficits": ("lifting",)}, True),
        ("D-2", {}, False),
        ("D-3", {"sessions": (TREATED._replace(described=True), TREATED._replace(reference="Procedure/t"))}, True),
        ("D-3", {}, False),
        ("D-4", {"goals": (Goal("Goal/a"), Goal("Goal/b", described=True))}, True),
        ("D-4", {"goals": (Goal("Goal/a"),)}, False),
        ("D-5", {}, True),
        ("D-5", {"encounters": (VISIT._replace(period=None),)}, False),
        ("D-5", {"sessions": (TREATED, TREATED._replace(reference="Procedure/t", period=None))}, False),
        ("D-6", {"assessments": (Assessment("Procedure/e", ago(7), AssessmentKind.EVALUATION),)}, True),
        ("D-6", {"assessments": (Assessment("Procedure/e", ago(8), AssessmentKind.EVALUATION),)}, False),
        ("D-6", {}, False),
        ("D-7", {"plans": (plan(),)}, True),
        ("D-7", {"plans": (plan(end=ago(1)),)}, False),
        ("D-9", {"encounters": (VISIT._replace(period=None),)}, True),
        ("D-9", {"sessions": (TREATED._replace(period=None),)}, False),
        ("D-11", {"assessments": (Assessment("Procedure/e", DAY, AssessmentKind.PERFORMANCE_TEST),)}, True),
        ("D-11", {"assessments": (Assessment("Procedure/e", DAY, AssessmentKind.EVALUATION),)}, False),
        ("D-13", {"goals": (Goal("Goal/a", described=True, due=DAY),)}, True),
        ("D-13", {"goals": (Goal("Goal/a", described=True), Goal("Goal/b", due=DAY))}, False),
        ("D-16", {"orders": (Order("ServiceRequest/o", work_rehab=True, program=Program.CONDITIONING),)}, True),
        ("D-16", {"orders": (Order("ServiceRequest/o", work_rehab=False, program=Program.UNKNOWN),)}, False),
        ("D-18", {"plans": (plan(scheduled=True),)}, True),
        ("D-18", {"plans": (plan(),)}, False),
        ("D-20", {}, True),
        ("D-20", {"authorizations": (APPROVAL,)}, True),
        ("D-20", {"claims": (claim("a"),)}, True),
        ("D-20", {"authorizations": (APPROVAL,), "claims": (claim("a"),)}, False),
        ("D-20", {"authorizations": (APPROVAL,), "claims": (claim("a"), claim("b", "A"))}, True),
    ],
)
def test_an_element_of_the_record_is_there_or_is_missing(element, changes, present):
    case = Case(Moment.VISIT_CLOSE, DAY, DAY, replace(CHART, **changes), encounter="Encounter/e")
    policy = policy_of({"documentation.required": [element], "reassessment.interval_days": 7})
    found = [answer for answer in check_documentation(case, NOTHING_BILLED, policy) if isinstance(answer, Answer)]
    assert present == (not found)


def test_what_only_a_document_shows_is_never_called_missing():
    documents = [element for element, known in ELEMENTS.items() if known.present is None]
    case = Case(Moment.VISIT_CLOSE, DAY, DAY, CHART, encounter="Encounter/e")
    found = list(check_documentation(case, NOTHING_BILLED, policy_of({"documentation.required": documents})))
    assert not any(isinstance(result, Answer) for result in found)
