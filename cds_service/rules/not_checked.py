"""What could not be checked, because this EHR sends no data for it."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from cds_service.domain.bill import Bill
from cds_service.domain.care import DAYS_OF_A_WEEK
from cds_service.domain.case import AT_VISITS, Case, Moment
from cds_service.domain.chart import Fact
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.policies.model import PolicyView
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

CHECKS: Final[Mapping[Fact, str]] = {
    Fact.COVERAGE: "coverage",
    Fact.AUTHORIZATIONS: "prior authorization",
    Fact.PLAN_OF_CARE: "plan of care",
    Fact.ASSESSMENTS: "evaluation",
    Fact.SESSIONS: "earlier visits",
    Fact.INJURY: "work injury",
}
"""What is checked of an order with each fact, the most money at stake first."""
CHECKS_OF_VISIT: Final[Mapping[Fact, str]] = {
    **CHECKS,
    Fact.ASSESSMENTS: "reassessment",
    Fact.CHARGES: "charges already drafted",
}


def earlier_in_the_week(case: Case) -> tuple[date, ...]:
    """Earlier visits of the program in its week that holds the date of service, as far as is known."""
    if case.episode is None or Fact.SESSIONS in case.chart.unavailable:
        return ()
    day = case.date_of_service
    begun = day - timedelta(days=(day - case.episode.first).days % DAYS_OF_A_WEEK)
    dates = case.episode.dates
    return dates[bisect_left(dates, begun) : bisect_left(dates, day)]


def unchecked_of(case: Case, checks: Mapping[Fact, str]) -> dict[str, str | None]:
    """What cannot be checked, each with the place where the clinic keeps the data, where it has said so."""
    chart = case.chart
    return {check: chart.kept.get(fact) for fact, check in checks.items() if fact in chart.unavailable}


def unsure_of(case: Case, checks: Mapping[Fact, str]) -> dict[str, str | None]:
    """What cannot be checked, or only from a part of the record, with the place where the clinic keeps the data."""
    chart = case.chart
    return {
        check: chart.kept.get(fact)
        for fact, check in checks.items()
        if fact in chart.unavailable or fact in chart.in_part
    }


def check_not_checked(case: Case, _bill: Bill, _policy: PolicyView) -> Iterator[Result]:
    """What this EHR sends no data for is not checked, and that is said instead of passing for "all clear".

    It is told with an order, and at the first visit of each week of the program. Where the clinic has said where it
    keeps such data, that place is named.
    """
    if case.moment in AT_VISITS and earlier_in_the_week(case):
        yield NotApplicable("told at the first visit of the week")
        return
    unchecked = unchecked_of(case, CHECKS_OF_VISIT if case.moment in AT_VISITS else CHECKS)
    if unchecked:
        places = {check: place for check, place in unchecked.items() if place is not None}
        yield Answer(
            kind="data",
            severity=Severity.INFO,
            subject=case.chart.patient,
            facts={"checks": tuple(check for check in unchecked if check not in places), "places": places},
            evidence=tuple(
                Evidence(check, f"kept in {place}" if place is not None else "no data received")
                for check, place in unchecked.items()
            ),
        )


RULES = (
    Rule(
        id="not-checked",
        topic=Topic.DOCUMENTATION,
        title="What could not be checked",
        moments=frozenset({Moment.ORDER, *AT_VISITS}),
        facts=(),
        parameters=(),
        sources=("CH-P-12", "CH-P-13"),
        check=check_not_checked,
    ),
)
