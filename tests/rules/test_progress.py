"""Progress by measures that no policy knows: compared by a goal's direction, or only called equal."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Assessment, AssessmentKind, Goal, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import Program
from cds_service.domain.intervals import Interval
from cds_service.rules.measurements import MOST_ASKED, Measurements, measurements
from cds_service.rules.progress import check_no_progress
from cds_service.rules.rule import Answer
from tests.billing.bill_stories import DAY, policy_of

POLICY = policy_of({"reassessment.no_progress_count": 2})


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def session(day: int) -> Session:
    start = datetime(on(day).year, on(day).month, on(day).day, 8, tzinfo=UTC)
    return Session(
        f"Procedure/{day}", on(day), Program.CONDITIONING, period=Interval(start, start + timedelta(hours=2))
    )


def measured(day: int, value: float, **more: object) -> Assessment:
    known: dict[str, object] = {"tool": "crate-lift", "label": "Crate lift", "words": "Crate lift", "result": True}
    known |= {"value": value} | more
    return Assessment(f"Observation/{day}", on(day), AssessmentKind.PERFORMANCE_TEST, **known)  # type: ignore[arg-type]


def case_of(assessments: Iterable[Assessment], goals: Iterable[Goal] = ()) -> Case:
    chart = Chart(
        "Patient/p",
        sessions=tuple(session(day) for day in (-21, -14, -7, 0)),
        assessments=tuple(assessments),
        goals=tuple(goals),
    )
    return Case(Moment.VISIT_CLOSE, DAY, DAY, chart)


def told(case: Case) -> list[str]:
    found = check_no_progress(case, NOTHING_BILLED, POLICY)
    return [answer.kind if isinstance(answer, Answer) else getattr(answer, "why", "") for answer in found]


def test_equal_values_of_a_measure_without_a_direction_are_no_progress():
    assert ["stalled"] == told(case_of([measured(-14, 40), measured(-7, 40), measured(0, 40)]))


def test_other_values_of_a_measure_without_a_direction_tell_nothing():
    found = told(case_of([measured(-14, 40), measured(-7, 45), measured(0, 40)]))
    assert ["the policy does not say whether higher or lower is better for a tool"] == found


def test_a_goal_tells_the_direction_of_its_measure():
    worse_times = [measured(-14, 40), measured(-7, 45), measured(0, 50)]
    assert ["stalled"] == told(case_of(worse_times, [Goal("Goal/g", "crate-lift", 20)]))
    assert [] == told(case_of(worse_times, [Goal("Goal/g", "crate-lift", 60)]))


def test_goals_for_another_measure_or_without_a_number_tell_no_direction():
    worse_times = [measured(-14, 40), measured(-7, 45), measured(0, 50)]
    unnamed, of_another = Goal("Goal/u", "crate-lift"), Goal("Goal/o", "carry", 20)
    no_direction = ["the policy does not say whether higher or lower is better for a tool"]
    assert no_direction == told(case_of(worse_times, [unnamed, of_another]))
    assert ["stalled"] == told(case_of(worse_times, [of_another, unnamed, Goal("Goal/g", "crate-lift", 20)]))


def test_a_test_whose_result_is_in_doubt_was_done_and_measured_nothing():
    doubtful = measured(0, 40, doubt="preliminary")
    found: Measurements = measurements(case_of([measured(-7, 40), doubtful]), POLICY)
    assert doubtful in found.unseen
    assert [40] == [assessment.value for assessment, _ in found.functional]


def test_of_many_measures_that_nobody_knows_a_few_are_asked_about_by_name():
    many = [
        Assessment(
            f"Observation/{number}", DAY, AssessmentKind.MEASUREMENT, f"tool-{number}", f"Tool {number}", 1.0,
            words=f"Zephyr {number}", result=True,
        )
        for number in range(MOST_ASKED + 2)
    ]  # fmt: skip
    questions = measurements(case_of(many), POLICY).questions_since(None)
    assert MOST_ASKED + 1 == len(questions)
    assert "2 more measurements: check whether they measure function" == questions[-1].why


def test_what_has_no_name_or_no_number_is_compared_with_nothing():
    unnamed = [measured(day, 40, tool=None) for day in (-14, -7, 0)]
    without_number = [measured(day, 40)._replace(value=None) for day in (-14, -7, 0)]
    assert [[], []] == [told(case_of(unnamed)), told(case_of(without_number))]
