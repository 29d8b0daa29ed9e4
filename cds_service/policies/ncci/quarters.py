"""The quarter a table of CMS is for: from the names of its files, or said by the person who imports it."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Final

from cds_service.policies.ncci import NcciError

FIRST_DAYS: Final = frozenset({(1, 1), (4, 1), (7, 1), (10, 1)})
_EFFECTIVE: Final = re.compile(r"eff(?:ective)?[-_ ]+(\d{1,2})-(\d{1,2})-(\d{4})", re.IGNORECASE)
_QUARTER: Final = re.compile(r"(?<!\d)(20\d\d)[-_ ]?q([1-4])(?!\d)", re.IGNORECASE)


def check_quarter(day: date) -> date:
    """The day, if a quarter begins on it.

    Raises:
        NcciError: it does not.
    """
    if (day.month, day.day) not in FIRST_DAYS:
        raise NcciError(
            f"{day}: no quarter begins on this day. Give the first day of January, April, July or October, "
            f"like --quarter {day.year}-{(day.month - 1) // 3 * 3 + 1:02}-01."
        )
    return day


def quarter_in(names: Iterable[str]) -> date | None:
    """The first day of the quarter that file names tell, like ``..._Eff_10-01-2026.csv`` or ``...-2026q4-....zip``."""
    found = set()
    for name in names:
        for month, day, year in _EFFECTIVE.findall(name):
            with suppress(ValueError):
                found.add(date(int(year), int(month), int(day)))
        found |= {date(int(year), 3 * int(quarter) - 2, 1) for year, quarter in _QUARTER.findall(name)}
    first = found.pop() if len(found) == 1 else None
    return first if first is not None and (first.month, first.day) in FIRST_DAYS else None


def quarter_of(where: str, names: Iterable[str], wanted: date | None) -> date:
    """The quarter of a table.

    Args:
        where: The table, for the error.
        names: File names that may tell the quarter.
        wanted: The quarter that was asked for.

    Raises:
        NcciError: nothing tells the quarter, or the names tell another one than is wanted.
    """
    named = quarter_in(names)
    if named is None and wanted is None:
        raise NcciError(
            f"{where}: the file name does not tell the quarter. Give its first day, like --quarter 2026-10-01."
        )
    if named is not None and wanted is not None and named != wanted:
        raise NcciError(
            f"{where}: the file name says {named}, but the import is for the quarter beginning {wanted}. "
            "Give the files of one quarter only."
        )
    return named or wanted  # type: ignore[return-value]
