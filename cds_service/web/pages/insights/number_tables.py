"""Tables of numbers: for people with links to what is behind a number, and for spreadsheets."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final, NamedTuple

from markupsafe import Markup

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the begin of a formula."""


class NumberCell(NamedTuple):
    """What a cell says; a number stands at the right; ``link`` leads to the records behind it."""

    text: str
    link: str | None = None
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class NumberTable:
    """A table with its id, title and explanation; the first column names the row. ``picture`` shows the same."""

    id: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[NumberCell, ...], ...]
    empty: str = "Nothing of the chosen records belongs here."
    picture: Markup | None = None


def count_cell(value: int, link: str | None = None) -> NumberCell:
    """A count; nothing is behind a zero."""
    return NumberCell(f"{value:,}", link if value else None, is_number=True)


def number_cell(text: str) -> NumberCell:
    """A number that is written already."""
    return NumberCell(text, is_number=True)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[NumberCell]]) -> str:
    """A table for spreadsheets (RFC 4180): no cell of it is taken for a formula."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_for_spreadsheets(cell) for cell in row] for row in rows)
    return text.getvalue()


def _for_spreadsheets(cell: NumberCell) -> str:
    if cell.is_number:
        return cell.text.replace(",", "").removeprefix("$").removesuffix(" ms").removesuffix("%")
    return f"'{cell.text}" if cell.text.startswith(FORMULA_STARTS) else cell.text
