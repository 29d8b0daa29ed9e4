"""What depends on the chart alone is worked out once: the 400th visit is answered with no more work than the 4th."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cds_service.consultation.consult import decide
from cds_service.domain.care import Encounter, Performer, PlanOfCare, Role, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import Discipline, PayerClass, Program
from cds_service.domain.coverage_and_claims import (
    Authorization,
    AuthorizationState,
    ChargedLine,
    Claim,
    Coverage,
    InjuryEvidence,
)
from cds_service.domain.history import History
from cds_service.domain.intervals import Interval
from tests.playing import bundled_policies

FIRST = date(2025, 1, 6)
THERAPIST = Performer("Practitioner/pt", Role(Discipline.PT, assistant=False))
ZONE = ZoneInfo("America/Chicago")


class Counted(tuple):  # noqa: SLOT001 - it counts, and a tuple's slots hold nothing
    """A tuple that counts how often one of its entries was looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[object]:
        for entry in super().__iter__():
            type(self).looked_at += 1
            yield entry


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def session(number: int) -> Session:
    begun = datetime.combine(day(number), datetime.min.time(), ZONE) + timedelta(hours=8)
    return Session(
        f"Procedure/{number}", day(number), Program.HARDENING, ("97545",), Interval(begun, begun + timedelta(hours=4)),
        performers=(THERAPIST,), encounter=f"Encounter/{number}", conditions=("Condition/back",),
    )  # fmt: skip


def claim(number: int) -> Claim:
    lines = (ChargedLine(1, 0, "97545", ("GP",), 1, day(number)), ChargedLine(2, 1, "97546", ("GP",), 2, day(number)))
    return Claim(f"Claim/{number}", "active", lines, (f"Encounter/{number}",))


def chart(visits: int) -> Chart:
    plan = PlanOfCare("CarePlan/p", "active", FIRST, None, work_rehab=True, program=Program.HARDENING,
                      discipline=Discipline.PT)  # fmt: skip
    return Chart(
        "Patient/p",
        coverages=(Coverage("Coverage/c", PayerClass.WORKERS_COMPENSATION),),
        injury=(InjuryEvidence("accident", "Claim/a", "work"),),
        plans=(plan,),
        encounters=Counted(Encounter(f"Encounter/{number}", day(number)) for number in range(visits)),
        sessions=Counted(session(number) for number in range(visits)),
        claims=Counted(claim(number) for number in range(visits - 1)),
        authorizations=(
            Authorization("ClaimResponse/a", AuthorizationState.APPROVED, "A1", FIRST, day(900), 900.0, "visits"),
        ),
        zone=ZONE,
    )


def closing(of_chart: Chart, number: int) -> Case:
    return Case(Moment.VISIT_CLOSE, day(number), day(number), of_chart, encounter=f"Encounter/{number}")


@pytest.mark.parametrize("moment", [Moment.VISIT_CLOSE, Moment.VISIT_START, Moment.OVERVIEW])
def test_a_second_question_about_a_chart_goes_through_none_of_its_treatments_again(moment):
    policy = bundled_policies().select(PayerClass.WORKERS_COMPENSATION, (), "US-TX", FIRST)
    of_chart = chart(400)
    decide(Case(moment, day(3), day(3), of_chart, encounter="Encounter/3"), policy)
    before = Counted.looked_at
    decide(Case(moment, day(399), day(399), of_chart, encounter="Encounter/399"), policy)
    assert Counted.looked_at == before > 0


def test_what_a_later_visit_adds_changes_nothing_about_the_program_before_it():
    whole, to_the_fourth = closing(chart(400), 3), closing(chart(4), 3)
    assert whole.episode == to_the_fourth.episode
    assert [visit for visit in whole.visits if visit <= day(3)] == list(to_the_fourth.visits)


def test_claims_are_found_by_their_day_and_by_their_encounter():
    other_day = Claim("Claim/other", "draft", (ChargedLine(1, 0, "97545", (), 1, day(9)),), ("Encounter/9",))
    undated = Claim("Claim/undated", "draft", (ChargedLine(1, 0, "97545", (), 1, None),), ("Encounter/1",))
    dated = Claim("Claim/dated", "draft", (ChargedLine(1, 0, "97545", (), 1, day(1)),))
    history = History((), (), (), (), (), (other_day, undated, dated))
    assert [undated, dated] == history.claims_about(day(1), {"Encounter/1"})
    assert ((undated, (0,)), (dated, (0,))) == history.lines_of(day(1), {"Encounter/1"}, set(), undated=True)
    assert ((dated, (0,)),) == history.lines_of(day(1), {"Encounter/1"}, set(), undated=False)


def test_days_of_a_time_are_looked_up():
    treated = chart(30).history.treated
    assert (day(4), day(5)) == treated.from_to(day(4), day(5))
    assert treated.lengths == {240}
