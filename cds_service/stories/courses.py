"""Courses of visits, written out visit by visit."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from cds_service.stories.care_words import CourseWords, TimedWords, VisitWords
from cds_service.stories.language import StoryWords
from cds_service.stories.resources.pieces import FhirJson
from cds_service.stories.story_dates import WEEKDAYS, StoryCalendar

_COURSE_ONLY: Final = frozenset({"first", "last", "weekdays", "days_per_week", "grow", "left_out"})
_DAY_MINUTES: Final = 24 * 60

TimedT = TypeVar("TimedT", bound=TimedWords)


def all_visits(words: StoryWords, calendar: StoryCalendar) -> list[VisitWords]:
    """All visits, those of courses included, by date and time of day."""
    visits = [*words.visits, *(visit for course in words.course for visit in _of_course(course, calendar))]
    return sorted(visits, key=lambda visit: (calendar.date_of(visit.day), _clock(visit)))


def as_series(
    held: Sequence[tuple[VisitWords, list[FhirJson]]], *, still_open: bool
) -> list[tuple[VisitWords, list[FhirJson]]]:
    """The visits with one encounter for all of them, from the start of the first to the end of the last or open."""
    encounters = [done[0] for _, done in held if done and done[0]["resourceType"] == "Encounter"]
    if not encounters:
        return list(held)
    first, last = encounters[0], encounters[-1]
    end = {} if still_open else {"end": last["period"]["end"]}
    series = {
        **first,
        "status": "in-progress" if still_open else "finished",
        "period": {"start": first["period"]["start"], **end},
    }
    reference = {"reference": f"Encounter/{first['id']}"}
    merged = []
    for place, (visit, done) in enumerate(held):
        treatments = [
            {**resource, "encounter": reference} for resource in done if resource["resourceType"] == "Procedure"
        ]
        merged.append((visit, [series if place == 0 else {"id": first["id"]}, *treatments]))
    return merged


def _clock(visit: VisitWords) -> str:
    starts = [timed.start for timed in (visit, *(visit.sessions or []), *visit.services) if timed.start is not None]
    return min(starts).isoformat() if starts else ""


def _of_course(course: CourseWords, calendar: StoryCalendar) -> Iterator[VisitWords]:
    first, last = calendar.date_of(course.first), calendar.date_of(course.last)
    left_out = {calendar.date_of(day) for day in course.left_out}
    shared = course.model_dump(by_alias=True, exclude_unset=True, exclude=set(_COURSE_ONLY))
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if course.days_per_week is None:
            held = WEEKDAYS[day.weekday()] in course.weekdays
        else:
            held = number % 7 < course.days_per_week
        if held and day not in left_out:
            yield _grown(VisitWords.model_validate({**shared, "day": day}), course.grow * (number // 7))


def _grown(visit: VisitWords, minutes: int) -> VisitWords:
    if visit.sessions:
        return visit.model_copy(update={"sessions": [*visit.sessions[:-1], _longer(visit.sessions[-1], minutes)]})
    return _longer(visit, minutes)


def _longer(timed: TimedT, minutes: int) -> TimedT:
    """The same, ending so many minutes later; unchanged where no end is recorded."""
    if timed.start is None or (timed.stop is None and timed.minutes is None):
        return timed
    lasts = timed.minutes
    if lasts is None and timed.stop is not None:
        start, stop = (time.hour * 60 + time.minute for time in (timed.start, timed.stop))
        lasts = (stop - start) % _DAY_MINUTES or _DAY_MINUTES
    return timed.model_copy(update={"minutes": (lasts or 0) + minutes, "stop": None}) if minutes else timed
