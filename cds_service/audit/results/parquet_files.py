"""The tables as Parquet files with typed columns; the package pyarrow, which this needs, is an extra.

A file is written in pieces, so that memory does not grow with its rows. The same results and the same version of
pyarrow make the same bytes.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from cds_service.audit.results.result_tables import RESULT_TABLES, CellKind, ResultColumn, ResultTable

ROWS_AT_ONCE: Final = 1_024
"""Rows that are read from SQLite at a time."""
ROW_GROUP_BYTES: Final = 16 * 1024 * 1024
"""Size, before it is packed, from which a row group of a file is written."""
_TYPES: Final[Mapping[CellKind, Any]] = {
    CellKind.TEXT: pa.string(),
    CellKind.DAY: pa.date32(),
    CellKind.WHOLE: pa.int64(),
    CellKind.FRACTION: pa.float64(),
    CellKind.YES_OR_NO: pa.bool_(),
    CellKind.SENTENCES: pa.list_(pa.string()),
}
_VALUES: Final[Mapping[CellKind, Callable[[Any], Any]]] = {
    CellKind.DAY: lambda cell: date.fromisoformat(cell) if cell else None,
    CellKind.YES_OR_NO: bool,
    CellKind.SENTENCES: json.loads,
}
"""From a cell of SQLite, where it is another value there."""


def write_parquet(database: sqlite3.Connection, folder: Path, row_group: int = ROW_GROUP_BYTES) -> tuple[Path, ...]:
    """Write each table into a file of its name, in row groups of at least so many bytes.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_table_file(database, table, folder, row_group) for table in RESULT_TABLES)


def _table_file(database: sqlite3.Connection, table: ResultTable, folder: Path, row_group: int) -> Path:
    file = folder / f"{table.name}.parquet"
    partial = file.with_name(f"{file.name}.partial")
    schema = pa.schema([(column.name, _TYPES[column.kind]) for column in table.columns])
    with ParquetWriter(partial, schema, compression="zstd") as writer:
        for group in _row_groups(_pieces(database, table, schema), row_group):
            writer.write_table(pa.Table.from_batches(group))
    return partial.replace(file)


def _row_groups(pieces: Iterator[Any], size: int) -> Iterator[Sequence[Any]]:
    """Pieces of a table together, as many as make a row group of this size in bytes."""
    group: list[Any] = []
    for piece in pieces:
        group.append(piece)
        if sum(held.nbytes for held in group) >= size:
            yield group
            group = []
    if group:
        yield group


def _pieces(database: sqlite3.Connection, table: ResultTable, schema: Any) -> Iterator[Any]:  # noqa: ANN401 - pyarrow has no types
    rows = database.execute(f"SELECT * FROM {table.name} ORDER BY rowid")  # noqa: S608 - our names
    while read := rows.fetchmany(ROWS_AT_ONCE):
        cells = zip(table.columns, zip(*read, strict=True), strict=True)
        yield pa.record_batch([_column(column, values) for column, values in cells], schema=schema)


def _column(column: ResultColumn, cells: Sequence[Any]) -> Any:  # noqa: ANN401 - pyarrow has no types
    value = _VALUES.get(column.kind)
    return pa.array(cells if value is None else map(value, cells), _TYPES[column.kind])
