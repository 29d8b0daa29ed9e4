"""The picture of a program as a table: a row for each week."""

from datetime import timedelta
from typing import Final, NamedTuple

from cards.markdown import one_line
from cards.numbers import day, number, quantity
from cards.timeline.lanes import value_with_trend
from cards.timeline.layout import who_treated
from cards.timeline.timeline_words import name_of_week, units_in_words, week_in_words
from cds_service.domain.program_timeline import Timeline, VisitInTime, WeekOfProgram
from cds_service.domain.units import Units

HEADINGS: Final = ("Week", "Days", "Visits", "Minutes", "Units", "Who treated", "Measured", "Notes")


class WeekRow(NamedTuple):
    """A week in words, in the order of the headings; ``now`` marks that of the day."""

    week: str
    dates: str
    visits: str
    minutes: str
    units: str
    treated_by: str
    measured: str
    notes: str
    now: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands under the headings."""
        return self[:-1]

    @property
    def printable(self) -> "WeekRow":
        """The same without line ends and characters that no page may hold."""
        return self._replace(measured=one_line(self.measured), notes=one_line(self.notes))


def week_rows(timeline: Timeline) -> tuple[WeekRow, ...]:
    """All weeks, oldest first."""
    return tuple(_row(timeline, week) for week in timeline.weeks)


def _row(timeline: Timeline, week: WeekOfProgram) -> WeekRow:
    today = timeline.today
    treated = week.treated
    known = [visit.units for visit in treated if visit.units is not None]
    made = Units(sum(units.first for units in known), sum(units.further for units in known))
    measured = [f"{tool} {value_with_trend(result)}" for tool, result in timeline.results_on(week.first, week.last)]
    tests = [
        test.what + ("" if test.result else ", result not on record")
        for test in timeline.tested
        if week.first <= test.date <= week.last
    ]
    held = str(len(treated)) if treated or week.last < timeline.day else ""
    return WeekRow(
        week=name_of_week(timeline, week),
        dates=week_in_words(week, today),
        visits=", ".join(filter(None, (held, f"{len(week.booked)} booked" if week.booked else ""))),
        minutes=_minutes(treated),
        units=units_in_words(made) if known else "not known" if treated else "",
        treated_by=_people(treated),
        measured="; ".join((*measured, *tests)),
        notes="; ".join(_notes(timeline, week)),
        now=week is timeline.week,
    )


def _minutes(treated: tuple[VisitInTime, ...]) -> str:
    if not treated:
        return ""
    known = [visit.minutes for visit in treated if visit.minutes is not None]
    missing = len(treated) - len(known)
    said = number(sum(known)) if known else ""
    return ", ".join(filter(None, (said, f"{missing} not known" if missing else "")))


def _people(treated: tuple[VisitInTime, ...]) -> str:
    """Who treated in the week, with all their minutes."""
    total: dict[str, int] = {}
    for visit in treated:
        for time in visit.times:
            name = who_treated(visit._replace(times=(time._replace(minutes=0),))).removesuffix(" 0 min")
            total[name] = total.get(name, 0) + time.minutes
    return ", ".join(f"{name} {quantity(minutes, 'minutes')}" for name, minutes in total.items())


def _notes(timeline: Timeline, week: WeekOfProgram) -> list[str]:
    """The days to know that lie in the week."""
    now = timeline.ask_by is not None and timeline.ask_by.now
    ask = "approval needed now" if now else "last safe day to ask"
    found = [
        ("next measurement due", timeline.measure_by),
        *(
            (f"at this pace {amount.code or 'the approval'} is used up", amount.runs_out)
            for amount in timeline.amounts
            if amount.left
        ),
        (ask, timeline.ask_by.date if timeline.ask_by is not None else None),
        ("approval ends", timeline.approved_to),
        ("last day of the weeks allowed", timeline.limit.last_day if timeline.limit is not None else None),
    ]
    return [
        f"{what} {day(when, timeline.today)}"
        for what, when in found
        if when is not None and week.first <= when < week.last + timedelta(days=1)
    ]
