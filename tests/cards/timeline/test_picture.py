"""The picture of a program: answers at a glance, bars as long as their minutes, harmless text, words for everything."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from cards.drawing.canvas import stylesheet
from cards.timeline.layout import MOST_WEEKS, PictureLayout
from cards.timeline.picture import svg
from cards.timeline.program_view import program_view
from cards.timeline.timeline_words import glances, summary
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import Discipline, Program
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.domain.program_timeline import (
    AmountLeft,
    AskBy,
    AssessmentInTime,
    LastWeek,
    MeasuredBy,
    MeasuredResult,
    PlanInTime,
    TimeBy,
    Timeline,
    TreatedBy,
    Trend,
    Until,
    VisitInTime,
    WeekOfProgram,
)
from cds_service.domain.units import Units

SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(2026, 3, 2)
DAY = date(2026, 3, 16)
HOSTILE = "</text><script>alert(1)</script>\x00\ud800\u202e & \"'"


def on(day):
    return FIRST + timedelta(days=day)


def visit(day, minutes=240, assistant=120, **more):
    times = (
        TimeBy(TreatedBy.THERAPIST, minutes - assistant, ("PT therapist",)),
        TimeBy(TreatedBy.ASSISTANT, assistant, ("PT assistant",)),
    )
    return VisitInTime(on(day), minutes, Units(1, minutes // 60 - 2), times, **more)


def weeks(count=6, visits=()):
    return tuple(
        WeekOfProgram(
            number + 1, on(7 * number), tuple(visit for visit in visits if 0 <= (visit.date - on(7 * number)).days < 7)
        )
        for number in range(count)
    )


def timeline(**more):
    known = {
        "program": Program.HARDENING,
        "injury": "Sprain of the left wrist",
        "day": DAY,
        "today": DAY,
        "weeks": weeks(visits=(visit(0), visit(2), visit(7), visit(14))),
    }
    return Timeline(**(known | more))


FULL = timeline(
    measured=(
        MeasuredBy(
            "Oswestry",
            lower_is_better=True,
            results=(
                MeasuredResult(on(0), 42, None, Trend.FIRST, "Observation/1"),
                MeasuredResult(on(7), 36, None, Trend.BETTER, "Observation/2"),
                MeasuredResult(on(14), 40, None, Trend.WORSE, "Observation/3"),
            ),
        ),
    ),
    tested=(AssessmentInTime(on(0), "evaluation", result=True, reference="Procedure/e"),),
    plans=(PlanInTime(on(0), on(41), Discipline.PT, "CarePlan/p"),),
    answers=(
        Authorization("ClaimResponse/a", AuthorizationState.APPROVED, "A-1", on(0), on(40), 24.0, "visits"),
        Authorization("ClaimResponse/d", AuthorizationState.DENIED, "A-0", created=on(-3)),
    ),
    amounts=(
        AmountLeft("97545", "units", 4, 12, on(30), ("ClaimResponse/a",)),
        AmountLeft("97546", "units", 8, 24, None, ("ClaimResponse/a",)),
    ),
    newest=AuthorizationState.APPROVED,
    approved=True,
    approved_to=on(40),
    limit=LastWeek(6, on(41), extended=True),
    measure_by=on(21),
    ask_by=AskBy(on(23), Until.AMOUNT, on(30), 7),
    unknown=(Unknown(Fact.SESSION_TIME, "1 visit without recorded time: minutes and units are not known"),),
)


def parsed(picture):
    return ET.fromstring(picture)  # noqa: S314 - our own picture


def told(found):
    return {glance.about: glance.answer for glance in glances(found)}


def test_the_six_answers_stand_at_a_glance():
    assert {
        "Week": "3 of 6",
        "Visits so far": "4",
        "Left of the approval": "97545: 8 of 12 units \u00b7 97546: 16 of 24 units",
        "Next measurement": "by Mar 23",
        "Approval ends": "Apr 11",
        "Last safe day to ask": "Mar 25",
    } == told(FULL)


def test_the_paragraph_says_the_same():
    assert (
        "Week 3 of 6 of work hardening for Sprain of the left wrist, Mar 16 to Mar 22. 4 visits so far, 12 units "
        "(97545 x4, 97546 x8). Of the approval: 97545: 8 of 12 units left and 97546: 16 of 24 units left, at this "
        "pace to Apr 1. The next measurement is due Mar 23. The approval A-1 ends Apr 11. The last safe day to ask for "
        "more is Mar 25, 7 days before the approved amount runs out on Apr 1."
    ) == summary(FULL)


@pytest.mark.parametrize(
    ("more", "about", "answer"),
    [
        ({}, "Approval ends", "none on record"),
        ({"newest": AuthorizationState.DENIED}, "Approval ends", "denied"),
        ({"newest": AuthorizationState.APPROVED}, "Approval ends", "none in force"),
        ({"unsure": frozenset({Fact.AUTHORIZATIONS})}, "Approval ends", "not known"),
        ({"unsure": frozenset({Fact.AUTHORIZATIONS})}, "Last safe day to ask", "not known"),
        ({"unsure": frozenset({Fact.AUTHORIZATIONS})}, "Left of the approval", "not known"),
        ({"approved": True}, "Approval ends", "no end on record"),
        ({"approved": True}, "Left of the approval", "not known"),
        ({}, "Left of the approval", "no approval"),
        ({}, "Last safe day to ask", "nothing ends"),
        ({"ask_by": AskBy(on(7), Until.APPROVAL, on(14), 7)}, "Last safe day to ask", "ask now"),
        ({"ask_by": AskBy(DAY, Until.MISSING, DAY, 0)}, "Last safe day to ask", "ask now"),
        (
            {"ask_by": AskBy(DAY, Until.MISSING, DAY, 0), "newest": AuthorizationState.PENDING},
            "Last safe day to ask",
            "answer pending",
        ),
        ({"measure_by": on(10)}, "Next measurement", "overdue"),
        ({"measure_by": DAY}, "Next measurement", "today"),
        ({}, "Next measurement", "not known"),
        ({"unsure": frozenset({Fact.SESSIONS})}, "Week", "not known"),
        ({}, "Week", "3"),
        ({"limit": LastWeek(2, on(13), extended=True)}, "Week", "3"),
    ],
)
def test_what_is_late_missing_or_not_known_is_said(more, about, answer):
    assert answer == told(timeline(**more))[about]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({}, "No approval is on record. Nothing on record ends."),
        (
            {"answers": (Authorization("Claim/c", AuthorizationState.APPROVED, "W-1", weak=True),)},
            "Only the number of an approval is on record, without dates.",
        ),
        ({"newest": AuthorizationState.DENIED}, "No approval is in force; the payer's last answer is: denied."),
        ({"newest": AuthorizationState.APPROVED}, "No approval is in force."),
        ({"unsure": frozenset({Fact.AUTHORIZATIONS})}, "The last safe day to ask for more is not known."),
        ({"unsure": frozenset({Fact.ASSESSMENTS})}, "is not known: not all measurements were sent."),
        (
            {"unsure": frozenset({Fact.SESSIONS})},
            "Work hardening for Sprain of the left wrist; its week is not known: not all visits sent.",
        ),
        ({"approved": True}, "The approval has no end on record."),
        ({"measure_by": on(10)}, "The next measurement was due Mar 12."),
        ({"ask_by": AskBy(DAY, Until.USED_UP, DAY, 0)}, "Ask for more now: the approved amount is used up."),
        (
            {"ask_by": AskBy(on(7), Until.APPROVAL, on(14), 7)},
            "Ask for more now: the last safe day was Mar 9, 7 days before the approval ends on Mar 16.",
        ),
        (
            {"ask_by": AskBy(DAY, Until.MISSING, DAY, 0), "newest": AuthorizationState.PENDING},
            "No approval is in force; the payer's last answer is: pending.",
        ),
        (
            {"amounts": (AmountLeft("", "visits", 13, 12, None, ()),), "approved": True},
            "Of the approval: 0 of 12 visits left, 1 visit over, used up.",
        ),
    ],
)
def test_what_is_late_missing_or_not_known_is_said_in_a_sentence(more, sentence):
    assert sentence in summary(timeline(**more))


def test_bars_are_as_long_as_their_minutes_and_told_in_words():
    bars = {
        (found.get("class"), found.find(f"{SVG}title").text): float(found.get("height"))
        for found in parsed(svg(FULL)).iter(f"{SVG}rect")
        if found.get("class", "").startswith("drawing-visit-") and found.find(f"{SVG}title") is not None
    }
    words = "Mar 2: 240 min, 97545 x1, 97546 x2; PT therapist 120 min, PT assistant alone 120 min"
    therapist, assistant = bars["drawing-visit-therapist", words], bars["drawing-visit-assistant", words]
    assert pytest.approx(therapist, abs=0.2) == assistant
    assert 8 == len(bars)


def test_booked_visits_and_visits_without_time_look_different():
    visits = (visit(0), VisitInTime(on(2), None), VisitInTime(on(20), None, booked=True))
    found = timeline(weeks=weeks(visits=visits))
    kinds = [found.get("class") for found in parsed(svg(found)).iter(f"{SVG}rect")]
    assert {"drawing-visit-untimed", "drawing-visit-booked"} <= set(kinds)
    assert "2 visits so far, 3 units, time of 1 visit not known, 1 booked" in summary(found)
    first = program_view(found).rows[0]
    assert ("240, 1 not known", "97545 x1, 97546 x2") == (first.minutes, first.units)


def test_the_table_has_a_row_for_each_week_with_what_is_due_in_it():
    rows = program_view(FULL).rows
    assert [f"Week {number}" for number in range(1, 7)] == [row.week for row in rows]
    assert [False, False, True, False, False, False] == [row.now for row in rows]
    assert ("2", "480", "97545 x2, 97546 x4") == (rows[0].visits, rows[0].minutes, rows[0].units)
    assert "PT therapist 240 min, PT assistant alone 240 min" == rows[0].treated_by
    assert "Oswestry 42; evaluation" == rows[0].measured
    assert "Oswestry 36, better" == rows[1].measured
    assert "next measurement due Mar 23; last safe day to ask Mar 25" == rows[3].notes
    assert "approval ends Apr 11; last day of the weeks allowed Apr 12" == rows[5].notes


def test_a_long_program_shows_its_last_weeks_and_says_so():
    long = timeline(weeks=weeks(60), day=on(7 * 59), today=on(7 * 59))
    view = program_view(long)
    assert MOST_WEEKS == len(PictureLayout(long).weeks)
    assert 60 == len(view.rows)
    assert "The picture shows the last 26 weeks; the table has all." == view.notes[0]


def test_other_programs_are_named_and_not_shown():
    assert (
        "1 other program is on record; visits of other programs are not shown."
        in program_view(timeline(other_programs=1)).notes
    )


@pytest.mark.parametrize("standalone", [True, False])
def test_hostile_text_stays_text(standalone):
    hostile = timeline(
        measured=(MeasuredBy(HOSTILE, None, (MeasuredResult(on(0), 1, HOSTILE, Trend.FIRST, HOSTILE),)),),
        tested=(AssessmentInTime(on(0), HOSTILE, result=False, reference=HOSTILE),),
        answers=(
            Authorization(HOSTILE, AuthorizationState.APPROVED, HOSTILE, on(0), on(40), 3.0, HOSTILE, codes=(HOSTILE,)),
        ),
        amounts=(AmountLeft(HOSTILE, HOSTILE, 1, 2, on(20), (HOSTILE,)),),
        approved=True,
        unknown=(Unknown(Fact.SESSIONS, HOSTILE),),
    )
    picture = svg(hostile, standalone=standalone)
    assert not [found for found in parsed(picture).iter() if "script" in found.tag]
    assert "style=" not in picture
    assert standalone == ("<style>" in picture)


def test_the_picture_is_said_to_those_who_do_not_see_it():
    root = parsed(svg(FULL))
    assert "img" == root.get("role")
    assert ["Work hardening, week 3 of 6", summary(FULL)] == [
        root.find(f"{SVG}{name}").text for name in ("title", "desc")
    ]


def test_everything_in_the_picture_has_its_look_in_the_stylesheet():
    visits = (visit(0), VisitInTime(on(2), None), VisitInTime(on(20), None, booked=True))
    pictures = (FULL, timeline(weeks=weeks(visits=visits), approved=True, measure_by=on(3)))
    used = {
        name
        for found in pictures
        for element in parsed(svg(found, standalone=True)).iter()
        for name in element.get("class", "").split()
    }
    looks = set(re.findall(r"\.(drawing[\w-]*)", stylesheet()))
    assert {"drawing-now", "drawing-urgent"} <= used
    assert {"drawing-program", "drawing-glance", "drawing-span-text"} >= used - looks
