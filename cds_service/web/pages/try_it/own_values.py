"""What a story itself says where a control could say something else, in a few words."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from cards.numbers import day, listed, number
from cds_service.domain.jurisdictions import STATES
from cds_service.stories.care_words import VisitWords
from cds_service.stories.language import StoryWords
from cds_service.stories.paperwork import AuthorizationWords
from cds_service.stories.story_files import words_of_story
from cds_service.web.pages.try_it.choices import ZONES
from cds_service.web.pages.try_it.varied_visit import calendar_of, sessions_of, story_visits, timed_minutes

_PEOPLE = {
    "PT": "PT",
    "PTA": "PT assistant",
    "OT": "OT",
    "OTA": "OT assistant",
    "unknown": "profession not on record",
}


@lru_cache(maxsize=64)
def own_values(name: str, hook: str, today: date) -> Mapping[str, str]:
    """What a bundled story says, by name of the control; what it does not tell is left out."""
    story = words_of_story(name)
    words = StoryWords.model_validate(story)
    return {name: text for name, text in _own(words, story, hook, today) if text}


def _own(words: StoryWords, story: Mapping[str, Any], hook: str, today: date) -> Iterator[tuple[str, str]]:
    calendar = calendar_of(words, today)
    visits = story_visits(story, today)
    yield "minutes", _minutes(words, visits, hook)
    yield "later", ""
    yield "by", _people(visits[-1]) if visits else ""
    yield "payer", words.coverage[0].payer if words.coverage else "none on record"
    state = words.site.state or words.patient.state
    yield "state", STATES.get(state or "", "not on record")
    yield "zone", "sent in UTC" if words.written_in else ZONES.get(str(calendar.zone), str(calendar.zone))
    absent = isinstance(words.prefetch, Mapping) and words.prefetch.get("authorizations") == "absent"
    answers = [_approval(answer, calendar.date_of, today) for answer in words.authorizations]
    yield "approval", "not sent by the EHR" if absent else listed(answers) or "none on record"
    measured = [calendar.date_of(assessment.day) for assessment in words.assessments]
    yield "measured", str((calendar.today - max(measured)).days) if measured else "never"


def _minutes(words: StoryWords, visits: list[VisitWords], hook: str) -> str:
    if hook.startswith("order-"):
        times = [order.times.minutes for order in words.orders if order.times is not None and order.times.minutes]
        return str(times[0]) if times else ""
    if hook == "appointment-book":
        lengths = [timed_minutes(appointment) for appointment in words.appointments]
        return str(lengths[0]) if lengths else ""
    return str(sum(map(timed_minutes, sessions_of(visits[-1])))) if visits else ""


def _people(visit: VisitWords) -> str:
    parts = [session.by or visit.by or [] for session in sessions_of(visit)]
    return ", then ".join(" with ".join(_PEOPLE.get(person, person) for person in part) for part in parts)


def _approval(answer: AuthorizationWords, date_of: Any, today: date) -> str:  # noqa: ANN401 - of the story's calendar
    amount = f"{number(answer.quantity)} {answer.unit or ''}".strip() if answer.quantity is not None else ""
    until = f"to {day(date_of(answer.end), today)}" if answer.end is not None else ""
    return ", ".join(filter(None, (answer.state, amount, until)))
