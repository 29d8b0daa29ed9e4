"""The plan of care: active, in its period, renewed and reviewed in time."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from cds_service.domain.bill import Bill
from cds_service.domain.care import AssessmentKind, PlanOfCare
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.findings import Days, Evidence, FactValue, Severity, Topic
from cds_service.domain.values import PolicyValue, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.answers import asked_dates
from cds_service.rules.measurements import of_episode
from cds_service.rules.rule import Answer, Result, Rule

_REVIEWING: Final = (AssessmentKind.EVALUATION, AssessmentKind.REEVALUATION)


def plan_on(case: Case, day: date) -> PlanOfCare | None:
    """An active plan whose period, where given, contains the day."""
    return next((plan for plan in case.active_plans if plan.covers(day)), None)


def listing(policy: PolicyView, *elements: str) -> tuple[PolicyValue[tuple[str, ...]], ...]:
    """The lists of documentation, the general one and the payer's own, on which one of the elements stands."""
    lists = values(policy.get(params.DOCUMENTATION_REQUIRED), policy.get(params.DOCUMENTATION_ALSO_REQUIRED))
    return tuple(value for value in lists if not set(elements).isdisjoint(value.value))


def check_plan_of_care(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Treatment follows an active plan of care, inside its period, renewed and reviewed in time (R-4).

    A plan older than the longest interval has to be renewed. Where the payer requires reviews in between, they are
    counted from the plan's start or the last evaluation or re-evaluation. For a booked date to which there is still
    time the day is told by which it has to be done. Signatures and certification dates are not
    part of what is read; where the payer requires them, that is said. An active plan whose content only its narrative
    tells, or orders that were not given, is neither called missing nor taken for the plan.
    """
    days = asked_dates(case)
    outside, plan = next((day for day in days if plan_on(case, day) is None), None), plan_on(case, days[-1])
    if case.unread_plan is not None:
        yield case.unread_plan
    elif not case.active_plans:
        yield _none_active(case, policy)
    elif outside is not None or plan is None:
        yield _outside(case, policy, outside or days[-1])
    else:
        yield from _in_time(case, policy, plan, days[-1])


def _none_active(case: Case, policy: PolicyView) -> Answer:
    plans = [plan for plan in case.chart.plans if plan.content]
    listed = [plan for plan in plans if plan.work_rehab] or plans
    facts = {"status": listed[-1].status} if listed else {}
    evidence = tuple(Evidence("plan of care", plan.status, plan.reference) for plan in listed[-1:])
    kind = "not-active" if listed else "missing"
    missing = "none that could be read" if case.chart.set_aside(Fact.PLAN_OF_CARE) else "none"
    evidence = evidence or (Evidence("plan of care", missing),)
    return Answer(
        kind,
        Severity.WARNING,
        case.date_of_service.isoformat(),
        facts,
        listing(policy, "D-7"),
        evidence,
        absent=(Fact.PLAN_OF_CARE,),
    )


def _outside(case: Case, policy: PolicyView, day: date) -> Answer:
    plan = case.active_plans[0]
    return Answer(
        kind="outside",
        severity=Severity.WARNING,
        subject=plan.reference,
        facts={"day": day, "start": plan.start or "", "end": plan.end or ""},
        values=listing(policy, "D-7"),
        evidence=(_period(plan), Evidence("date asked about", day)),
        absent=(Fact.PLAN_OF_CARE,),
    )


def _in_time(case: Case, policy: PolicyView, plan: PlanOfCare, day: date) -> Iterator[Result]:
    """Whether the plan in force on the day was renewed and reviewed in time."""
    maximum = policy.get(params.PLAN_MAXIMUM_DAYS)
    if maximum is not None and plan.start is not None and (age := (day - plan.start).days) > maximum.value:
        by = plan.start + timedelta(days=maximum.value)
        yield Answer(
            kind="too-old",
            severity=_severity(case, by),
            subject=plan.reference,
            facts={"start": plan.start, "days": age, "maximum": maximum.value, "by": _still(case, by)},
            values=(maximum,),
            evidence=(_period(plan),),
        )
        return
    yield from _reviewed(case, policy, plan, day)
    certify = policy.get(params.PLAN_CERTIFY_WITHIN_DAYS)
    if certify is not None:
        yield Unknown(
            Fact.DOCUMENTS,
            f"certification within {certify.value} days is not checked: signatures are not read here",
        )


def _reviewed(case: Case, policy: PolicyView, plan: PlanOfCare, day: date) -> Iterator[Result]:
    every = policy.get(params.PLAN_REVIEW_DAYS)
    if every is None:
        return
    reviews = of_episode(case, _REVIEWING)
    known = [*([plan.start] if plan.start is not None else []), *(review.date for review in reviews)]
    if not known:
        yield Unknown(Fact.PLAN_OF_CARE, "neither a start of the plan nor an evaluation shows when it was reviewed")
        return
    last = max(known)
    if (day - last).days > every.value:
        by = last + timedelta(days=every.value)
        yield Answer(
            kind="review-due",
            severity=_severity(case, by),
            subject=plan.reference,
            facts={"last": last, "days": (day - last).days, "maximum": every.value, "by": _still(case, by)},
            values=(every,),
            evidence=(
                _period(plan),
                *(Evidence(f"last {review.kind.value}", review.date, review.reference) for review in reviews[-1:]),
            ),
            caveats=(Unknown(Fact.DOCUMENTS, "a review recorded only in a document is not seen"),),
        )


def _severity(case: Case, by: date) -> Severity:
    """Only what is late on the day of the call is a warning."""
    return Severity.WARNING if by < case.today else Severity.INFO


def _still(case: Case, by: date) -> FactValue:
    """The day by which it has to be done, where that is not past on the day of the call; else empty."""
    return by if by >= case.today else ""


def _period(plan: PlanOfCare) -> Evidence:
    return Evidence("plan of care", Days(plan.start, plan.end), plan.reference)


RULES = (
    Rule(
        id="plan-of-care",
        topic=Topic.DOCUMENTATION,
        title="Plan of care",
        moments=frozenset(Moment),
        facts=(Fact.PLAN_OF_CARE,),
        parameters=(
            params.PLAN_MAXIMUM_DAYS,
            params.PLAN_REVIEW_DAYS,
            params.PLAN_CERTIFY_WITHIN_DAYS,
            params.DOCUMENTATION_REQUIRED,
            params.DOCUMENTATION_ALSO_REQUIRED,
        ),
        sources=("R-4",),
        check=check_plan_of_care,
        about=("orders", "dates"),
    ),
)
