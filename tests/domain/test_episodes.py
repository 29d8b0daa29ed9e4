from datetime import date, timedelta

import pytest

from cds_service.domain.care import Assessment, AssessmentKind, PlanOfCare, Session
from cds_service.domain.codes import Program
from cds_service.domain.episodes import Programs, injuries_of

START = date(2026, 1, 5)


def on(day: int) -> date:
    return START + timedelta(days=day)


def session(day: int, *conditions: str) -> Session:
    return Session(f"Procedure/{day}", on(day), Program.CONDITIONING, conditions=conditions)


def plan(name: str, first: int, last: int | None, **more: object) -> PlanOfCare:
    fields: dict[str, object] = {"work_rehab": True, "program": Program.CONDITIONING, "status": "active"} | more
    return PlanOfCare(f"CarePlan/{name}", start=on(first), end=on(last) if last is not None else None, **fields)  # type: ignore[arg-type]


def evaluated(day: int, kind: AssessmentKind = AssessmentKind.EVALUATION) -> Assessment:
    return Assessment(f"Procedure/evaluation-{day}", on(day), kind)


def spans(programs: Programs) -> list[tuple[int, int]]:
    return [((episode.first - START).days, (episode.last - START).days) for episode in programs.episodes]


@pytest.mark.parametrize(("gap", "runs"), [(60, [(0, 60)]), (61, [(0, 0), (61, 61)])])
def test_more_than_sixty_days_without_a_visit_end_a_program_though_the_condition_is_the_same(gap, runs):
    assert spans(Programs([session(0, "back"), session(gap, "back")])) == runs


def test_a_program_learns_its_condition_from_a_later_visit_and_a_day_has_two_treatments():
    programs = Programs([session(0), session(2, "back"), session(2), session(4, "back")])
    (before,), (after,) = programs.up_to(on(1)), programs.up_to(on(4))
    assert ((), ("back",)) == (before.conditions, after.conditions)
    assert (on(0), on(2), on(4)) == after.dates


def test_conditions_tell_injuries_apart_on_the_same_days():
    programs = Programs([session(0, "back"), session(0, "wrist"), session(1, "back"), session(2, "wrist")])
    assert [episode.conditions for episode in programs.episodes] == [("back",), ("wrist",)]


def test_a_visit_that_tells_no_condition_belongs_to_the_latest_program():
    assert spans(Programs([session(0, "back"), session(3), session(5, "back")])) == [(0, 5)]


OLD = plan("old", 0, 20)


@pytest.mark.parametrize(
    ("plans", "assessments", "anew"),
    [
        ([OLD, plan("new", 28, 60)], [evaluated(0), evaluated(28)], True),
        ([plan("old", 0, 90, status="completed"), plan("new", 28, 60)], [evaluated(28)], True),
        ([OLD, plan("new", 28, 60)], [evaluated(0)], False),
        ([OLD, plan("new", 28, 60)], [evaluated(28, AssessmentKind.REEVALUATION)], False),
        ([OLD], [evaluated(28)], False),
        ([plan("new", 28, 60)], [evaluated(28)], False),
        ([plan("old", 0, 90), plan("new", 28, 60)], [evaluated(28)], False),
        ([plan("old", 0, None), plan("new", 28, 60)], [evaluated(28)], False),
        ([OLD, plan("new", 28, 60, continues=("CarePlan/old",))], [evaluated(28)], False),
        ([OLD, plan("new", 28, 60, status="draft")], [evaluated(28)], False),
        ([OLD, plan("new", 28, 60, program=Program.HARDENING)], [evaluated(28)], False),
        ([OLD, plan("other", 28, 60, conditions=("wrist",))], [evaluated(28)], False),
        ([OLD, plan("knee", 28, 60, work_rehab=False)], [evaluated(28)], False),
    ],
)
def test_a_new_evaluation_and_a_new_plan_after_the_end_of_the_old_one_start_another_program(plans, assessments, anew):
    programs = Programs([session(0, "back"), session(18, "back"), session(30, "back")], plans, assessments)
    assert spans(programs) == ([(0, 18), (30, 30)] if anew else [(0, 30)])


def test_the_program_that_goes_on_is_that_of_the_same_injury():
    programs = Programs([session(0, "back"), session(10, "wrist")])
    assert (going := programs.continued(programs.episodes, on(12), {"back"})) is not None
    assert going.conditions == ("back",)
    assert programs.continued(programs.episodes, on(12), {"knee"}) is None
    assert programs.continued(programs.episodes, on(99), {"back"}) is None


def test_an_episode_is_named_by_its_dates_and_its_injury():
    episode = Programs([session(0, "Condition/b"), session(7, "Condition/b")]).episodes[0]
    assert episode.label({"Condition/b": "Lumbar strain"}) == "2026-01-05 to 2026-01-12 for Lumbar strain"
    assert episode.key == "Condition/b,2026-01-05"


def test_injuries_that_one_treatment_names_together_are_one():
    sessions = [session(0, "strain", "pain"), session(0, "pain"), session(0, "wrist"), session(0)]
    assert set(injuries_of(sessions)) == {frozenset({"strain", "pain"}), frozenset({"wrist"})}


@pytest.mark.parametrize(("first", "runs"), [(20, 1), (21, 2), (30, 2), (31, 1)])
def test_a_new_plan_begins_a_program_from_the_day_after_the_last_visit_to_the_day_of_the_next(first, runs):
    treated = [session(0, "back"), session(20, "back"), session(30, "back")]
    programs = Programs(treated, [plan("old", 0, 19), plan("new", first, 60)], [evaluated(30)])
    assert runs == len(programs.episodes)


@pytest.mark.parametrize(
    ("plans", "evaluations", "runs"),
    [
        ([plan("old", 0, 19), plan("new", 28, 60)], [20], 1),
        ([plan("old", 0, 19), plan("new", 28, 60)], [21], 2),
        ([plan("old", 0, 19), plan("other", 0, 50), plan("new", 28, 60)], [21], 1),
        ([plan("old", 0, 19), plan("other", 0, 50, status="completed"), plan("new", 28, 60)], [21], 2),
        ([plan("old", 0, 28), plan("new", 28, 60)], [21], 1),
        ([plan("old", 0, 27), plan("new", 28, 60)], [21], 2),
        ([plan("new", 28, 60)], [21], 1),
        ([plan("old", 0, 19), plan("new", 28, 60, work_rehab=False)], [21], 1),
        ([plan("old", 0, 19), plan("new", 28, 60, program=Program.HARDENING)], [21], 1),
        ([plan("old", 0, 19, program=Program.HARDENING), plan("new", 28, 60)], [21], 2),
        ([plan("old", 0, 19), plan("new", 28, 60)], [31], 1),
    ],
)
def test_a_program_begins_anew_by_an_evaluation_and_a_plan_after_all_of_its_plans_have_ended(plans, evaluations, runs):
    treated = [session(0, "back"), session(20, "back"), session(30, "back")]
    assert runs == len(Programs(treated, plans, [evaluated(day) for day in evaluations]).episodes)
