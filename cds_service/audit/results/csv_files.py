"""The tables as CSV files that a spreadsheet opens without running anything in them."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cds_service.audit.results.result_tables import RESULT_TABLES, CellKind, ResultTable

_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(database: sqlite3.Connection, folder: Path) -> tuple[Path, ...]:
    """Write each table into a file of its name.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_written(database, table, folder / f"{table.name}.csv") for table in RESULT_TABLES)


def safe_cell(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay."""
    if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA):
        return f"'{value}"
    return value


def _written(database: sqlite3.Connection, table: ResultTable, file: Path) -> Path:
    partial = file.with_name(f"{file.name}.partial")
    with partial.open("w", newline="", encoding="utf-8-sig") as text:
        rows = csv.writer(text)
        rows.writerow([column.name for column in table.columns])
        rows.writerows(_rows(database, table))
    return partial.replace(file)


def _rows(database: sqlite3.Connection, table: ResultTable) -> Iterator[list[object]]:
    lists = {place for place, column in enumerate(table.columns) if column.kind is CellKind.SENTENCES}
    for row in database.execute(f"SELECT * FROM {table.name} ORDER BY rowid"):  # noqa: S608 - our names
        yield [safe_cell("; ".join(json.loads(cell)) if place in lists else cell) for place, cell in enumerate(row)]
