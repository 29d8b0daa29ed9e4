"""FHIR R4 resources of a plan of care: the CarePlan and its Goals."""

from datetime import date, timedelta
from typing import Final

from cds_service.stories.care_words import GoalWords, PlanWords
from cds_service.stories.resources.measured import tool_named
from cds_service.stories.resources.persons import contained_roles, role_reference
from cds_service.stories.resources.pieces import (
    DISCIPLINES,
    SNOMED,
    FhirJson,
    StorySetting,
    coding,
    concept,
    elements,
    program_words,
    quantity_element,
    service_concept,
)

DEFAULT_PLAN_WEEKS: Final = 12


def plans(setting: StorySetting, plan: PlanWords, starts: date) -> list[FhirJson]:
    """A CarePlan and its Goals; ``starts`` is used where the story names no start."""
    start = starts if plan.start is None else setting.calendar.date_of(plan.start)
    end = _plan_end(setting, plan, start)
    program = plan.program or setting.words.program
    goals = [_goal(setting, goal, start, end) for goal in plan.goals]
    author = plan.author or (plan.discipline if plan.discipline in DISCIPLINES else None)
    discipline = DISCIPLINES.get(plan.discipline)
    activity = elements(
        kind="ServiceRequest",
        code=service_concept(plan.code, program),
        status="in-progress" if plan.status == "active" else "not-started",
        scheduledTiming=_timing(plan),
    )
    title = plan.title or " ".join(filter(None, (discipline and discipline[1], "plan of care")))
    care_plan = elements(
        resourceType="CarePlan",
        id=setting.id(plan.id, "plan"),
        contained=contained_roles(setting, [author] if author else []),
        status=plan.status,
        intent="plan",
        category=[concept(coding(SNOMED, *discipline), text=discipline[1])] if discipline else None,
        title=f"{title}: {program_words(program).lower()}" if plan.title is None else title,
        subject=setting.subject,
        period=elements(start=start.isoformat(), end=end and end.isoformat()),
        created=start.isoformat(),
        author=role_reference(setting, author) if author else None,
        addresses=setting.conditions(plan.injury),
        goal=[{"reference": f"Goal/{goal['id']}"} for goal in goals],
        activity=[{"detail": activity}] if plan.activity else None,
    )
    return [care_plan, *goals]


def _plan_end(setting: StorySetting, plan: PlanWords, start: date) -> date | None:
    if plan.end is not None:
        return setting.calendar.date_of(plan.end)
    if "end" in plan.model_fields_set:
        return None
    return start + timedelta(weeks=plan.weeks or DEFAULT_PLAN_WEEKS, days=-1)


def _timing(plan: PlanWords) -> FhirJson | None:
    if plan.sessions_a_week is None and plan.minutes is None:
        return None
    repeat = elements(
        duration=plan.minutes,
        durationUnit="min" if plan.minutes else None,
        frequency=plan.sessions_a_week,
        period=1 if plan.sessions_a_week else None,
        periodUnit="wk" if plan.sessions_a_week else None,
    )
    return {"repeat": repeat}


def _goal(setting: StorySetting, goal: GoalWords, start: date, end: date | None) -> FhirJson:
    due = end.isoformat() if goal.due is None and end else None if goal.due is None else setting.day(goal.due)
    code, name, unit = tool_named(goal.measure) if goal.measure else ({}, None, None)
    target = elements(
        measure=concept(*([code] if code else []), text=name),
        detailQuantity=None if goal.target is None else quantity_element(goal.target, goal.unit or unit),
        dueDate=due,
    )
    return elements(
        resourceType="Goal",
        id=setting.id(None, "goal"),
        lifecycleStatus="active",
        description={"text": goal.text},
        subject=setting.subject,
        startDate=start.isoformat(),
        target=[target] if target else None,
    )
