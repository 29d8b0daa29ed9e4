"""What lies below the bars of a program: measurements, plans of care, approvals, and the days to know."""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from cards.numbers import authorization, days, number, quantity
from cards.numbers import day as day_in_words
from cards.timeline.layout import LEFT, PictureLayout
from cards.timeline.timeline_words import left_and_over
from cds_service.domain.coverage_and_claims import AuthorizationState
from cds_service.domain.findings import Days
from cds_service.domain.program_timeline import MeasuredResult, Timeline, Trend

SIGNS: Final = {
    Trend.FIRST: "\u2022",
    Trend.BETTER: "\u25b2",
    Trend.WORSE: "\u25bc",
    Trend.SAME: "=",
    Trend.NOT_COMPARED: "\u2022",
}
"""The sign before a result; better is up whichever way the numbers go."""
MOST_TOOLS: Final = 5
MOST_ANSWERS: Final = 5
MOST_PLANS: Final = 3
APART: Final = 46
HALF_A_MARK: Final = 20
NEAR_THE_EDGE: Final = 300
LETTER_WIDTH: Final = 6.4
_GAUGE: Final = 220
APPROVED: Final = f"{AuthorizationState.APPROVED.value}, "


class Mark(NamedTuple):
    """A point of a lane with its text; ``words`` tell it in full."""

    x: float
    text: str
    kind: str
    words: str


class PeriodBar(NamedTuple):
    """A bar of a lane with its text, which stands at the left of it where it does not fit in."""

    x: float
    width: float
    text: str
    kind: str
    text_x: float
    anchor: str


class PictureLane(NamedTuple):
    """A row of the picture: its name, what is small beside it, and what lies on it."""

    name: str
    beside: str = ""
    marks: tuple[Mark, ...] = ()
    spans: tuple[PeriodBar, ...] = ()


class Gauge(NamedTuple):
    """How much of an approved amount is used."""

    text: str
    used: float
    width: float
    words: str


class DayToKnow(NamedTuple):
    """A day with its text beside it, at the left where there is no room at the right; without a place only the text."""

    x: float | None
    text_x: float
    anchor: str
    text: str
    kind: str


def measurement_lanes(layout: PictureLayout) -> Iterator[PictureLane]:
    """A lane for each tool of function, the newest first to be kept, and one for all other tests."""
    timeline = layout.timeline
    kept = sorted(timeline.measured, key=lambda series: series.results[-1].date, reverse=True)[:MOST_TOOLS]
    for series in (series for series in timeline.measured if series in kept):
        better = {True: "lower is better", False: "higher is better", None: "direction not known"}
        yield PictureLane(
            series.tool, better[series.lower_is_better], tuple(_results(layout, series.tool, series.results))
        )
    tests: list[Mark] = []
    for test in timeline.tested:
        if layout.shows(test.date):
            seen = "" if test.result else ", result not on record"
            words = f"{day_in_words(test.date, timeline.today)}: {test.what}{seen}"
            x = layout.middle_of(test.date)
            text = test.what if not tests or x - tests[-1].x >= 3 * APART else ""
            tests.append(Mark(x, text, "test" if test.result else "unseen", words))
    if tests:
        yield PictureLane("Evaluation, tests", "", tuple(tests))


def _results(layout: PictureLayout, tool: str, results: tuple[MeasuredResult, ...]) -> Iterator[Mark]:
    shown = [result for result in results if layout.shows(result.date)]
    before = float("inf")
    marks: list[Mark] = []
    for result in reversed(shown):
        x = min(max(layout.middle_of(result.date), LEFT + HALF_A_MARK), layout.right - HALF_A_MARK)
        room = before - x >= APART
        before = x if room else before
        text = f"{SIGNS[result.trend]} {number(result.value)}" if room else ""
        marks.append(Mark(x, text, result.trend.name.lower().replace("_", "-"), result_in_words(tool, result, layout)))
    return reversed(marks)


def result_in_words(tool: str, result: MeasuredResult, layout: PictureLayout) -> str:
    """``Mar 9: Oswestry 36, better``."""
    return f"{day_in_words(result.date, layout.timeline.today)}: {tool} {value_with_trend(result)}"


def value_with_trend(result: MeasuredResult) -> str:
    """``36 lb, better``; the first one alone."""
    unit = result.unit or ""
    value = f"{number(result.value)}{unit if unit.startswith('/') else f' {unit}' if unit else ''}"
    return value if result.trend is Trend.FIRST else f"{value}, {result.trend.value}"


def plan_lanes(layout: PictureLayout) -> Iterator[PictureLane]:
    """A lane for each plan of care, the last ones where there are many."""
    for plan in layout.timeline.plans[-MOST_PLANS:]:
        of = f"{plan.discipline.value} plan" if plan.discipline is not None else "Plan"
        text = f"{of}, {days(Days(plan.start, plan.end), layout.timeline.today)}"
        yield PictureLane("Plan of care", "", (), (_span(layout, plan.start, plan.end, text, "plan"),))


def approval_lanes(layout: PictureLayout) -> Iterator[PictureLane]:
    """A lane for each answer of the payer: a bar for an approval, its first day for what is none."""
    timeline = layout.timeline
    answers = sorted(
        timeline.answers, key=lambda answer: (answer.start or answer.created or date.min, answer.reference)
    )
    for answer in answers[-MOST_ANSWERS:]:
        approved = answer.state is AuthorizationState.APPROVED
        name = "Approval" if approved else "Payer's answer"
        kind = ("approval" if answer.covers(timeline.day) else "approval-other") if approved else "refused"
        text = authorization(answer, timeline.today).removeprefix(APPROVED)
        start = answer.start or (None if approved else answer.created)
        yield PictureLane(name, "", (), (_span(layout, start, answer.end, text, kind),))


def _span(layout: PictureLayout, start: date | None, end: date | None, text: str, kind: str) -> PeriodBar:
    first, last = start or layout.first, end or layout.last
    x = layout.left_of(first)
    right = max(layout.right_of(last), x + 4)
    outside = x > layout.right - NEAR_THE_EDGE and len(text) * LETTER_WIDTH > right - x
    text_x, anchor = (x - 8, "end") if outside else (x + 8, "start")
    return PeriodBar(x, round(right - x, 1), text, kind, round(text_x, 1), anchor)


def gauges(timeline: Timeline) -> Iterator[Gauge]:
    """How much is used of each amount."""
    for amount in timeline.amounts:
        share = min(amount.used / amount.approved, 1.0) if amount.approved else 1.0
        text = left_and_over(amount)
        yield Gauge(text, round(share * _GAUGE, 1), _GAUGE, f"{quantity(amount.used, amount.unit)} used, {text}")


def days_to_know(layout: PictureLayout) -> Iterator[DayToKnow]:
    """Today and the days that call for something, in the order of time."""
    timeline = layout.timeline
    found: list[tuple[date, str, str]] = [
        (timeline.day, "Visit" if timeline.day < timeline.today else "Today", "today")
    ]
    if timeline.measure_by is not None:
        found.append((timeline.measure_by, "Next measurement due", "due"))
    found += [
        (amount.runs_out, f"At this pace{f' {amount.code}' if amount.code else ''} used up", "ends")
        for amount in timeline.amounts
        if amount.runs_out is not None and amount.left
    ]
    if timeline.ask_by is not None and not timeline.ask_by.now:
        found.append((timeline.ask_by.date, "Last safe day to ask", "ask"))
    if timeline.approved_to is not None:
        found.append((timeline.approved_to, "Approval ends", "ends"))
    if timeline.limit is not None:
        found.append((timeline.limit.last_day, f"Week {timeline.limit.weeks} ends", "limit"))
    for when, text, kind in sorted(found, key=lambda entry: entry[0]):
        yield _day_to_know(layout, when, f"{text}: {day_in_words(when, timeline.today)}", kind)


def _day_to_know(layout: PictureLayout, when: date, text: str, kind: str) -> DayToKnow:
    if when > layout.last:
        return DayToKnow(None, layout.right - 8, "end", f"{text} \u2192", kind)
    if when < layout.first:
        return DayToKnow(None, LEFT + 8, "start", f"\u2190 {text}", kind)
    x = layout.middle_of(when)
    near = x > layout.right - NEAR_THE_EDGE
    return DayToKnow(x, round(x - 10 if near else x + 10, 1), "end" if near else "start", text, kind)
