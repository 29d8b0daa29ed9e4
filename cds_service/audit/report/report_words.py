"""Days and names as a report says them."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from cards.numbers import day, number, program

NOT_ON_RECORD: Final = "Not on record"
_SHORT_ID: Final = 8


def long_day(text: str) -> str:
    """``2026-03-14`` as ``Mar 14, 2026``; "" stays."""
    return day(date.fromisoformat(text)) if text else ""


def short_day(text: str) -> str:
    """``2026-03-14`` as ``Mar 14``."""
    found = date.fromisoformat(text)
    return day(found, found)


def span_of_days(first: str, last: str) -> str:
    """``Jan 5 to Mar 27, 2026``."""
    if not first or first == last:
        return long_day(first)
    return f"{short_day(first) if first[:4] == last[:4] else long_day(first)} to {long_day(last)}"


def patient_name(patient: str) -> str:
    """``Patient 4ca340dc``: the beginning of a pseudonym tells patients of a report apart; an id stays whole."""
    is_pseudonym = len(patient) > _SHORT_ID and all(letter in "0123456789abcdef" for letter in patient)
    return f"Patient {patient[:_SHORT_ID] if is_pseudonym else patient}"


def program_name(kind: str) -> str:
    """``work hardening``; ``work rehabilitation`` where the kind is not known."""
    return program(kind) if kind in {"hardening", "conditioning"} else "work rehabilitation"


def group_name(column: str, name: str) -> str:
    """A clinic, therapist or payer by its name, a week by its Monday."""
    if not name:
        return NOT_ON_RECORD
    return long_day(name) if column == "week" else name


def claim_lines(text: str) -> list[str]:
    """A claim line each; ``or`` begins the other of two ways to bill."""
    return text.replace(" or ", ", or ").split(", ") if text else ["nothing"]


def more_or_less(value: float, words: Callable[[Any], str] = number) -> str:
    """``+12``, ``-3``, ``0``: how much more it is."""
    sign = "+" if value > 0 else "-" if value < 0 else ""
    whole = int(value) if float(value).is_integer() else value
    return f"{sign}{words(abs(whole))}"
