"""The timeline of the program that a case is about."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from cds_service.consultation.timelines.approved import amounts_left, ask_by, last_week
from cds_service.consultation.timelines.progression import measured_by_tool, tested
from cds_service.consultation.timelines.unknown import not_known
from cds_service.consultation.timelines.weeks import visits_in_time, weeks_of
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact
from cds_service.domain.program_timeline import AssessmentInTime, MeasuredBy, PlanInTime, Timeline
from cds_service.domain.values import Parameter, PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Request
from cds_service.rules.answers import newest_answer
from cds_service.rules.duration import first_counted, limit_of
from cds_service.rules.program_state import STATE_CHECKS, is_unsure, next_reassessment

LONGEST_LOOK_AHEAD: Final = timedelta(weeks=8)
"""How far after the day of the picture a date may lie to be shown with a column of its own."""
SHORTLY_BEFORE: Final = timedelta(days=14)
"""How long before the first visit an evaluation is shown as the start of the program."""


def timeline_of(case: Case, policy: PolicyView) -> Timeline | None:
    """The program of the case in time; None where the chart holds no program and nothing is booked.

    It is seen as when the chart is opened on the day of the call, or on the visit's own day where that is past.
    """
    seen = _as_opened(case)
    first = seen.episode.first if seen.episode is not None else None
    booked = tuple(visit for visit in case.appointments if first is None or visit.date >= first)
    if first is None and not booked:
        return None
    visits = visits_in_time(seen, policy, booked)
    counted_from = first_counted(seen, policy) if first is not None else visits[0].date
    all_visits = not is_unsure(seen, Fact.SESSIONS)
    limit = last_week(seen, policy) if first is not None and all_visits else None
    amounts = amounts_left(seen, policy) if all_visits else ()
    day = seen.date_of_service
    approval = seen.authorization_on(day)
    measured = measured_by_tool(seen, policy) if first is not None else ()
    due = next_reassessment(seen, policy)
    tests = tested(seen, policy) if first is not None else ()
    begins = min(visits[0].date, *_measured_before(visits[0].date, measured, tests))
    approved_to = approval.end if approval is not None else None
    ends = (
        limit.last_day if limit is not None else None,
        due,
        approved_to,
        *(amount.runs_out for amount in amounts),
        visits[-1].date,
    )
    latest = max((end for end in ends if end is not None and end <= day + LONGEST_LOOK_AHEAD), default=day)
    return Timeline(
        program=seen.program,
        injury=_injury(seen),
        day=day,
        today=case.today,
        weeks=weeks_of(visits, counted_from if all_visits else None, begins, max(day, visits[-1].date, latest)),
        measured=measured,
        tested=tests,
        plans=_plans(seen, visits[0].date),
        answers=seen.answers_of_episode,
        newest=newest_answer(seen.answers_of_episode),
        amounts=amounts,
        approved=approval is not None,
        approved_to=approved_to,
        limit=limit,
        measure_by=due,
        ask_by=ask_by(seen, policy, amounts, limit) if not is_unsure(seen, Fact.AUTHORIZATIONS) else None,
        other_programs=len(seen.episodes) - (first is not None),
        unsure=frozenset(fact for fact in STATE_CHECKS if is_unsure(seen, fact)),
        unknown=not_known(seen, policy, visits, measured, limit, booking=case.moment is Moment.BOOKING),
        values=_values(seen, policy),
    )


def _as_opened(case: Case) -> Case:
    """The case as an overview of its day, so that nothing planned counts as done: today, where its day is to come."""
    day = min(case.date_of_service, case.today)
    return replace(case, moment=Moment.OVERVIEW, date_of_service=day, appointments=())


def _measured_before(
    first: date, measured: tuple[MeasuredBy, ...], tests: tuple[AssessmentInTime, ...]
) -> tuple[date, ...]:
    """The days shortly before the first visit on which something was measured."""
    days = (*(result.date for series in measured for result in series.results), *(test.date for test in tests))
    return (first, *(day for day in days if first - SHORTLY_BEFORE <= day < first))


def _injury(case: Case) -> str:
    names = case.chart.condition_names
    conditions = case.episode.conditions if case.episode is not None else ()
    return ", ".join(names[condition] for condition in conditions if names.get(condition))


def _plans(case: Case, first: date) -> tuple[PlanInTime, ...]:
    """The plans of care for the program that do not end before it, active ones and those before them, by start."""
    conditions = case.episode.conditions if case.episode is not None else ()
    plans = [
        PlanInTime(plan.start, plan.end, plan.discipline, plan.reference)
        for plan in case.chart.plans
        if (plan.work_rehab or plan in case.active_plans)
        and plan.may_be_for(conditions)
        and (plan.end is None or plan.end >= first)
        and (plan.start is not None or plan.end is not None)
        and plan.status in {"active", "completed", "on-hold"}
    ]
    return tuple(sorted(plans, key=lambda plan: (plan.start or date.min, plan.reference)))


def _values(case: Case, policy: PolicyView) -> tuple[tuple[Parameter[Any], PolicyValue[Any]], ...]:
    """The policy values that the dates of the picture rest on, each with its parameter."""
    limit = limit_of(case.program, policy)
    request = policy.get(params.AUTHORIZATION_REQUEST)
    weeks = params.MAX_WEEKS if limit is not None and limit.extended else params.LENGTH_WEEKS
    found: tuple[tuple[Parameter[Any], PolicyValue[Any] | None], ...] = (
        (weeks, limit.value if limit is not None else None),
        (params.REASSESSMENT_INTERVAL, policy.get(params.REASSESSMENT_INTERVAL)),
        (params.AUTHORIZATION_WARN_DAYS, policy.get(params.AUTHORIZATION_WARN_DAYS)),
        (params.AUTHORIZATION_REQUEST, request if request is not None and _tells_time(request.value) else None),
    )
    return tuple((parameter, value) for parameter, value in found if value is not None)


def _tells_time(request: Request) -> bool:
    """Whether it says how long before it has to be made."""
    return request.days is not None or request.ahead_days is not None
