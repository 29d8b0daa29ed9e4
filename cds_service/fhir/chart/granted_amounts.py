"""How much a payer approved: in quantities, in adjudications, and in the words of its answer (A-1)."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from cds_service.fhir.reading.concept_words import may_match, texts
from cds_service.fhir.reading.elements import Quantity
from cds_service.fhir.reading.financial_resources import Adjudication

# "allowedunits": the code of Da Vinci PDex; "allowed" alone is an amount of money.
_GRANTED: Final = re.compile(r"authori[sz]|approv|certif|allowed ?units", re.IGNORECASE)
_UNITS: Final = (
    (re.compile(r"h|hs|hrs?|hours?", re.IGNORECASE), "hours", 1.0),
    (re.compile(r"min|mj|minutes?", re.IGNORECASE), "hours", 1 / 60),
    (
        re.compile(r"\{?(?:vs|tx|(?:visit|session|treatment|encounter)(?:s|\(s\))?)\}?", re.IGNORECASE),
        "visits",
        1.0,
    ),
    (re.compile(r"\{?(?:da|dy|d|days?)\}?", re.IGNORECASE), "days", 1.0),
    (re.compile(r"\{?(?:un|units?)\}?", re.IGNORECASE), "units", 1.0),
)
_NO_UNIT: Final = re.compile(r"|1|\{[^}]*\}|ea|each|count|quantity|qty", re.IGNORECASE)

_COUNTED: Final = r"(?P<unit>visits?|sessions?|treatments?|hours?|hrs?)\b"
_BESIDE: Final = (
    r"(?:(?:more|additional|further|total|outpatient|therapy|physical|occupational|pt|ot|work|rehab(?:ilitation)?"
    r"|hardening|conditioning|program)\s+)*"
)
_A_TIME: Final = (
    r"(?!\s*(?:/|per\b|an?\b|each\b|every\b|weekly\b|daily\b)\s*(?:day|wk|week|visit|session|treatment)?)"
    r"(?!\s+(?:each|weekly|daily))"
)
_AMOUNT: Final = re.compile(
    r"(?<!within )(?<!after )(?<!every )(?<!next )(?<!last )(?<![\d./#-])(?P<amount>\d{1,3})\)?\s*"
    rf"(?:of\s+(?:the\s+)?\d+\s+)?{_BESIDE}{_COUNTED}{_A_TIME}",
    re.IGNORECASE,
)
_WEEKLY: Final = re.compile(
    r"(?<![\d./#-])(?P<times>\d)\s*(?:x|times?|visits?|sessions?)\s*(?:/|per|an?)?\s*(?:wk|week)(?:ly)?\s*(?:x|for)\s*"
    r"(?P<weeks>\d{1,2})\s*(?:wks?|weeks?)\b",
    re.IGNORECASE,
)
_CLAUSES: Final = re.compile(r"[;,\n]|\.(?=\s|$)|\bbut\b|\bwhile\b", re.IGNORECASE)
_NOT_GRANTED: Final = re.compile(
    r"\bden|\breject|\bnot\b|\bnon\b|(?<!as )\brequest|\bused\b|\bremain|\bleft\b|\bprevious|\bprior\b"
    r"|\bper (?:day|visit|session)\b",
    re.IGNORECASE,
)
_LESS: Final = re.compile(
    r"\bpartial|\bin part\b|\bmodif|\breduc|\bonly\b|\d\s*\)?\s+of\s+(?:the\s+)?\d|\bup to\b|\bmax", re.IGNORECASE
)
_UNTIL: Final = re.compile(
    r"\b(?:through|thru|until|expir(?:es|ed|ing|ation)|exp|ends?|ended|valid to)\b[\s:.]*(?:date\s*:?\s*|on\s+)?"
    r"(?:(?P<month>\d{1,2})[/-](?P<day>\d{1,2})[/-](?P<year>20\d\d)|(?P<iso>20\d\d-\d\d-\d\d))",
    re.IGNORECASE,
)
_TELLING: Final = ("visit", "session", "treatment", "hour", "hr", "wk", "week")


class Granted(NamedTuple):
    """An approved amount, in hours, visits, days or units, or in whatever else the payer counts."""

    amount: float
    unit: str | None


def quantity_of(quantity: Quantity | None) -> Granted | None:
    """An authorized quantity; without unit where none is told, with the unit as written where it is not known here."""
    if quantity is None or quantity.value is None:
        return None
    written = [text.strip() for text in (quantity.code, quantity.unit) if text is not None]
    for text in written:
        for pattern, unit, factor in _UNITS:
            if pattern.fullmatch(text):
                return Granted(quantity.value * factor, unit)
    unknown = next((text for text in reversed(written) if _NO_UNIT.fullmatch(text) is None), None)
    return Granted(quantity.value, unknown)


def of_adjudications(adjudications: Iterable[Adjudication]) -> Quantity | None:
    """The amount that an adjudication named authorized or approved gives."""
    for adjudication in adjudications:
        if adjudication.value is None or adjudication.category is None:
            continue
        names = (
            *texts(adjudication.category),
            *(coding.code for coding in adjudication.category.coding if coding.code),
        )
        if any(_GRANTED.search(name) for name in names):
            return Quantity(value=adjudication.value)
    return None


def amount_in_words(text: str | None) -> Granted | None:
    """The one amount of visits or hours that an approval grants in words; None where it tells none or several.

    "3x/week x 4 weeks" are twelve visits. What is so much a day or a week, what was asked for, used or denied is none.
    """
    if text is None or not may_match(text, _TELLING):
        return None
    amounts: set[Granted] = set()
    for clause in _CLAUSES.split(text):
        if _NOT_GRANTED.search(clause):
            continue
        weekly = _WEEKLY.search(clause)
        if weekly is not None:
            amounts.add(Granted(float(weekly["times"]) * float(weekly["weeks"]), "visits"))
            continue
        for match in _AMOUNT.finditer(clause):
            unit = "hours" if match["unit"].lower().startswith("h") else "visits"
            amounts.add(Granted(float(match["amount"]), unit))
    return amounts.pop() if len(amounts) == 1 else None


def end_in_words(text: str | None) -> date | None:
    """The day through which words approve: "through 11/20/2026", "expires 2026-11-20"."""
    until = _UNTIL.search(text) if text is not None and "20" in text else None
    if until is None:
        return None
    try:
        if until["year"] is not None:
            return date(int(until["year"]), int(until["month"]), int(until["day"]))
        return date.fromisoformat(until["iso"])
    except ValueError:
        return None


def is_less_than_asked(text: str | None) -> bool:
    """Whether words say that less was approved than requested, or that there is a limit: partially, only, 8 of 12."""
    return text is not None and _LESS.search(text) is not None
