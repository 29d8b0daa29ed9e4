"""Policy values for people: "2 to 4 hours" instead of JSON, and rows where a value is a table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from cds_service.domain.values import Json

_HYPHENATED: Final = re.compile(r"[a-z]+(-[a-z0-9]+)+")
_BOUNDS: Final = frozenset({"minimum", "maximum"})
_NOUN: Final = re.compile(r"\s+by\s+.*")

CHOICES: Final = {
    "cms-8": "CMS 8-minute rule",
    "cpt-midpoint": "CPT midpoint rule, each code alone",
    "fifteen-minute-codes": "15-minute codes",
    "after-max-weeks": "beyond the usual weeks",
    "after-visits-or-days": "beyond a number of visits or days",
    "outside-guidelines": "outside the treatment guidelines",
    "accredited-and-listed": "accredited and on the payer's list",
}
"""Choices that need more than their hyphens taken away."""

_HEADINGS: Final = {
    "column1": "paid",
    "column2": "not paid beside it",
    "indicator": "together",
    "settings": "tables",
    "mai": "counted",
}
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


def in_words(value: Json, unit: str = "") -> str:
    """A policy value in one line; ``unit`` is that of its parameter.

    A value of many rows is told by their number: ``as_table`` has the rows.
    """
    table = as_table(value)
    if table is not None:
        return f"table of {_counted(str(len(table.rows)), 'rows')}"
    return _words(value, _noun(unit))


def as_table(value: Json) -> Table | None:
    """The rows of a list of tables, or of a table of tables by code; None for any other value."""
    if isinstance(value, Mapping):
        if value and all(isinstance(one, Mapping) and not _is_range(one) for one in value.values()):
            return _table([{"code": code, **one} for code, one in value.items() if isinstance(one, Mapping)])
        return None
    if _is_list(value) and value and all(isinstance(one, Mapping) for one in value):
        return _table([one for one in value if isinstance(one, Mapping)])
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
            return _counted(f"{value:g}", noun)
        case str():
            return CHOICES.get(value) or (value.replace("-", " ") if _HYPHENATED.fullmatch(value) else value)
        case Mapping() if _is_range(value):
            return _range(value.get("minimum"), value.get("maximum"), noun)
        case Mapping():
            return "; ".join(f"{_key(key)}: {_words(one, noun)}" for key, one in value.items()) or "none"
        case _:
            return ", ".join(_words(one, noun) for one in value) or "none"


def _range(minimum: Json, maximum: Json, noun: str) -> str:
    least, most = (f"{bound:g}" if isinstance(bound, int | float) else None for bound in (minimum, maximum))
    if least is not None and most is not None:
        return _counted(least, noun) if least == most else f"{least} to {_counted(most, noun)}"
    if most is not None:
        return f"at most {_counted(most, noun)}"
    return f"at least {_counted(least, noun)}" if least is not None else "no bound"


def _counted(number: str, noun: str) -> str:
    return f"{number} {noun.removesuffix('s') if number == '1' else noun}".rstrip()


def _noun(unit: str) -> str:
    """What is counted: ``hours`` of the unit ``hours by program``."""
    return _NOUN.sub("", unit)


def _key(key: str) -> str:
    return "kind not known" if key == "unknown" else key


def _is_range(value: Mapping[str, Json]) -> bool:
    return bool(value) and value.keys() <= _BOUNDS


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
