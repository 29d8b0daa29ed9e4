"""What was measured from the start of a program to now, each tool against its goal, and what is left out of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from cds_service.consultation.timelines.progression import measured_by_tool, trend_between
from cds_service.domain.care import Assessment
from cds_service.domain.case import Case
from cds_service.domain.episodes import injuries_of
from cds_service.domain.packet import GoalOfMeasure, MeasuredCourse
from cds_service.domain.program_timeline import Trend
from cds_service.fhir.reading.parties import GivesJson
from cds_service.policies.model import PolicyView
from cds_service.rules.measurements import measurements
from cds_service.rules.progress import lower_is_better, numbers_by_measure
from cds_service.rules.request_drafts import conditions_asked


class MeasuredSinceStart(NamedTuple):
    """The courses of each tool, and what was left out.

    ``other_injury`` are results that name another condition, ``earlier`` how many are of before this program.
    ``two_injuries`` is whether visits of the program are for two of them.
    """

    courses: tuple[MeasuredCourse, ...] = ()
    other_injury: tuple[Assessment, ...] = ()
    earlier: int = 0
    two_injuries: bool = False


def measured(case: Case, policy: PolicyView, json_of: GivesJson) -> MeasuredSinceStart:
    """What was measured for the injury of the request, as the rule about progress compares it (R-6).

    A result that names another condition is left out, and so is one of before the program.
    """
    conditions = frozenset(conditions_asked(case))
    of_program = {assessment.reference for assessment in case.assessments_of_episode}
    of_another = tuple(
        assessment
        for assessment, _ in measurements(case, policy).functional
        if is_of_another(json_of, assessment.reference, conditions)
    )
    left_out = {assessment.reference for assessment in of_another}
    own = tuple(assessment for assessment in case.chart.assessments if assessment.reference not in left_out)
    seen = case if not of_another else _without(case, own)
    earlier = sum(
        1
        for assessment in case.chart.assessments
        if assessment.value is not None
        and assessment.date <= case.date_of_service
        and assessment.reference not in of_program
    )
    days = case.episode.dates if case.episode is not None else ()
    together = any(day in case.visits and len(injuries_of(case.visits[day].sessions)) > 1 for day in days)
    return MeasuredSinceStart(tuple(_courses(seen, policy)), of_another, earlier, together)


def _without(case: Case, assessments: tuple[Assessment, ...]) -> Case:
    return replace(case, chart=replace(case.chart, assessments=assessments))


def is_of_another(json_of: GivesJson, reference: str, conditions: frozenset[str]) -> bool:
    """Whether the record of a result names conditions, and none of those of the request."""
    found = json_of(reference) or {}
    entries = [entry for name in ("focus", "reasonReference") for entry in _list(found.get(name))]
    references = [str(entry.get("reference")) for entry in entries if isinstance(entry, dict)]
    named = {f"Condition/{text.rpartition('/')[2]}" for text in references if "Condition/" in text}
    return bool(named) and bool(conditions) and named.isdisjoint(conditions)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _courses(case: Case, policy: PolicyView) -> Iterator[MeasuredCourse]:
    shown = measured_by_tool(case, policy)
    for tool, (known, numbers) in zip(shown, numbers_by_measure(case, policy), strict=True):
        lower = lower_is_better(case, known, numbers[0])
        yield MeasuredCourse(
            tool=tool.tool,
            unit=numbers[-1].unit,
            start=tool.results[0],
            now=tool.results[-1],
            goal=_goal(case, numbers[0].tool),
            trend=trend_between(numbers[0], numbers[-1], known, lower) if len(numbers) > 1 else Trend.FIRST,
            lower_is_better=lower,
            steps=tool.results,
        )


def _goal(case: Case, tool: str | None) -> GoalOfMeasure | None:
    """The goal for the tool: of an active plan before others, the one that is due first."""
    of_plans = {goal for plan in case.active_plans for goal in plan.goals}
    goals = [goal for goal in case.chart.goals if goal.measure == tool and goal.target is not None]
    planned = [goal for goal in goals if goal.reference in of_plans] or goals
    dated = sorted(planned, key=lambda goal: (goal.due is None, goal.due or case.today))
    return next((GoalOfMeasure(goal.target or 0.0, goal.due, goal.reference) for goal in dated), None)
