"""Recognizes the tables of CMS by their column headings: tolerant of case, white space and line breaks, of no more."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, Literal, TypeAlias

from cds_service.policies.ncci import NcciError
from cds_service.policies.ncci.cms_files import Sheet, SheetRow, text
from cds_service.policies.shapes import BillingSetting

Kind: TypeAlias = Literal["MUE", "PTP"]

CODE_COLUMN: Final = "HCPCS/CPT Code"
UNITS_COLUMN: Final = "Practitioner (or Outpatient Hospital) Services MUE Values"
ADJUDICATION_COLUMN: Final = "MUE Adjudication Indicator"
COLUMN_1: Final = "Column 1"
COLUMN_2: Final = "Column 2"
EFFECTIVE_COLUMN: Final = "Effective Date"
DELETION_COLUMN: Final = "Deletion Date"
MODIFIER_COLUMN: Final = "Modifier"

COLUMNS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "MUE": {
        CODE_COLUMN: r"hcpcs/cpt code",
        UNITS_COLUMN: r"(practitioner|(facility )?outpatient hospital|dme supplier) services mue values?",
        ADJUDICATION_COLUMN: r"mue adjudication indicator",
    },
    "PTP": {
        COLUMN_1: r"column ?1",
        COLUMN_2: r"column ?2",
        EFFECTIVE_COLUMN: r"effective date",
        DELETION_COLUMN: r"deletion date( ?\*=no data)?",
        MODIFIER_COLUMN: r"modifier( indicator)?( 0=not allowed 1=allowed 9=not applicable)?",
    },
}
"""The columns that are read, by the name CMS gives them, and what their heading has to be."""
KEY_COLUMNS: Final[Mapping[Kind, str]] = {"MUE": CODE_COLUMN, "PTP": COLUMN_1}
WHAT_TO_DO: Final[Mapping[Kind, str]] = {
    "MUE": "Give the Medicare MUE table as CMS ships it; Medicaid tables have no adjudication indicator.",
    "PTP": "Give the whole Medicare PTP table as CMS ships it, not the list of a quarter's additions and deletions.",
}
PREAMBLE: Final = 40
HEADER_ROWS: Final = 10

_SETTINGS: Final[Mapping[BillingSetting, re.Pattern[str]]] = {
    "practitioner": re.compile(r"ccipra|practitioner"),
    "hospital": re.compile(r"ccioph|hospital"),
}
_NOT_USED: Final = {
    re.compile(r"dme[ _-]?supplier|durable"): "a table of equipment suppliers, which work rehabilitation does not use",
    re.compile(r"medicaid"): "a Medicaid table; the edits of the rules are those of Medicare",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """A recognized table: where its columns are, and the setting that its headings, title or file name tell."""

    kind: Kind
    columns: Mapping[str, int]
    setting: BillingSetting | None


def recognize(sheet: Sheet) -> tuple[Layout, Iterator[SheetRow]] | None:
    """The layout of a sheet, and its rows below the headings. None for an empty sheet.

    Raises:
        NcciError: the columns are not those of a table that is used here, or one of them is missing.
    """
    first = list(islice(sheet.rows, PREAMBLE))
    top = [[text(cell) for cell in row] for _, row in first]
    written = [row for row in top if any(row)]
    if not written:
        return None
    start = next((place for place, row in enumerate(top) if _kind(row) is not None), None)
    kind = _kind(top[start]) if start is not None else None
    if start is None or kind is None:
        raise NcciError(
            f"{sheet.where}: the columns are not those of a CMS table: neither {CODE_COLUMN!r} (MUE) nor "
            f"{COLUMN_1!r} (PTP) is in the first {PREAMBLE} rows. Found: {_shown(max(written, key=_filled))}. "
            "Give the MUE and PTP tables as CMS ships them."
        )
    key = next(place for place, cell in enumerate(top[start]) if _is(kind, KEY_COLUMNS[kind], _heading([cell])))
    end = start + 1
    while end < min(len(top), start + HEADER_ROWS) and not _cell(top[end], key):
        end += 1
    headings = _headings(top[start:end])
    columns = _columns(sheet, kind, headings)
    heading = headings[columns[UNITS_COLUMN]] if kind == "MUE" else " ".join(chain.from_iterable(top[:start]))
    return Layout(kind, columns, _setting(sheet, kind, heading.lower())), chain(first[end:], sheet.rows)


def _kind(row: Sequence[str]) -> Kind | None:
    """The table that a row of headings begins; a title has one cell only."""
    if _filled(row) < 2:  # noqa: PLR2004 - more than a title
        return None
    return next(
        (kind for kind, key in KEY_COLUMNS.items() if any(_is(kind, key, _heading([cell])) for cell in row)),
        None,
    )


def _is(kind: Kind, column: str, heading: str) -> bool:
    return re.fullmatch(COLUMNS[kind][column], heading) is not None


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _headings(rows: Sequence[Sequence[str]]) -> list[str]:
    """The headings of all columns; each may run over several rows."""
    return [_heading([_cell(row, place) for row in rows]) for place in range(max(map(len, rows)))]


def _heading(parts: Sequence[str]) -> str:
    """A heading in lower case, with one space between words and none around ``/`` and ``=``."""
    return re.sub(r"\s*([/=])\s*", r"\1", " ".join(" ".join(parts).lower().split()))


def _columns(sheet: Sheet, kind: Kind, headings: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for column in COLUMNS[kind]:
        places = [place for place, heading in enumerate(headings) if _is(kind, column, heading)]
        if len(places) != 1:
            problem = "is missing" if not places else "stands twice"
            raise NcciError(
                f"{sheet.where}: the {kind} column {column!r} {problem}. Found: {_shown(headings)}. {WHAT_TO_DO[kind]}"
            )
        columns[column] = places[0]
    return columns


def _setting(sheet: Sheet, kind: Kind, heading: str) -> BillingSetting | None:
    """The setting that the heading of an MUE table tells, or title and file name of a PTP table."""
    names = " ".join(sheet.names).lower()
    for words, why in _NOT_USED.items():
        if words.search(names) or (kind == "MUE" and words.search(heading)):
            raise NcciError(f"{sheet.where}: this is {why}. Leave it out.")
    found = [
        setting
        for setting, words in _SETTINGS.items()
        if words.search(heading if kind == "MUE" else f"{heading} {names}")
    ]
    return found[0] if len(found) == 1 else None


def _shown(row: Sequence[str]) -> str:
    """What a row says, fit to print."""
    cells = (" ".join(cell.split())[:60] for cell in row if cell)
    return " | ".join("".join(letter if letter.isprintable() else "?" for letter in cell) for cell in cells)
