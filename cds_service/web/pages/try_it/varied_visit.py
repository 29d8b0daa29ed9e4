"""A story's visit with other minutes or other people, in the words of the story language."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Final

from cds_service.stories.care_words import TimedWords, TreatmentWords, VisitWords
from cds_service.stories.courses import all_visits
from cds_service.stories.language import StoryWords
from cds_service.stories.story_dates import StoryCalendar, StoryDay, parse_zone
from cds_service.stories.words import as_list
from cds_service.web.pages.try_it.choices import TREATED_BY

Words = dict[str, Any]
"""A story, or a part of one, as plain data."""

_DAY_MINUTES: Final = 24 * 60
_NINE: Final = time(9)
_TIMED: Final = ("from", "to", "minutes", "by", "sessions", "date_only")


def calendar_of(words: StoryWords, today: date) -> StoryCalendar:
    """The story's today and clocks."""
    return StoryCalendar(
        words.today or today, parse_zone(words.offset, words.zone, words.site.state or words.patient.state)
    )


def story_visits(story: Mapping[str, Any], today: date) -> list[VisitWords]:
    """All visits of a story in their order, those of courses written out."""
    words = StoryWords.model_validate(story)
    return all_visits(words, calendar_of(words, today))


def with_visit(story: Mapping[str, Any], today: date, minutes: int | None, treated_by: str | None) -> Words:
    """The story with its last visit so long and treated so; unchanged where there is no visit.

    Without ``treated_by`` the same people treat: what is longer or shorter is the last part. Without ``minutes`` the
    visit is as long as it is, its parts equally long.
    """
    visits = story_visits(story, today)
    if not visits:
        return dict(story)
    last = visits[-1]
    begun, parts = _parts(last)
    total = minutes if minutes is not None else sum(length for length, _ in parts) or _DAY_MINUTES // 12
    if treated_by is not None:
        _, people = TREATED_BY[treated_by]
        parts = _halves(total, [list(named) for named in people])
    else:
        parts = _cut(parts, total)
    kept = {
        key: value for key, value in last.model_dump(by_alias=True, exclude_unset=True).items() if key not in _TIMED
    }
    visit = {**kept, "sessions": _sessions(min(begun, _DAY_MINUTES - total), parts)}
    return _instead(story, today, last.day, visit)


def _parts(visit: VisitWords) -> tuple[int, list[tuple[int, list[str] | None]]]:
    """When a visit begins, in minutes of the day, and its parts: how long, by whom."""
    sessions = sessions_of(visit)
    starts = [_clock(session.start) for session in sessions if session.start is not None]
    return min(starts, default=_clock(_NINE)), [
        (timed_minutes(session), session.by or visit.by) for session in sessions
    ]


def sessions_of(visit: VisitWords) -> Sequence[TreatmentWords]:
    """The sessions of a visit; itself where it is all one."""
    return visit.sessions or [visit]


def _clock(at: time) -> int:
    return at.hour * 60 + at.minute


def timed_minutes(timed: TimedWords) -> int:
    """Minutes that it lasts; 0 where no time is recorded."""
    if timed.minutes is not None:
        return timed.minutes
    if timed.start is None or timed.stop is None:
        return 0
    return (_clock(timed.stop) - _clock(timed.start)) % _DAY_MINUTES or _DAY_MINUTES


def _cut(parts: Sequence[tuple[int, list[str] | None]], total: int) -> list[tuple[int, list[str] | None]]:
    """The parts within so many minutes; the last one takes what is left."""
    cut = []
    left = total
    for place, (length, people) in enumerate(parts):
        takes = left if place == len(parts) - 1 else min(length, left)
        if takes > 0:
            cut.append((takes, people))
        left -= takes
    return cut


def _halves(total: int, people: Sequence[list[str]]) -> list[tuple[int, list[str] | None]]:
    share, rest = divmod(total, len(people))
    lengths = [share + (rest if place == 0 else 0) for place in range(len(people))]
    return [(length, named) for length, named in zip(lengths, people, strict=True) if length > 0]


def _sessions(begun: int, parts: Sequence[tuple[int, list[str] | None]]) -> list[Words]:
    sessions = []
    at = begun
    for length, people in parts:
        named = {"by": people} if people is not None else {}
        sessions.append({"from": f"{at // 60:02}:{at % 60:02}", "minutes": length, **named})
        at += length
    return sessions


def _instead(story: Mapping[str, Any], today: date, day: StoryDay, visit: Words) -> Words:
    """The story with this visit in the place of those of its day."""
    words = StoryWords.model_validate(story)
    calendar = calendar_of(words, today)
    held = calendar.date_of(day)
    other_visits = [
        written
        for written, one_visit in zip(_listed(story, "visits"), words.visits, strict=True)
        if calendar.date_of(one_visit.day) != held
    ]
    courses = [{**course, "except": [*as_days(course.get("except")), day]} for course in _listed(story, "course")]
    return {**story, "visits": [*other_visits, visit], **({"course": courses} if courses else {})}


def as_days(value: object) -> list[Any]:
    """Days as a story lists them."""
    return _list(value)


def _listed(story: Mapping[str, Any], key: str) -> list[Any]:
    return _list(story.get(key))


def _list(value: object) -> list[Any]:
    listed = as_list(value)
    return list(listed) if isinstance(listed, list | tuple) else []


def on_day(story: Mapping[str, Any], today: date) -> Words:
    """The story with a visit on its today, like the last one where none is held then."""
    visits = story_visits(story, today)
    words = StoryWords.model_validate(story)
    calendar = calendar_of(words, today)
    if not visits or calendar.date_of(visits[-1].day) >= calendar.today:
        return dict(story)
    last = {**visits[-1].model_dump(by_alias=True, exclude_unset=True), "day": 0}
    return {**story, "visits": [*_listed(story, "visits"), last]}


def first_visit(story: Mapping[str, Any], today: date) -> tuple[int, int]:
    """How many days ago the first visit was, and how many visits there are up to today; (0, 0) without any."""
    words = StoryWords.model_validate(story)
    calendar = calendar_of(words, today)
    days = [calendar.date_of(visit.day) for visit in all_visits(words, calendar)]
    held = [day for day in days if day <= calendar.today]
    return ((calendar.today - min(held)) // timedelta(days=1), len(set(held))) if held else (0, 0)
