"""What has to stand in the record: the payer's list of elements, and the times."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from cds_service.domain.bill import Bill
from cds_service.domain.care import AssessmentKind
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat, Fact, Unknown
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.domain.terms import ELEMENT_WORDS as NAMES
from cds_service.domain.terms import SHORT_ELEMENTS
from cds_service.domain.values import values
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.applies import the_visit
from cds_service.rules.authorization import card_on_duration
from cds_service.rules.duration import first_counted, weeks_for
from cds_service.rules.measurements import measurements
from cds_service.rules.plan_of_care import listing, plan_on
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

NO_DOCUMENTS = "documents are not read here"


class Element(NamedTuple):
    """A documentation element: the fact it is read from, and how it is seen (None: it is not).

    ``told_by`` is the rule whose own card says what to do when it is missing.
    """

    fact: Fact
    present: Callable[[Case, Visit, PolicyView], bool] | None = None
    told_by: str | None = None


def _injury(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del visit, policy
    return bool(case.chart.injury)


def _deficits(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del visit
    return bool(case.chart.deficits or measurements(case, policy).functional)


def _skilled_services(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del case, policy
    return any(session.described for session in visit.sessions)


def _goals(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del visit, policy
    return any(goal.described for goal in case.chart.goals)


def _measurable_goals(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del visit, policy
    return any(goal.described and goal.due is not None for goal in case.chart.goals)


def _direct_and_total_time(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del case, policy
    return bool(visit.timed) and not visit.untimed and not _encounter_untimed(visit)


def _start_and_stop(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del case, policy
    return bool(visit.timed) and not visit.untimed


def _weekly_assessment(case: Case, visit: Visit, policy: PolicyView) -> bool:
    interval = policy.get(params.REASSESSMENT_INTERVAL)
    last = measurements(case, policy).last_done
    return last is not None and (interval is None or (visit.date - last.date).days <= interval.value)


def _active_plan(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del policy
    return plan_on(case, visit.date) is not None


def _approval_beyond_limit(case: Case, visit: Visit, policy: PolicyView) -> bool:
    weeks = policy.get(params.MAX_WEEKS)
    length = weeks_for(case.program, weeks.value) if weeks is not None else None
    if length is None or case.episode is None:
        return True
    beyond = first_counted(case, policy) + timedelta(weeks=length)
    return visit.date < beyond or case.authorization_on(visit.date) is not None


def _baseline_test(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del visit, policy
    return any(assessment.kind is AssessmentKind.PERFORMANCE_TEST for assessment in case.chart.assessments)


def _referral(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del visit, policy
    return any(order.work_rehab for order in case.chart.orders)


def _scheduled(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del visit, policy
    return any(plan.scheduled for plan in case.active_plans)


def _number_on_claim(case: Case, visit: Visit, policy: PolicyView) -> bool:
    del policy
    if case.authorization_on(visit.date) is None:
        return True
    claims = [claim for claim, _ in case.claims_of_date]
    if Fact.CHARGES in case.chart.unavailable:
        return False
    return not claims or any(claim.authorization_numbers for claim in claims)


ELEMENTS: Final[Mapping[str, Element]] = {
    "D-1": Element(Fact.INJURY, _injury, "work-relation"),
    "D-2": Element(Fact.ASSESSMENTS, _deficits),
    "D-3": Element(Fact.SESSIONS, _skilled_services),
    "D-4": Element(Fact.GOALS, _goals),
    "D-5": Element(Fact.SESSIONS, _direct_and_total_time, "time-documentation"),
    "D-6": Element(Fact.ASSESSMENTS, _weekly_assessment, "reassessment"),
    "D-7": Element(Fact.PLAN_OF_CARE, _active_plan, "plan-of-care"),
    "D-8": Element(Fact.AUTHORIZATIONS, _approval_beyond_limit, "program-duration"),
    "D-9": Element(Fact.SESSIONS, _start_and_stop, "time-documentation"),
    "D-10": Element(Fact.DOCUMENTS),
    "D-11": Element(Fact.ASSESSMENTS, _baseline_test),
    "D-12": Element(Fact.DOCUMENTS),
    "D-13": Element(Fact.GOALS, _measurable_goals),
    "D-14": Element(Fact.DOCUMENTS),
    "D-15": Element(Fact.DOCUMENTS),
    "D-16": Element(Fact.ORDERS, _referral),
    "D-17": Element(Fact.DOCUMENTS),
    "D-18": Element(Fact.PLAN_OF_CARE, _scheduled),
    "D-19": Element(Fact.DOCUMENTS),
    "D-20": Element(Fact.CHARGES, _number_on_claim),
}


ANSWERED_BY: Final[Mapping[str, str]] = {
    "D-2": "evaluation",
    "D-4": "goals",
    "D-10": "job-demands",
    "D-13": "goals",
    "D-14": "progress",
    "D-18": "plan-of-care",
}
"""Elements of the record that a completed questionnaire of a request answers, by the part of the request."""


def _answered(case: Case, policy: PolicyView) -> frozenset[str]:
    """Elements that a clinician answered in the questionnaire of this payer's request."""
    if not case.chart.request_answers:
        return frozenset()
    parts = {answer.element for answer in case.chart.request_answers if answer.policy in policy.layers}
    return frozenset(element for element, part in ANSWERED_BY.items() if part in parts)


def check_documentation(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """What a payer requires in the record of a visit; what has no evidence is listed on one card (D-1 to D-20).

    Elements that only a document could show are named as not checked: documents are not read. When another rule's card
    already says what to do about each missing element, the list stands on that card. What a clinician answered in the
    completed questionnaire of a request for approval is neither missing nor unchecked.
    """
    lists = values(policy.get(params.DOCUMENTATION_REQUIRED), policy.get(params.DOCUMENTATION_ALSO_REQUIRED))
    listed = tuple(dict.fromkeys(item for value in lists for item in value.value))
    answered = _answered(case, policy)
    required = tuple(item for item in listed if item not in answered) if answered else listed
    visit = the_visit(case)
    if not listed:
        yield NotApplicable("no policy in force lists documentation")
        return
    unknown = [item for item in required if ELEMENTS[item].present is None]
    unseen = [
        item
        for item in required
        for present in [ELEMENTS[item].present]
        if present is not None and not present(case, visit, policy)
    ]
    unread = [item for item in unseen if _why_unread(case, item) is not None]
    missing = [item for item in unseen if item not in unread]
    not_checked = (
        *_not_checked(case, (*unknown, *unread)),
        *_of_one_program(policy, listed),
    )
    yield from not_checked
    if missing:
        cards = [_card(ELEMENTS[item].told_by, case, policy) for item in missing]
        joins = None if None in cards else cards[0]
        yield Answer(
            kind="open",
            severity=Severity.INFO,
            subject=visit.date.isoformat(),
            facts={
                "items": tuple(NAMES[item] for item in missing),
                "short": tuple(SHORT_ELEMENTS[item] for item in missing),
                "joined": joins is not None,
            },
            values=listing(policy, *missing),
            evidence=tuple(Evidence(SHORT_ELEMENTS[item], "nothing found") for item in missing)
            if joins is None
            else (),
            caveats=not_checked,
            joins=joins,
        )


def _not_checked(case: Case, items: Iterable[str]) -> Iterator[Caveat]:
    """What could not be looked for, that of one reason together."""
    together: dict[tuple[Fact, str], list[str]] = {}
    for item in items:
        together.setdefault((ELEMENTS[item].fact, _why_unread(case, item) or NO_DOCUMENTS), []).append(NAMES[item])
    for (fact, why), names in together.items():
        yield Unknown(fact, f"not checked: {', '.join(names)} ({why})")


def _of_one_program(policy: PolicyView, required: Collection[str]) -> Iterator[Caveat]:
    """What the payer wants of conditioning or hardening alone, where it is not known which of them it is."""
    for value in policy.of_one_program(params.DOCUMENTATION_ALSO_REQUIRED):
        more = [NAMES[item] for item in value.value if item not in required]
        if more:
            yield Unknown(Fact.PROGRAM, f"for work {value.program} this payer also requires {', '.join(more)}")


def _card(rule: str | None, case: Case, policy: PolicyView) -> str | None:
    return card_on_duration(case, policy) if rule == "program-duration" else rule


def _why_unread(case: Case, item: str) -> str | None:
    """Why an element may be on record and not be seen; None where all was sent that could show it."""
    fact = ELEMENTS[item].fact
    plan = case.unread_plan if fact is Fact.PLAN_OF_CARE else None
    if plan is not None:
        return plan.why
    part = case.chart.in_part.get(fact)
    return case.chart.unavailable.get(fact) or (part.gaps[0].why if part is not None else None)


def check_time_documentation(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Timed codes stand or fall with recorded start and stop, direct time and total time (T-5, D-5, D-9).

    Where treatments were sent only in part, or one was left out and only the encounter tells of the visit, its times
    may be recorded and not be seen: that is no reason to ask for them.
    """
    visit = the_visit(case)
    if unseen := _unseen_treatments(case, visit):
        yield from unseen
        return
    missing: list[str] = []
    if not visit.minutes:
        missing.append("any time of the visit")
    elif visit.from_encounter:
        missing.append("start and stop of the treatment")
    elif visit.untimed:
        missing.append(f"start and stop of {len(visit.untimed)} of {len(visit.sessions)} treatments")
    if visit.minutes and Fact.ENCOUNTER not in case.chart.unavailable and _encounter_untimed(visit):
        missing.append("start and stop of the whole visit")
    if missing:
        yield Answer(
            kind="missing",
            severity=Severity.WARNING,
            subject=visit.date.isoformat(),
            facts={"missing": tuple(missing)},
            values=listing(policy, "D-5", "D-9"),
            evidence=tuple(
                Evidence("treatment without times", session.time_problem or "no start and stop", session.reference)
                for session in visit.untimed
            )
            or tuple(
                Evidence("encounter without times", "no start and stop", encounter.reference)
                for encounter in visit.encounters
            ),
        )


def _unseen_treatments(case: Case, visit: Visit) -> tuple[Caveat, ...]:
    part = case.chart.in_part.get(Fact.SESSIONS)
    if part is not None:
        return part.gaps
    only_encounter = visit.from_encounter and all(session.reference == session.encounter for session in visit.sessions)
    return tuple(gap for gap in case.chart.gaps if gap.fact is Fact.SESSIONS) if only_encounter else ()


def _encounter_untimed(visit: Visit) -> bool:
    """An encounter of the visit without start and stop; one still under way, or a series of visits, has none."""
    return any(
        encounter.period is None and encounter.length is None and encounter.ended and encounter.last is None
        for encounter in visit.encounters
    )


RULES = (
    Rule(
        id="documentation",
        topic=Topic.DOCUMENTATION,
        title="Documentation of the visit",
        moments=frozenset({Moment.VISIT_CLOSE}),
        facts=(Fact.SESSIONS,),
        parameters=(
            params.DOCUMENTATION_REQUIRED,
            params.DOCUMENTATION_ALSO_REQUIRED,
            params.REASSESSMENT_INTERVAL,
            params.REASSESSMENT_TOOLS,
            params.MAX_WEEKS,
            params.LENGTH_WEEKS,
            params.AUTHORIZATION_REQUIRED,
            params.AUTHORIZATION_AFTER_VISITS,
            params.AUTHORIZATION_AFTER_DAYS,
        ),
        sources=tuple(ELEMENTS),
        check=check_documentation,
        about=("visit",),
        terms=NAMES,
    ),
    Rule(
        id="time-documentation",
        topic=Topic.DOCUMENTATION,
        title="Times of the visit",
        moments=frozenset({Moment.VISIT_CLOSE}),
        facts=(Fact.SESSIONS,),
        parameters=(params.DOCUMENTATION_REQUIRED, params.DOCUMENTATION_ALSO_REQUIRED),
        sources=("T-5", "D-5", "D-9"),
        check=check_time_documentation,
        about=("visit",),
    ),
)
