"""The fee table of a site: a CSV file with code, modifier, amount and the first day it holds, checked row by row."""

import csv
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from cds_service.domain.fees import NO_FEES, Fee, FeeTable, fee_table
from cds_service.errors import ConfigurationError

FEE_COLUMNS: Final = ("code", "modifier", "amount", "from")
MOST_FEE_BYTES: Final = 16 * 1024 * 1024
MOST_DOLLARS: Final = Decimal(1_000_000)
"""No unit of therapy costs as much: a larger amount is a slip."""
_CODE: Final = re.compile(r"[A-Z0-9]{5}")
_MODIFIER: Final = re.compile(r"[A-Z0-9]{2}")
_DOLLARS: Final = re.compile(r"\d+(\.\d{1,2})?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_log: Final = logging.getLogger(__name__)


def fees_from(file: Path | None) -> FeeTable:
    """The fees of a file; none without one.

    Raises:
        ConfigurationError: the file cannot be read, or a row is wrong; names file, line and what to do.
    """
    if file is None:
        return NO_FEES
    try:
        if file.stat().st_size > MOST_FEE_BYTES:
            raise _refused(
                file, None, "the file is over 16 MiB; a fee table has a row for each code, modifier and date"
            )
        text = file.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise _refused(
            file, None, f"the file cannot be read: {problem.strerror}; let the user that runs the service read it"
        ) from None
    except UnicodeDecodeError:
        raise _refused(file, None, "the file is not UTF-8 text; save it as CSV in UTF-8") from None
    return fee_table(_fees(file, text))


class ReloadableFees:
    """The fees in use, exchanged as a whole.

    Raises:
        ConfigurationError: the file is refused.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.current = fees_from(file)

    def reload(self) -> None:
        """Read the file again; when it is refused this is logged, and the present fees stay."""
        if self._file is None:
            return
        try:
            self.current = fees_from(self._file)
        except ConfigurationError as problem:
            _log.error("fees-not-reloaded", extra={"fields": {"why": str(problem)}})
        else:
            _log.info("fees-reloaded", extra={"fields": {"codes": len(self.current.by_code)}})


def _fees(file: Path, text: str) -> Iterator[Fee]:
    rows = csv.DictReader(text.splitlines(), strict=True)
    seen: dict[tuple[str, frozenset[str], date], int] = {}
    try:
        _check_header(file, rows.fieldnames)
        for row in rows:
            if not any(row.values()):
                continue
            fee = _fee(file, rows.line_num, row)
            first = seen.setdefault((fee.code, fee.modifiers, fee.since), rows.line_num)
            if first != rows.line_num:
                reason = f"{_named(fee)} from {fee.since} stands in line {first} already; keep one of the two"
                raise _refused(file, rows.line_num, reason)
            yield fee
    except csv.Error as problem:
        raise _refused(file, rows.line_num, f"not readable as CSV: {problem}; save the table as CSV again") from None


def _check_header(file: Path, found: object) -> None:
    if not isinstance(found, list) or tuple(str(name).strip().lower() for name in found) != FEE_COLUMNS:
        raise _refused(
            file, 1, f"the first line is not {','.join(FEE_COLUMNS)}; write it like that, separated by commas"
        )


def _fee(file: Path, line: int, row: Mapping[str | None, object]) -> Fee:
    if None in row or None in row.values():
        raise _refused(file, line, "the row does not have four fields; write code,modifier,amount,from")
    code, modifier, dollars, since = (str(row[name]).strip() for name in row)
    if not _CODE.fullmatch(code):
        raise _refused(file, line, f"{code!r} is not a code; write five letters or digits, like 97545")
    modifiers = modifier.replace("-", " ").split()
    if not all(map(_MODIFIER.fullmatch, modifiers)) or len(set(modifiers)) < len(modifiers):
        raise _refused(
            file,
            line,
            f"{modifier!r} is not a modifier; write two letters or digits, like CQ, or nothing for all lines",
        )
    return Fee(code, frozenset(modifiers), _amount(file, line, dollars), _day(file, line, since))


def _amount(file: Path, line: int, written: str) -> Decimal:
    if written.startswith("-"):
        raise _refused(file, line, f"{written} is negative; write the dollars charged for a unit, like 128.50")
    if not _DOLLARS.fullmatch(written):
        raise _refused(file, line, f"{written!r} is not an amount; write dollars and cents without sign, like 128.50")
    found = Decimal(written)
    if found >= MOST_DOLLARS:
        raise _refused(file, line, f"{written} dollars for a unit is too much; correct the amount")
    return found


def _day(file: Path, line: int, written: str) -> date:
    try:
        return date.fromisoformat(written if _DAY.fullmatch(written) else "")
    except ValueError:
        raise _refused(
            file, line, f"{written!r} is not a date; write the first day that the amount holds, like 2026-01-01"
        ) from None


def _named(fee: Fee) -> str:
    return "-".join((fee.code, *sorted(fee.modifiers)))


def _refused(file: Path, line: int | None, reason: str) -> ConfigurationError:
    place = f"{file}:{line}" if line is not None else str(file)
    return ConfigurationError(f"CDS_FEES: {place}: {reason}")
