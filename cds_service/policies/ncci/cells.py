"""One row of a CMS table, cell by cell, as what each cell has to be."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from cds_service.policies.ncci import NcciError
from cds_service.policies.ncci import layouts as columns
from cds_service.policies.ncci.cms_files import AGAIN, SheetRow, text
from cds_service.policies.ncci.layouts import Layout
from cds_service.policies.shapes import AdjudicationIndicator, Indicator

CODE_LENGTH: Final = 5
NO_ROW: Final[SheetRow] = (0, ())
ADJUDICATION: Final[Mapping[str, AdjudicationIndicator]] = {"1": 1, "2": 2, "3": 3}
MODIFIER: Final[Mapping[str, Indicator | None]] = {"0": 0, "1": 1, "9": None}
_CODE: Final = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")


class Cells:
    """Cells of one row, as what they have to be.

    Raises:
        NcciError: a cell is not; the text names file, row, column and what stands there.
    """

    def __init__(self, where: str, layout: Layout) -> None:
        self.where = where
        self._places = layout.columns
        self._number, self._row = NO_ROW

    def turn_to(self, row: SheetRow) -> None:
        """Read this row from now on."""
        self._number, self._row = row

    def raw(self, column: str) -> str:
        """What stands in a column, as text."""
        place = self._places[column]
        return text(self._row[place]) if place < len(self._row) else ""

    def code(self, column: str) -> str:
        """A HCPCS code; workbooks may hold it as a number, without its leading zeros."""
        code = self.raw(column)
        if code.isdigit() and not isinstance(self._row[self._places[column]], str):
            code = code.zfill(CODE_LENGTH)
        if not _CODE.fullmatch(code):
            raise self.refused(column, "a code like 97545")
        return code

    def day(self, column: str) -> date:
        """A date like 20261001, or 2026-10-01."""
        parts = _DATE.fullmatch(self.raw(column))
        try:
            return date(*map(int, parts.groups())) if parts else date.fromisoformat(self.raw(column))
        except ValueError:
            raise self.refused(column, "a date like 20261001") from None

    def units(self) -> int:
        """A number of units; CMS publishes zeros."""
        units = self.raw(columns.UNITS_COLUMN)
        if not (units.isascii() and units.isdigit()):
            raise self.refused(columns.UNITS_COLUMN, "a whole number")
        return int(units)

    def adjudication(self) -> AdjudicationIndicator:
        """1, 2 or 3; its words follow in the same cell."""
        found = re.match(r"([123])(?!\w)", self.raw(columns.ADJUDICATION_COLUMN))
        if found is None:
            raise self.refused(columns.ADJUDICATION_COLUMN, "1, 2 or 3, like '2 Date of Service Edit: Policy'")
        return ADJUDICATION[found[1]]

    def modifier(self) -> Indicator | None:
        """0 or 1; None for 9, an edit that never applied."""
        found = self.raw(columns.MODIFIER_COLUMN)
        if found not in MODIFIER:
            raise self.refused(columns.MODIFIER_COLUMN, "0, 1 or 9")
        return MODIFIER[found]

    def is_note(self, key: str) -> bool:
        """Whether the row is empty or a remark: no code, and at most one cell."""
        return not _CODE.fullmatch(self.raw(key)) and sum(map(bool, map(text, self._row))) <= 1

    def refused(self, column: str, wanted: str) -> NcciError:
        """The error of a cell."""
        found = self.raw(column)[:40]
        shown = "".join(letter if letter.isprintable() else "?" for letter in found)
        return NcciError(f"{self.where}, row {self._number}: {column!r} is {shown!r}, not {wanted}. {AGAIN}")

    def twice(self, cell: str) -> NcciError:
        """The error of a second row for the same codes."""
        return NcciError(f"{self.where}, row {self._number}: {cell} stands twice, here with another value. {AGAIN}")
