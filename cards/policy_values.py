"""Policy values for people, on cards, pages and the terminal: "2 to 4 hours", and rows where a value is a table."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, TypeGuard

from cards.numbers import quantity
from cds_service.domain.codes import Program
from cds_service.domain.terms import CRITERION_WORDS, ELEMENT_WORDS, REQUEST_ELEMENT_WORDS
from cds_service.domain.values import BASE, Confidence, Json

_HYPHENATED: Final = re.compile(r"[a-z]+(-[a-z0-9]+)+")
_BOUNDS: Final = frozenset({"minimum", "maximum"})
MOST_TEXT: Final = 80

_PROGRAMS: Final = frozenset(Program)
_NOUN: Final = re.compile(r"\s+by\s+.*")

CHOICES: Final[Mapping[str, str]] = {
    **ELEMENT_WORDS,
    **CRITERION_WORDS,
    **REQUEST_ELEMENT_WORDS,
    "modifier-52": "97545 with modifier 52",
    "fifteen-minute-codes": "15-minute codes",
    "prorate": "97545 pro-rated",
    "cms-8": "CMS 8-minute rule",
    "cpt-midpoint": "CPT midpoint rule, each code alone",
    "off": "not used by this payer",
    "warn": "perhaps used by this payer",
    "enforce": "used by this payer",
    "allow": "paid",
    "ask": "ask the payer",
    "modifier-59": "paid with modifier 59 or XE, XS, XP, XU",
    "deny": "not paid",
    "after-max-weeks": "beyond the usual weeks",
    "after-visits-or-days": "beyond a number of visits or days",
    "outside-guidelines": "outside the treatment guidelines",
    "accredited-and-listed": "accredited and on the payer's list",
}
"""Choices that need more than their hyphens taken away."""

CONFIDENCE_WORDS: Final[Mapping[Confidence, str]] = {
    "verified": "verified",
    "seed": "from a coding guide; ask your payer",
    "default": "our default; no rule of this payer on file",
    "unverified": "not verified",
}
NOT_ITS_OWN: Final = "our default; not in the payer's own text"
"""How sure a default is that stands in the policy of a payer, a state or a kind of payer."""

_HEADINGS: Final = {
    "column1": "paid",
    "column2": "not paid beside it",
    "indicator": "together",
    "settings": "tables",
    "mai": "counted",
}
_KEYS: Final = {
    "unknown": "kind not known",
    "form_name": "name of the form",
    "extension": "an extension needs",
    "asked_by": "asked by",
    "signed_by": "signed by",
    "address": "sent to",
}
"""Keys of tables, where they need words."""
_COUNTS: Final[Mapping[str, tuple[str, str]]] = {
    "days": ("answered within {}", "business days"),
    "treatments": ("at most {} in a request", "treatments"),
    "within_days": ("within {}", "days"),
    "ahead_days": ("sent {} ahead", "days"),
    "attachment_days": ("attached documents at most {} old", "days"),
}
"""Keys of tables that count something of their own: the words around the number, and what is counted."""
_CELLS: Final[Mapping[tuple[str, Json], str]] = {
    ("indicator", 0): "never",
    ("indicator", 1): "when separate: 59, XE, XS, XP or XU",
    ("mai", 1): "per line (MAI 1)",
    ("mai", 2): "per date, fixed (MAI 2)",
    ("mai", 3): "per date, reviewable (MAI 3)",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A value of many rows: pair edits, unit edits, tools."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def how_sure(confidence: Confidence, policy: str) -> str:
    """In words how sure a value of a policy is."""
    if confidence == "default" and policy != BASE:
        return NOT_ITS_OWN
    return CONFIDENCE_WORDS[confidence]


def value_in_words(value: Json, unit: str = "") -> str:
    """A policy value in one line; ``unit`` is that of its parameter.

    A value of many rows is told by their number: ``as_table`` has the rows.
    """
    table = as_table(value)
    if table is not None:
        return f"table of {_counted(len(table.rows), 'rows')}"
    return _words(value, _noun(unit))


def in_short(value: Json, unit: str = "") -> str:
    """A policy value in a few words: of a longer one the parts that fit, and how many more there are.

    Of a list of which not even two fit the number alone is said; a table of one row is that row.
    """
    table = as_table(value)
    if table is not None and len(table.rows) == 1:
        named = zip(table.headings, table.rows[0], strict=True)
        return "; ".join(f"{heading}: {cell}" for heading, cell in named if cell)
    text = value_in_words(value, unit)
    if len(text) <= MOST_TEXT:
        return text
    parts = _parts(value, _noun(unit))
    if len(parts) == 1:
        return text
    between = _between(value, parts)
    fit = sum(length <= MOST_TEXT for length in accumulate(len(part) + len(between) for part in parts))
    if fit <= 1 and not isinstance(value, Mapping):
        return f"{len(parts)} items"
    return f"{between.join(parts[: fit or 1])} and {len(parts) - (fit or 1)} more"


def as_table(value: Json) -> Table | None:
    """The rows of a list of tables, or of a table of tables by code; None for any other value."""
    if isinstance(value, Mapping):
        if value and all(isinstance(row, Mapping) and not _is_range(row) for row in value.values()):
            return _table([{"code": code, **row} for code, row in value.items() if isinstance(row, Mapping)])
        return None
    if _is_list(value) and value and all(isinstance(row, Mapping) for row in value):
        return _table([row for row in value if isinstance(row, Mapping)])
    return None


def _table(rows: Sequence[Mapping[str, Json]]) -> Table:
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(
        tuple(_HEADINGS.get(name, name.replace("_", " ")) for name in names),
        tuple(tuple(_cell(name, row.get(name)) for name in names) for row in rows),
    )


def _cell(name: str, value: Json) -> str:
    if value is None:
        return ""
    known = _CELLS.get((name, value)) if isinstance(value, int) else None
    return known or _words(value, "")


def _words(value: Json, noun: str) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _counted(value, noun)
        case str():
            return CHOICES.get(value) or (value.replace("-", " ") if _HYPHENATED.fullmatch(value) else value)
        case Mapping() if _is_range(value):
            return _range(value.get("minimum"), value.get("maximum"), noun)
        case _:
            parts = _parts(value, noun)
            return _between(value, parts).join(parts) or "none"


def _parts(value: Json, noun: str) -> list[str]:
    """The members of a value that has such, in words; else the value itself."""
    if isinstance(value, Mapping) and _is_the_same_for_all(value):
        return _parts(next(iter(value.values())), noun)
    if isinstance(value, Mapping) and not _is_range(value):
        return [_member(key, member, noun) for key, member in value.items()]
    if _is_list(value):
        return [_words(member, noun) for member in value]
    return [_words(value, noun)]


def _between(value: Json, parts: Iterable[str]) -> str:
    """What stands between the parts: no comma where one of them has a comma of its own."""
    of_names = isinstance(value, Mapping) and not _is_the_same_for_all(value)
    return "; " if of_names or any("," in part for part in parts) else ", "


def _member(key: str, member: Json, noun: str) -> str:
    if isinstance(member, int) and key in _COUNTS:
        words, unit = _COUNTS[key]
        return words.format(quantity(member, unit))
    return f"{_KEYS.get(key, key)}: {_words(member, noun)}"


def _range(minimum: Json, maximum: Json, noun: str) -> str:
    least, most = (bound if isinstance(bound, int | float) else None for bound in (minimum, maximum))
    if least is not None and most is not None:
        up_to = _counted(most, noun)
        return up_to if least == most else f"{least:g} to {up_to}"
    if most is not None:
        return f"at most {_counted(most, noun)}"
    return f"at least {_counted(least, noun)}" if least is not None else "no limit"


def _counted(value: float, noun: str) -> str:
    return f"${value:,.2f}".removesuffix(".00") if noun == "US dollars" else quantity(value, noun).rstrip()


def _noun(unit: str) -> str:
    """What is counted: ``hours`` of the unit ``hours by program``."""
    return _NOUN.sub("", unit)


def _is_the_same_for_all(value: Mapping[str, Json]) -> bool:
    """Whether a value by kind of program is one and the same for every kind."""
    kinds = list(value.values())
    return bool(kinds) and value.keys() == _PROGRAMS and all(kind == kinds[0] for kind in kinds)


def _is_range(value: Mapping[str, Json]) -> bool:
    return bool(value) and value.keys() <= _BOUNDS


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
