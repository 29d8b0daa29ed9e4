"""What a case tells of its chart: claims of the date, the days of a series, and what a payer has said."""

from dataclasses import replace
from datetime import UTC, date, datetime

from cds_service.domain.care import Encounter, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Fact, Place
from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.coverage_and_claims import ChargedLine, Claim, Coverage, CoverageAssertion
from cds_service.domain.intervals import Interval
from cds_service.domain.lazy import lazy
from cds_service.domain.payment import payer_caveats

DAY = date(2026, 3, 16)
EARLIER = date(2026, 3, 13)
BACK, WRIST = "Encounter/back", "Encounter/wrist"


def session(name: str, day: date = DAY, encounter: str = BACK, *conditions: str) -> Session:
    start = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    period = Interval(start, start.replace(hour=10))
    return Session(
        f"Procedure/{name}", day, Program.CONDITIONING, period=period, encounter=encounter, conditions=conditions
    )


def claim(name: str, *encounters: str) -> Claim:
    line = ChargedLine(1, 0, "97545", ("GP",), 1.0, DAY)
    return Claim(f"Claim/{name}", "draft", (line,), encounters)


def case_of(chart: Chart) -> Case:
    return Case(Moment.VISIT_CLOSE, DAY, DAY, chart, encounter=BACK)


def test_a_claim_for_the_encounter_of_another_injury_is_none_of_this_visit():
    chart = Chart(
        "Patient/p",
        encounters=(Encounter(BACK, DAY), Encounter(WRIST, DAY)),
        sessions=(session("back", DAY, BACK, "back"), session("wrist", DAY, WRIST, "wrist")),
        claims=(claim("back", BACK), claim("wrist", WRIST), claim("both", BACK, WRIST)),
    )
    assert ["Claim/back", "Claim/both"] == [found.reference for found, _ in case_of(chart).claims_of_date]


def test_earlier_days_of_a_series_are_not_called_uncharged_where_charges_were_not_all_read():
    series = Chart("Patient/p", sessions=(session("a", EARLIER), session("b")), encounters=(Encounter(BACK, EARLIER),))
    unread = replace(series, unavailable={Fact.CHARGES: "not sent"})
    assert (1, 0) == (case_of(series).uncharged_days, case_of(unread).uncharged_days)


def test_an_encounter_without_a_date_is_of_no_date():
    chart = Chart("Patient/p", encounters=(Encounter(WRIST, None), Encounter(BACK, DAY)), sessions=(session("a"),))
    assert [BACK] == [encounter.reference for encounter in case_of(chart).encounters_of_date]


def test_the_injuries_of_a_date_are_known_only_where_all_its_treatments_tell():
    earlier = (session("a", EARLIER, BACK, "back"), session("b", EARLIER, BACK, "wrist"))
    chart = Chart("Patient/p", sessions=(*earlier, session("c", DAY, BACK, "back"), session("d")))
    assert {EARLIER: {"back", "wrist"}, DAY: set()} == chart.history.injuries_by_date


def test_of_what_a_payer_says_of_a_code_the_newest_stands_whatever_comes_first():
    newer = CoverageAssertion("Claim/a", codes=("97545",), covered="covered", made=DAY)
    older = replace(newer, reference="Claim/b", covered="not-covered", made=EARLIER)
    undated = replace(newer, reference="Claim/c", made=None)
    for said in ((newer, older, undated), (undated, older, newer)):
        assert (newer,) == case_of(Chart("Patient/p", assertions=said)).assertions


def test_accidents_in_two_states_are_a_doubt_about_the_law():
    chart = Chart(
        "Patient/p",
        coverages=(Coverage("Coverage/c", PayerClass.WORKERS_COMPENSATION),),
        place=Place("US-TX", "the accident", "Claim/a", other_states=("US-OK",)),
    )
    (doubt,) = payer_caveats(case_of(chart))
    assert (Fact.PATIENT, "Claim/a") == (doubt.fact, doubt.reference)
    assert "claims on record name accidents in Texas and Oklahoma: check which state's law applies" == doubt.why


def test_what_is_worked_out_once_is_a_property_of_the_class():
    assert isinstance(Case.visit, lazy)
    assert Case.visit.__doc__ is not None
