"""Reads the tables of CMS row by row, and keeps what a work-rehab visit can meet."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias, TypeVar

from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR, WORK_REHAB
from cds_service.policies.ncci import NcciError
from cds_service.policies.ncci import layouts as columns
from cds_service.policies.ncci.cells import Cells
from cds_service.policies.ncci.cms_files import AGAIN, Sheet, SheetRow, sheets
from cds_service.policies.ncci.layouts import Kind, Layout, recognize
from cds_service.policies.ncci.quarters import quarter_of
from cds_service.policies.shapes import AdjudicationIndicator, BillingSetting, Indicator

Pair: TypeAlias = tuple[str, str]
Watch: TypeAlias = Callable[[str, float], None]
_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

WATCH_EVERY: Final = 10_000
NO_DATE: Final = frozenset({"", "*"})
_PART: Final = re.compile(r"cci(?:pra|oph)-(v\d+)r\d+-f(\d+)", re.IGNORECASE)


class Ceiling(NamedTuple):
    """A medically unlikely edit in one setting (E-2): most units a day, and its adjudication indicator."""

    units: int
    mai: AdjudicationIndicator


@dataclass(frozen=True, slots=True)
class CmsTable:
    """What one sheet gave: ``ceilings`` of an MUE table or ``pairs`` of a PTP table, for the codes that are kept.

    ``rows`` were read. ``newest`` is the latest effective date of a PTP table, whatever its codes.
    """

    kind: Kind
    setting: BillingSetting
    quarter: date
    where: str
    file: str
    rows: int
    ceilings: Mapping[str, Ceiling]
    pairs: Mapping[Pair, Indicator]
    newest: date | None = None


def read_tables(
    paths: Iterable[Path],
    codes: AbstractSet[str],
    quarter: date | None,
    setting: BillingSetting | None,
    watch: Watch = lambda _where, _share: None,
) -> tuple[CmsTable, ...]:
    """Read files of one quarter.

    Args:
        paths: Files as CMS ships them.
        codes: Which codes to keep; pairs of which both codes are in it, or one is 97545 or 97546.
        quarter: Its first day; None to take it from the file names.
        setting: Setting of tables that do not tell it.
        watch: Called now and then with the name of a table and the share that has been read.

    Raises:
        NcciError: a file is refused, the files do not belong together, or they hold nothing of what is wanted.
    """
    tables: list[CmsTable] = []
    for path in paths:
        before = len(tables)
        for sheet in sheets(path):
            found = recognize(sheet)
            if found is None:
                continue
            layout, rows = found
            of_quarter = quarter_of(sheet.where, sheet.names, quarter)
            if tables and tables[0].quarter != of_quarter:
                raise NcciError(
                    f"{sheet.where}: this is of the quarter beginning {of_quarter}, {tables[0].file} of that beginning "
                    f"{tables[0].quarter}. Import one quarter at a time."
                )
            of_setting = _setting(sheet, layout, setting)
            read = _read_mue if layout.kind == "MUE" else _read_ptp
            tables.append(read(sheet, layout, _watched(sheet, rows, watch), codes, of_quarter, of_setting))
        if len(tables) == before:
            raise NcciError(f"{path}: the file is empty. {AGAIN}")
    _check_parts(tables)
    _check_found(tables)
    return tuple(tables)


def joined(
    tables: Iterable[CmsTable],
) -> tuple[dict[BillingSetting, dict[str, Ceiling]], dict[BillingSetting, dict[Pair, Indicator]]]:
    """Ceilings and pairs of each setting, from all tables of a quarter.

    Raises:
        NcciError: two tables give different values.
    """
    ceilings: dict[BillingSetting, dict[str, Ceiling]] = {}
    pairs: dict[BillingSetting, dict[Pair, Indicator]] = {}
    for table in tables:
        if table.kind == "MUE":
            _join(table, ceilings.setdefault(table.setting, {}), table.ceilings)
        else:
            _join(table, pairs.setdefault(table.setting, {}), table.pairs)
    return ceilings, pairs


def _join(table: CmsTable, known: dict[_K, _V], found: Mapping[_K, _V]) -> None:
    for key, value in found.items():
        if known.setdefault(key, value) != value:
            entry = " with ".join(key) if isinstance(key, tuple) else key
            raise NcciError(f"{table.where}: {entry} has another value than in an earlier file. Give each table once.")


def _setting(sheet: Sheet, layout: Layout, wanted: BillingSetting | None) -> BillingSetting:
    if layout.setting is None and wanted is None:
        raise NcciError(
            f"{sheet.where}: neither title nor file name tells whether this is the practitioner or the hospital table. "
            "Give --setting practitioner or --setting hospital."
        )
    if layout.setting is not None and wanted is not None and layout.setting != wanted:
        raise NcciError(f"{sheet.where}: this is the {layout.setting} table, not that of --setting {wanted}.")
    return layout.setting or wanted  # type: ignore[return-value]


def _watched(sheet: Sheet, rows: Iterator[SheetRow], watch: Watch) -> Iterator[SheetRow]:
    for count, row in enumerate(rows):
        if count % WATCH_EVERY == 0:
            watch(sheet.where, sheet.share())
        yield row
    watch(sheet.where, 1)


def _read_mue(
    sheet: Sheet,
    layout: Layout,
    rows: Iterator[SheetRow],
    codes: AbstractSet[str],
    quarter: date,
    setting: BillingSetting,
) -> CmsTable:
    cells, count = Cells(sheet.where, layout), 0
    kept: dict[str, Ceiling] = {}
    for row in rows:
        cells.turn_to(row)
        if cells.is_note(columns.CODE_COLUMN):
            continue
        count += 1
        code, ceiling = cells.code(columns.CODE_COLUMN), Ceiling(cells.units(), cells.adjudication())
        if code in codes and kept.setdefault(code, ceiling) != ceiling:
            raise cells.twice(code)
    return CmsTable("MUE", setting, quarter, sheet.where, sheet.file, count, kept, {})


def _read_ptp(
    sheet: Sheet,
    layout: Layout,
    rows: Iterator[SheetRow],
    codes: AbstractSet[str],
    quarter: date,
    setting: BillingSetting,
) -> CmsTable:
    """Keep the pairs in force on the quarter's first day; a deletion date is the last day of an edit."""
    cells, count, newest, latest = Cells(sheet.where, layout), 0, None, ""
    kept: dict[Pair, Indicator] = {}
    for row in rows:
        cells.turn_to(row)
        if cells.is_note(columns.COLUMN_1):
            continue
        count += 1
        first, second = pair = cells.code(columns.COLUMN_1), cells.code(columns.COLUMN_2)
        effective = cells.raw(columns.EFFECTIVE_COLUMN)
        if effective > latest:
            latest, newest = effective, cells.day(columns.EFFECTIVE_COLUMN)
        if not ((first in codes and second in codes) or first in WORK_REHAB or second in WORK_REHAB):
            continue
        since = cells.day(columns.EFFECTIVE_COLUMN)
        until = date.max if cells.raw(columns.DELETION_COLUMN) in NO_DATE else cells.day(columns.DELETION_COLUMN)
        indicator = cells.modifier()
        if indicator is None or not since <= quarter <= until:
            continue
        if kept.setdefault(pair, indicator) != indicator:
            raise cells.twice(f"{first} with {second}")
    return CmsTable("PTP", setting, quarter, sheet.where, sheet.file, count, {}, kept, newest)


def _check_parts(tables: Sequence[CmsTable]) -> None:
    """CMS ships a PTP table in parts f1, f2, ... of one version; a part that is left out would end its pairs."""
    versions: set[str] = set()
    for setting in ("practitioner", "hospital"):
        parts = [found for table in tables if table.setting == setting and (found := _PART.search(table.file))]
        versions |= {part[1].lower() for part in parts}
        numbers = {int(part[2]) for part in parts}
        missing = sorted(set(range(1, max(numbers, default=0))) - numbers)
        if missing:
            names = ", ".join(f"f{number}" for number in missing)
            raise NcciError(
                f"{parts[0][0]}: part {names} of the {setting} table is missing. "
                "Give all parts of a PTP table in one command."
            )
    if len(versions) > 1:
        raise NcciError(
            f"The PTP files are of versions {', '.join(sorted(versions))}. Give the files of one quarter only."
        )


def _check_found(tables: Sequence[CmsTable]) -> None:
    """Refuse tables without the codes of work rehabilitation: they are not whole, and would end its edits."""
    ceilings, pairs = joined(tables)
    for setting, of_setting in ceilings.items():
        if WORK_REHAB.isdisjoint(of_setting):
            raise NcciError(
                f"The {setting} MUE table has no row of {FIRST_BLOCK} or {FURTHER_HOUR}: it is not whole. {AGAIN}"
            )
    for setting, found in pairs.items():
        if WORK_REHAB.isdisjoint(first for first, _ in found):
            raise NcciError(
                f"The {setting} PTP table has no pair in force of {FIRST_BLOCK} or {FURTHER_HOUR} in column 1: it is "
                "not whole. Give all its parts (f1, f2, ...) in one command."
            )
