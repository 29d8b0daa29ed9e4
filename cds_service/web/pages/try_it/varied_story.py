"""A story with what a visitor chose: each control changes the words of the story, never the FHIR made of it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from cds_service.stories.story_dates import parse_day
from cds_service.stories.words import NONE_WORD
from cds_service.web.pages.try_it.choices import IN_UTC, PAYERS
from cds_service.web.pages.try_it.varied_visit import Words, as_days, first_visit, on_day, with_visit

_SHIFTED: Final[Mapping[str, tuple[str, ...]]] = {
    "injury": ("onset",),
    "plan": ("start", "end"),
    "evaluations": ("day",),
    "assessments": ("day",),
    "questionnaires": ("day",),
    "authorizations": ("from", "to", "created"),
    "coverage": ("start", "end"),
    "course": ("first",),
}
"""The days that lie so much further back when the visit is later; orders, bookings and the visit itself stay ahead."""


def varied(story: Mapping[str, Any], hook: str, choices: Mapping[str, str], today: date) -> Words:
    """The story as chosen; with no choices it is the story itself.

    Args:
        story: The words of the story.
        hook: The moment it is played at; ``minutes`` are those of its order, booking or visit.
        choices: Values by name of the control, each one that the control accepts.
        today: The day of the call.
    """
    words = dict(story)
    if "later" in choices:
        words = _later(words, int(choices["later"]), today, keeps_visit=hook.startswith("encounter-"))
    minutes = int(choices["minutes"]) if "minutes" in choices else None
    if hook.startswith("order-"):
        words = _order_minutes(words, minutes)
    elif hook == "appointment-book":
        words = _booked_minutes(words, minutes)
    elif minutes is not None or "by" in choices:
        words = with_visit(words, today, minutes, choices.get("by"))
    for name, change in _CHANGES.items():
        if name in choices:
            words = change(words, choices[name], today)
    return words


def _later(story: Words, days: int, today: date, *, keeps_visit: bool) -> Words:
    """The chart's days further back; visits go on in their rhythm up to today."""
    words = {
        key: [_shifted(part, _SHIFTED[key], days) for part in as_days(value)] if key in _SHIFTED else value
        for key, value in story.items()
    }
    if "visits" in story:
        words["visits"] = [
            visit if parse_day(visit["day"]) == 0 else _shifted(visit, ("day",), days)
            for visit in as_days(story["visits"])
        ]
    return on_day(words, today) if keeps_visit and days else words


def _shifted(part: object, keys: tuple[str, ...], days: int) -> object:
    if not isinstance(part, Mapping):
        return part
    moved = {key: _back(part[key], days) for key in keys if key in part}
    goals = {"goals": [_shifted(goal, ("due",), days) for goal in as_days(part["goals"])]} if "goals" in part else {}
    return {**part, **moved, **goals}


def _back(day: object, days: int) -> object:
    """A day counted from today so much further back; a date stays, and so does ``none``."""
    counted = parse_day(day) if day != NONE_WORD else None
    return counted - days if isinstance(counted, int) else day


def _order_minutes(story: Words, minutes: int | None) -> Words:
    """Orders with sessions so long; their words no longer name another length."""
    if minutes is None:
        return story
    orders = []
    for order in as_days(story.get("orders")):
        times = {**order.get("times", {}), "minutes": minutes}
        program = str(order.get("text", "Work rehabilitation")).partition(",")[0]
        orders.append({**order, "times": times, "text": f"{program}, {minutes} minutes a session"})
    return {**story, "orders": orders}


def _booked_minutes(story: Words, minutes: int | None) -> Words:
    if minutes is None:
        return story
    booked = [
        {**{key: value for key, value in appointment.items() if key != "to"}, "minutes": minutes}
        for appointment in as_days(story.get("appointments"))
    ]
    return {**story, "appointments": booked}


def _payer(story: Words, value: str, _: date) -> Words:
    coverage = PAYERS[value][1]
    return {**story, "coverage": NONE_WORD if coverage is None else [{**coverage, "order": 1}]}


def _state(story: Words, value: str, __: date) -> Words:
    """Patient and site in one state; clocks are then those of the state unless a zone is chosen."""
    state = None if value == NONE_WORD else value
    named = {key: part for key, part in story.items() if key not in {"zone", "offset"}}
    return {**named, "patient": {**story.get("patient", {}), "state": state}, "site": {"state": state}}


def _zone(story: Words, value: str, _: date) -> Words:
    if value == IN_UTC:
        return {**story, "written_in": "+00:00"}
    return {**{key: part for key, part in story.items() if key not in {"offset", "written_in"}}, "zone": value}


def _approval(story: Words, value: str, today: date) -> Words:
    faults = {key: fault for key, fault in story.get("prefetch", {}).items() if key != "authorizations"}
    if value == "not-sent":
        return {**story, "prefetch": {**faults, "authorizations": "absent"}}
    return {**story, "prefetch": faults, "authorizations": _answers(value, *first_visit(story, today))}


def _answers(value: str, begun: int, visits: int) -> list[Words] | str:
    """What the payer has answered, for a program that began so many days ago and had so many visits."""
    approved = {"number": "TRY-EXAMPLE-1", "from": -begun, "created": -begun - 3, "unit": "visits"}
    match value:
        case "in-force":
            return [{**approved, "to": 60, "quantity": visits + 12}]
        case "last-visit":
            return [{**approved, "to": 60, "quantity": max(visits, 1)}]
        case "used-up":
            return [{**approved, "to": 60, "quantity": max(visits - 1, 1)}]
        case "ends-soon":
            return [{**approved, "to": 3, "quantity": visits + 12}]
        case "ended":
            return [{**approved, "from": -begun - 30, "to": -3, "quantity": visits + 12}]
        case "pending" | "denied":
            return [{"state": value, "number": "TRY-EXAMPLE-1", "created": -2}]
        case _:
            return NONE_WORD


def _measured(story: Words, value: str, _: date) -> Words:
    """The newest measurement so many days ago, later ones left out; or none at all."""
    listed = as_days(story.get("assessments"))
    if value == "never":
        return {**story, "assessments": NONE_WORD, "questionnaires": NONE_WORD}
    day = -int(value)
    newest = dict(listed[-1]) if listed else {"tool": "oswestry", "value": 30}
    earlier = [part for part in listed[:-1] if isinstance(written := parse_day(part["day"]), int) and written < day]
    return {**story, "assessments": [*earlier, {**newest, "day": day}]}


_CHANGES: Final[Mapping[str, Callable[[Words, str, date], Words]]] = {
    "payer": _payer,
    "state": _state,
    "zone": _zone,
    "approval": _approval,
    "measured": _measured,
}
