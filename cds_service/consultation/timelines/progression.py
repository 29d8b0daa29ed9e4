"""What was measured in a program, each tool by itself and each result against the one before."""

import itertools
from collections.abc import Iterator, Sequence

from cds_service.domain.care import Assessment
from cds_service.domain.case import Case
from cds_service.domain.program_timeline import AssessmentInTime, MeasuredBy, MeasuredResult, Trend
from cds_service.policies.model import PolicyView
from cds_service.policies.tools import Known
from cds_service.rules.measurements import Measurements, measurements
from cds_service.rules.progress import has_improved, lower_is_better, numbers_by_measure

WITHOUT_NAME = "a measure without a name"


def measured_by_tool(case: Case, policy: PolicyView) -> tuple[MeasuredBy, ...]:
    """The numbers of each tool of function, with their trend as the rule about progress compares them (R-6)."""
    return tuple(_of_tool(case, known, numbers) for known, numbers in numbers_by_measure(case, policy))


def _of_tool(case: Case, known: Known | None, numbers: Sequence[Assessment]) -> MeasuredBy:
    lower = lower_is_better(case, known, numbers[0])
    return MeasuredBy(
        tool=numbers[-1].label or (known.name if known is not None else "") or numbers[-1].tool or WITHOUT_NAME,
        lower_is_better=lower,
        results=(
            _result(numbers[0], Trend.FIRST),
            *(
                _result(after, trend_between(before, after, known, lower))
                for before, after in itertools.pairwise(numbers)
            ),
        ),
    )


def _result(number: Assessment, trend: Trend) -> MeasuredResult:
    return MeasuredResult(number.date, number.value or 0.0, number.unit, trend, number.reference)


def trend_between(before: Assessment, after: Assessment, known: Known | None, lower: bool | None) -> Trend:  # noqa: FBT001
    """How a result compares; in another unit, or without a direction, only equal ones do."""
    if before.unit is not None and after.unit is not None and before.unit != after.unit:
        return Trend.NOT_COMPARED
    change = (after.value or 0.0) - (before.value or 0.0)
    if not change:
        return Trend.SAME
    if lower is None:
        return Trend.NOT_COMPARED
    gain = -change if lower else change
    if has_improved(gain, known):
        return Trend.BETTER
    return Trend.WORSE if has_improved(-gain, known) else Trend.SAME


def tested(case: Case, policy: PolicyView) -> tuple[AssessmentInTime, ...]:
    """Evaluations, tests without a result on record, and results of function that are no number, by date."""
    return tuple(sorted(_tested(measurements(case, policy)), key=lambda test: (test.date, test.what)))


def _tested(found: Measurements) -> Iterator[AssessmentInTime]:
    for assessment in (*found.evaluations, *found.unseen):
        seen = assessment in found.evaluations
        yield AssessmentInTime(assessment.date, assessment.kind.value, seen, assessment.reference)
    for assessment, _ in found.functional:
        if assessment.value is None or assessment.tool is None:
            yield AssessmentInTime(
                assessment.date, assessment.label or WITHOUT_NAME, result=True, reference=assessment.reference
            )
    for assessment in found.pain:
        what = f"{assessment.label or 'pain'} (pain only)"
        yield AssessmentInTime(assessment.date, what, result=True, reference=assessment.reference)
