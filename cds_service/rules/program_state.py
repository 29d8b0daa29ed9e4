"""Where a running program stands: its week, what is used of the approval, the next reassessment, the approval's end."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from cds_service.domain.bill import Bill
from cds_service.domain.care import DAYS_OF_A_WEEK
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact
from cds_service.domain.coverage_and_claims import Authorization
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.domain.values import undisputed, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.answers import newest_answer
from cds_service.rules.approvals import approval_evidence, used_on
from cds_service.rules.duration import Limit, first_counted, limit_of
from cds_service.rules.measurements import measurements
from cds_service.rules.not_checked import unsure_of
from cds_service.rules.rule import Answer, Result, Rule

STATE_CHECKS: Final[Mapping[Fact, str]] = {
    Fact.SESSIONS: "visits",
    Fact.ASSESSMENTS: "reassessment",
    Fact.AUTHORIZATIONS: "approval",
    Fact.COVERAGE: "coverage",
    Fact.PLAN_OF_CARE: "plan of care",
}
"""What the state of a program is told from, in its order."""


def check_program_state(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """The state of a running program at a glance, also when nothing is wrong (A-1, A-2, R-2).

    Weeks run from the first visit against the payer's limit, visits or other amounts against the approval in force;
    the next reassessment follows the last one by the payer's interval. What could not be checked is named. Before the
    first visit there is a state only where an approval is on file.
    """
    day, episode = case.date_of_service, case.episode
    approval = case.authorization_on(day)
    unchecked = unsure_of(case, STATE_CHECKS)
    if episode is None and approval is None and not unchecked:
        return
    limit = limit_of(case.program, policy) if episode is not None else None
    interval = policy.get(params.REASSESSMENT_INTERVAL)
    places = {check: place for check, place in unchecked.items() if place is not None}
    yield Answer(
        kind="state",
        severity=Severity.INFO,
        subject=episode.first.isoformat() if episode is not None else case.chart.patient,
        facts={
            **_weeks_and_visits(case, policy, limit),
            **_reassessment(case, policy),
            **_approval(case, policy, approval),
            "checks": tuple(check for check in unchecked if check not in places),
            "places": places,
        },
        values=tuple(map(undisputed, values(limit.value if limit is not None else None, interval))),
        evidence=(*_course(case, policy), *map(approval_evidence, case.answers_of_episode)),
        caveats=tuple(gap for gap in case.chart.gaps if gap.fact in STATE_CHECKS),
    )


def _weeks_and_visits(case: Case, policy: PolicyView, limit: Limit | None) -> dict[str, object]:
    """The week of the program, the payer's number of weeks, and the visits so far; 0 for what there is not."""
    unread = is_unsure(case, Fact.SESSIONS)
    if case.episode is None or unread:
        return {"week": 0, "weeks": 0, "visits": 0, "planned": unread}
    return {
        "planned": False,
        "week": (case.date_of_service - first_counted(case, policy)).days // DAYS_OF_A_WEEK + 1,
        "weeks": limit.weeks if limit is not None else 0,
        "visits": len(_visits(case)),
    }


def next_reassessment(case: Case, policy: PolicyView) -> date | None:
    """The day of the next reassessment, where one is wanted and all that measures was sent."""
    interval = policy.get(params.REASSESSMENT_INTERVAL)
    if case.episode is None or interval is None or is_unsure(case, Fact.ASSESSMENTS):
        return None
    done = measurements(case, policy).last_done
    return (done.date if done is not None else case.episode.first) + timedelta(days=interval.value)


def _reassessment(case: Case, policy: PolicyView) -> dict[str, object]:
    due = next_reassessment(case, policy)
    return {"reassess_by": due, "overdue": due < case.date_of_service} if due is not None else {}


def _approval(case: Case, policy: PolicyView, approval: Authorization | None) -> dict[str, object]:
    """Amount used and end of the approval in force, else the payer's last answer."""
    if approval is None:
        answer = newest_answer(case.answers_of_episode)
        return {"used": (), "answer": answer.value if answer is not None else ""}
    counted = not is_unsure(case, Fact.SESSIONS)
    used = tuple(used_on(case, policy, case.date_of_service)) if counted else ()
    return {"approved_to": approval.end or "", "used": used}


def is_unsure(case: Case, fact: Fact) -> bool:
    """Whether a fact was not sent, or only a part of it."""
    return fact in case.chart.unavailable or fact in case.chart.in_part


def _course(case: Case, policy: PolicyView) -> Iterator[Evidence]:
    visits = _visits(case)
    if visits:
        yield Evidence("first visit", visits[0])
        yield Evidence("last visit", visits[-1])
        yield Evidence("visits", len(visits))
    done = measurements(case, policy).last_done
    if done is not None:
        yield Evidence("last assessment", done.date, done.reference)


def _visits(case: Case) -> tuple[date, ...]:
    return tuple(day for day in case.episode.dates if day <= case.date_of_service) if case.episode is not None else ()


RULES = (
    Rule(
        id="program-state",
        topic=Topic.AUTHORIZATION,
        title="State of the program",
        moments=frozenset({Moment.OVERVIEW}),
        facts=(),
        parameters=(
            params.REASSESSMENT_INTERVAL,
            params.REASSESSMENT_TOOLS,
            params.MAX_WEEKS,
            params.LENGTH_WEEKS,
            params.AUTHORIZATION_UNIT,
            params.FIRST_UNIT_FULL,
            params.FIRST_UNIT_MINIMUM,
            params.ADDITIONAL_UNIT_MINIMUM,
        ),
        sources=("A-1", "A-2", "R-2"),
        check=check_program_state,
    ),
)
