"""What to do without measured progress."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from cds_service.domain.bill import Bill
from cds_service.domain.care import Assessment
from cds_service.domain.case import Case
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.domain.values import PolicyValue, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Tool
from cds_service.policies.tools import Known
from cds_service.rules.applies import NO_PROGRAM
from cds_service.rules.measurements import measurements
from cds_service.rules.reassessment import ON_VISITS
from cds_service.rules.rule import Answer, Result, Rule


def check_no_progress(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Services have to show improvement; reassessments of one tool without any ask for new goals or discharge (R-6).

    Only tools that measure function are compared, each with itself and in one unit. Which way is better is told by the
    policy's tools or by a goal for the same measure; without either only equal values are called no progress. At the
    best score there is nothing can improve.
    """
    count, tools = policy.get(params.NO_PROGRESS_COUNT), policy.get(params.REASSESSMENT_TOOLS)
    if count is None:
        yield NO_PROGRAM
        return
    for known, series in numbers_by_measure(case, policy):
        recent = series[-(count.value + 1) :]
        newest = recent[-1]
        if len(recent) <= count.value or _is_best(newest, known):
            continue
        if len({assessment.unit for assessment in recent if assessment.unit is not None}) > 1:
            yield Unknown(
                Fact.ASSESSMENTS, "a measure is recorded in different units and is not compared", newest.reference
            )
            continue
        lower = lower_is_better(case, known, series[0])
        steps = [(b.value or 0.0) - (a.value or 0.0) for a, b in itertools.pairwise(recent)]
        if lower is None:
            if any(steps):
                yield Unknown(
                    Fact.ASSESSMENTS,
                    "the policy does not say whether higher or lower is better for a tool",
                    newest.reference,
                )
                continue
        elif any(has_improved(-step if lower else step, known) for step in steps):
            continue
        directed = known is not None and known.tool.better is not None and tools is not None
        yield Answer(
            kind="stalled",
            severity=Severity.INFO,
            subject=newest.tool or newest.reference,
            facts={
                "tool": newest.label or newest.tool or "a measure without a name",
                "values": tuple(f"{assessment.value:g}" for assessment in recent),
                "count": count.value,
            },
            values=values(
                count, _only(tools, known.name) if directed and known is not None and tools is not None else None
            ),
            evidence=tuple(
                Evidence(f"{assessment.value:g} measured", assessment.date, assessment.reference)
                for assessment in recent
            ),
            absent=(Fact.ASSESSMENTS,),
        )


def numbers_by_measure(case: Case, policy: PolicyView) -> Iterator[tuple[Known | None, list[Assessment]]]:
    """The numbers of each measure of function, one a date, oldest first."""
    found: dict[tuple[str | None, str], tuple[Known | None, dict[object, Assessment]]] = {}
    for assessment, known in measurements(case, policy).functional:
        if assessment.value is not None and assessment.tool is not None:
            _, by_date = found.setdefault((assessment.tool, (assessment.label or "").casefold()), (known, {}))
            by_date[assessment.date] = assessment
    for known, by_date in found.values():
        yield known, list(by_date.values())


def _is_best(newest: Assessment, known: Known | None) -> bool:
    """Whether no better score exists: the tool's best, or all of "so many of so many"."""
    if known is None or newest.value is None:
        return False
    most = newest.unit.removeprefix("/") if newest.unit is not None and newest.unit.startswith("/") else None
    full = known.tool.better == "higher" and most == f"{newest.value:g}"
    return full or newest.value == known.tool.best


def has_improved(change: float, known: Known | None) -> bool:
    """Whether a change counts as improvement, seen so that more is better: at least the tool's smallest change."""
    least = known.tool.minimum_change if known is not None else None
    return change > 0 and change >= (least or 0.0)


def lower_is_better(case: Case, known: Known | None, baseline: Assessment) -> bool | None:
    """The tool's direction, else the one in which a goal for the same measure points, seen from the first value."""
    if known is not None and known.tool.better is not None:
        return known.tool.better == "lower"
    targets = (goal.target for goal in case.chart.goals if goal.measure == baseline.tool and goal.target is not None)
    target = next(targets, None)
    if target is None or baseline.value is None or target == baseline.value:
        return None
    return target < baseline.value


@lru_cache(maxsize=256)
def _only(tools: PolicyValue[Mapping[str, Tool]], name: str) -> PolicyValue[Mapping[str, Tool]]:
    """The policy value with the one tool that decided, and of it what decided."""
    tool = tools.value[name]
    deciding = {"better": tool.better, "minimum_change": tool.minimum_change, "best": tool.best}
    plain = {name: {key: value for key, value in deciding.items() if value is not None}}
    return replace(tools, value={name: tool}, plain=plain)


RULES = (
    Rule(
        id="no-progress",
        topic=Topic.REASSESSMENT,
        title="No measured progress",
        moments=ON_VISITS,
        facts=(Fact.ASSESSMENTS, Fact.SESSIONS),
        parameters=(params.NO_PROGRESS_COUNT, params.REASSESSMENT_TOOLS),
        sources=("R-6",),
        check=check_no_progress,
        about=("program",),
    ),
)
