"""Where weeks, days and bars of a program lie on its picture, in pixels."""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from cards.drawing.scales import Scale, marks
from cards.numbers import day as day_in_words
from cards.numbers import number, quantity
from cards.timeline.timeline_words import name_of_week, units_in_words
from cds_service.domain.care import DAYS_OF_A_WEEK
from cds_service.domain.program_timeline import Timeline, TreatedBy, VisitInTime, WeekOfProgram

LEFT: Final = 150
RIGHT: Final = 16
LEAST_WIDTH: Final = 960
LEAST_COLUMN: Final = 78
MOST_WEEKS: Final = 26
"""Weeks that a picture shows; of a longer program the last ones, the table has all."""
BARS_TOP: Final = 132
BARS_HEIGHT: Final = 130
WIDEST_BAR: Final = 20
WITHOUT_TIME: Final = 34
_HOUR: Final = 60
_CLASSES: Final = {
    TreatedBy.THERAPIST: "therapist",
    TreatedBy.ASSISTANT: "assistant",
    TreatedBy.NEITHER: "neither",
    TreatedBy.UNKNOWN: "unknown",
}


class Block(NamedTuple):
    """A rectangle of a kind, which is the end of its class, with the words that tell it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    words: str


class Column(NamedTuple):
    """A week's column: its middle, its left edge, and what stands above and below its bars."""

    x: float
    middle: float
    name: str
    dates: str
    visits: str
    units: str
    now: bool


class PictureLayout:
    """The columns of the weeks that are shown, and the place of each day."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.weeks = timeline.weeks[-MOST_WEEKS:]
        self.hidden = len(timeline.weeks) - len(self.weeks)
        self.column = round(max(LEAST_COLUMN, (LEAST_WIDTH - LEFT - RIGHT) / len(self.weeks)), 1)
        self.right = round(LEFT + self.column * len(self.weeks), 1)
        self.width = round(self.right + RIGHT, 1)
        longest = max((visit.minutes or 0 for week in self.weeks for visit in week.visits), default=0)
        self.hours = marks(0, max(longest / _HOUR, 2), 4)
        self.up = Scale(0, self.hours[-1] * _HOUR, BARS_TOP + BARS_HEIGHT, BARS_TOP)

    @property
    def first(self) -> date:
        """The first day that is shown."""
        return self.weeks[0].first

    @property
    def last(self) -> date:
        """The last day that is shown."""
        return self.weeks[-1].last

    def shows(self, day: date) -> bool:
        """Whether the day has a place."""
        return self.first <= day <= self.last

    def left_of(self, day: date) -> float:
        """Where a day begins; one outside is at the edge."""
        inside = min(max(day, self.first), self.last)
        return round(LEFT + (inside - self.first).days * self.column / DAYS_OF_A_WEEK, 1)

    def right_of(self, day: date) -> float:
        """Where a day ends; one outside is at the edge."""
        return self.right if day > self.last else round(self.left_of(day) + self.column / DAYS_OF_A_WEEK, 1)

    def middle_of(self, day: date) -> float:
        """The middle of a day."""
        return round(self.left_of(day) + self.column / DAYS_OF_A_WEEK / 2, 1)

    def columns(self) -> Iterator[Column]:
        """The columns in their order."""
        for place, week in enumerate(self.weeks):
            x = round(LEFT + place * self.column, 1)
            yield Column(
                x=x,
                middle=round(x + self.column / 2, 1),
                name=name_of_week(self.timeline, week),
                dates=day_in_words(week.first, self.timeline.today),
                visits=_visits(week),
                units=_units(week),
                now=week is self.timeline.week,
            )

    def bars(self) -> Iterator[Block]:
        """The visits as bars by minutes, in parts by who treated; without minutes a box of its own."""
        width = round(min(self.column / DAYS_OF_A_WEEK * 0.8, WIDEST_BAR), 1)
        for week in self.weeks:
            for visit in week.visits:
                yield from self._bar(visit, round(self.middle_of(visit.date) - width / 2, 1), width)

    def _bar(self, visit: VisitInTime, x: float, width: float) -> Iterator[Block]:
        words = visit_in_words(visit, self.timeline.today)
        if visit.minutes is None or visit.booked:
            height = self.up.length(visit.minutes) if visit.minutes is not None else WITHOUT_TIME
            kind = "booked" if visit.booked else "untimed"
            yield Block(x, round(self.up.start - height, 1), width, height, kind, words)
            return
        below = 0
        for time in visit.times:
            top = self.up.at(below + time.minutes)
            yield Block(x, top, width, self.up.length(time.minutes), _CLASSES[time.by], words)
            below += time.minutes


def visit_in_words(visit: VisitInTime, today: date) -> str:
    """``Mar 16: 240 min, 97545 x1, 97546 x2; PT therapist 120 min, PT assistant alone 120 min``."""
    when = day_in_words(visit.date, today)
    if visit.booked:
        return f"{when}: booked{f', {visit.minutes} min' if visit.minutes is not None else ', length not known'}"
    if visit.minutes is None:
        return f"{when}: minutes not known"
    made = f", {units_in_words(visit.units)}" if visit.units is not None else ""
    return f"{when}: {visit.minutes} min{made}; {who_treated(visit) or 'who treated is not known'}"


def who_treated(visit: VisitInTime) -> str:
    """``PT therapist 120 min, PT assistant alone 120 min``; empty where nobody can tell."""
    parts = []
    for time in visit.times:
        alone = time.by is TreatedBy.ASSISTANT
        named = " and ".join(time.titles) + (" alone" if alone and time.titles else "")
        known = time.by in {TreatedBy.THERAPIST, TreatedBy.ASSISTANT} and time.titles
        parts.append(f"{named if known else _NOT_NAMED[time.by]} {time.minutes} min")
    return ", ".join(parts)


_NOT_NAMED: Final = {
    TreatedBy.THERAPIST: "therapist",
    TreatedBy.ASSISTANT: "assistant alone",
    TreatedBy.NEITHER: "neither therapist nor assistant",
    TreatedBy.UNKNOWN: "not known who",
}


def _visits(week: WeekOfProgram) -> str:
    treated, booked = len(week.treated), len(week.booked)
    said = [quantity(treated, "visits")] if treated else []
    return ", ".join([*said, *([f"{booked} booked"] if booked else [])])


def _units(week: WeekOfProgram) -> str:
    known = [visit.units for visit in week.treated if visit.units is not None]
    if not week.treated:
        return ""
    made = sum(units.first + units.further for units in known)
    return quantity(number(made), "units") + ("" if len(known) == len(week.treated) else " + ?")
