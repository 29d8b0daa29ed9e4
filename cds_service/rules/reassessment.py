"""Measured progress every week, reports, and what to do without progress."""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta

from cds_service.domain.case import EPISODE_GAP_DAYS, Case, Moment
from cds_service.domain.chart import Assessment, AssessmentKind, Fact, Gap
from cds_service.domain.findings import Evidence, FactValue, Severity, Topic
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

ON_VISITS = frozenset({Moment.VISIT_START, Moment.VISIT_CLOSE, Moment.OVERVIEW})
NO_PROGRAM = NotApplicable("no program under way")
MEASURED = frozenset({AssessmentKind.MEASUREMENT, AssessmentKind.QUESTIONNAIRE, AssessmentKind.PERFORMANCE_TEST})


def of_episode(case: Case, kinds: frozenset[AssessmentKind] = frozenset(AssessmentKind)) -> list[Assessment]:
    """Assessments up to the date of service, from 60 days before the first visit on, oldest first."""
    first = case.episode.first if case.episode else case.date_of_service
    since = first - timedelta(days=EPISODE_GAP_DAYS)
    if case.episode is not None and len(case.episodes) > 1:
        before = [one.last for one in case.episodes if one.last < first]
        since = max((since, *before))
    return sorted(
        (one for one in case.chart.assessments if one.kind in kinds and since <= one.date <= case.date_of_service),
        key=lambda one: one.date,
    )


def objective(assessments: list[Assessment]) -> list[Assessment]:
    """Those that measured something: a re-evaluation counts only with a measured value on its date (R-2)."""
    measured = {one.date for one in assessments if one.kind in MEASURED}
    return [one for one in assessments if one.kind is not AssessmentKind.REEVALUATION or one.date in measured]


def check_reassessment(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Weekly assessment and re-evaluation with objective tools and measurements (R-2).

    Due at a visit when the interval is reached, overdue when it is passed with a visit in between, before the one
    asked about. The evaluation counts as the first one; a re-evaluation without any measured value does not count.
    """
    interval = policy.get(params.REASSESSMENT_INTERVAL)
    episode = case.episode
    if episode is None or interval is None:
        yield NO_PROGRAM
        return
    day = case.date_of_service
    on_file = of_episode(case)
    measured = objective(on_file)
    last = measured[-1].date if measured else None
    since = last or episode.first
    gap = (day - since).days
    treated = [one for one in case.visits if since <= one < day and one != last]
    subject = episode.first.isoformat()
    evidence = (
        *(Evidence("last measured", one.date, one.reference) for one in measured[-1:]),
        Evidence("visits since", len(treated)),
        Evidence("days since", gap),
    )
    at_visit = case.moment is not Moment.OVERVIEW
    if gap < interval.value or (gap > interval.value and not treated and not at_visit):
        return
    narrative = [one for one in on_file if one not in measured and one.date > since]
    facts: dict[str, FactValue]
    if narrative:
        facts = {"date": narrative[-1].date, "last": last or ""}
        told = Evidence("re-evaluation without a measured value", narrative[-1].date, narrative[-1].reference)
        yield Answer("not-objective", Severity.WARNING, subject, facts, (interval,), (told, *evidence))
    elif last is None:
        facts = {"first": episode.first, "days": gap}
        yield Answer("never", Severity.WARNING, subject, facts, (interval,), evidence)
    elif gap == interval.value or not treated:
        yield Answer("due", Severity.INFO, subject, {"last": last}, (interval,), evidence)
    else:
        facts = {"last": last, "days_over": gap - interval.value, "interval": interval.value}
        yield Answer("overdue", Severity.WARNING, subject, facts, (interval,), evidence)


def check_progress_report(case: Case, policy: PolicyView) -> Iterator[Result]:
    """A progress report at least once every so many treatment days, the first treatment day counted (R-3).

    An evaluation, a re-evaluation or a performance test stands for a report; documents themselves are not read.
    """
    every = policy.get(params.PROGRESS_REPORT_DAYS)
    if every is None:
        yield NotApplicable("the payer's policy counts no treatment days")
        return
    if case.episode is None:
        yield NO_PROGRAM
        return
    reporting = frozenset({AssessmentKind.EVALUATION, AssessmentKind.REEVALUATION, AssessmentKind.PERFORMANCE_TEST})
    reports = of_episode(case, reporting)
    last = reports[-1].date if reports else None
    if last == case.date_of_service:
        return
    since = last or case.episode.first
    treated = {day for day in case.visits if since <= day <= case.date_of_service} | ({last} if last else set())
    if len(treated) >= every.value:
        yield Answer(
            kind="due",
            severity=Severity.WARNING,
            subject=case.episode.first.isoformat(),
            facts={"days": len(treated), "count": every.value, "last": last or ""},
            values=(every,),
            evidence=(
                Evidence("treatment days since the last report", len(treated)),
                *(Evidence("last report", one.date, one.reference) for one in reports[-1:]),
            ),
            caveats=(Gap(Fact.DOCUMENTS, "progress notes kept as documents are not read"),),
        )


def check_no_progress(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Services have to show improvement; reassessments of one tool without any ask for new goals or discharge (R-6).

    Which way is better is told by the policy's tools or by a goal for the same measure. Without either only equal
    values are called no progress.
    """
    count, tools = policy.get(params.NO_PROGRESS_COUNT), policy.get(params.REASSESSMENT_TOOLS)
    if case.episode is None or count is None:
        yield NO_PROGRAM
        return
    by_tool: dict[str, list[Assessment]] = {}
    for one in of_episode(case, frozenset({AssessmentKind.MEASUREMENT, AssessmentKind.QUESTIONNAIRE})):
        if one.tool is not None and one.value is not None:
            by_tool.setdefault(one.tool, []).append(one)
    for tool, series in by_tool.items():
        by_date = list({one.date: one for one in series}.values())
        recent = by_date[-(count.value + 1) :]
        if len(recent) <= count.value:
            continue
        known = tools.value.get(tool) if tools is not None else None
        lower = known.better == "lower" if known is not None else _lower_is_better(case, tool, by_date[0])
        least = known.minimum_change if known is not None and known.minimum_change is not None else 0.0
        steps = [(b.value or 0.0) - (a.value or 0.0) for a, b in itertools.pairwise(recent)]
        if lower is None:
            if any(steps):
                why = "whether higher or lower is better is not told for a tool"
                yield Gap(Fact.ASSESSMENTS, why, recent[-1].reference)
                continue
        elif any(_improved(-step if lower else step, least) for step in steps):
            continue
        yield Answer(
            kind="stalled",
            severity=Severity.INFO,
            subject=tool,
            facts={
                "tool": recent[-1].label or tool,
                "values": tuple(f"{one.value:g}" for one in recent),
                "count": count.value,
            },
            values=(count, tools) if known is not None and tools is not None else (count,),
            evidence=tuple(Evidence(one.date.isoformat(), f"{one.value:g}", one.reference) for one in recent),
        )


def _improved(change: float, least: float) -> bool:
    return change > 0 and change >= least


def _lower_is_better(case: Case, tool: str, baseline: Assessment) -> bool | None:
    """The direction a goal for the same measure points in, seen from the first value."""
    target = next((g.target for g in case.chart.goals if g.measure == tool and g.target is not None), None)
    if target is None or baseline.value is None or target == baseline.value:
        return None
    return target < baseline.value


def last_measured(case: Case) -> date | None:
    """Date of the last objective assessment of the episode."""
    measured = objective(of_episode(case))
    return measured[-1].date if measured else None


RULES = (
    Rule(
        id="reassessment",
        topic=Topic.REASSESSMENT,
        title="Weekly reassessment",
        moments=ON_VISITS,
        facts=(Fact.ASSESSMENTS, Fact.SESSIONS),
        parameters=(params.REASSESSMENT_INTERVAL,),
        sources=("R-2",),
        check=check_reassessment,
    ),
    Rule(
        id="progress-report",
        topic=Topic.REASSESSMENT,
        title="Progress report",
        moments=ON_VISITS,
        facts=(Fact.ASSESSMENTS, Fact.SESSIONS, Fact.COVERAGE),
        parameters=(params.PROGRESS_REPORT_DAYS,),
        sources=("R-3",),
        check=check_progress_report,
    ),
    Rule(
        id="no-progress",
        topic=Topic.REASSESSMENT,
        title="No measured progress",
        moments=ON_VISITS,
        facts=(Fact.ASSESSMENTS, Fact.SESSIONS),
        parameters=(params.NO_PROGRESS_COUNT, params.REASSESSMENT_TOOLS),
        sources=("R-6",),
        check=check_no_progress,
    ),
)
