"""Opens the files that CMS ships: text, workbooks, and the ZIP around them, as sheets of numbered rows."""

import csv
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path, PurePosixPath
from typing import IO, Final, TypeAlias
from zipfile import BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineWorkbook

from cds_service.policies.ncci import NcciError

SheetRow: TypeAlias = tuple[int, Sequence[object]]

TEXT: Final = frozenset({".csv", ".txt"})
WORKBOOK: Final = ".xlsx"
ARCHIVE: Final = ".zip"
TABLES: Final = TEXT | {WORKBOOK}
SHIPPED: Final = "CMS ships its tables as .csv, .txt, .xlsx, and .zip with these inside."
HEAD_BYTES: Final = 64 * 1024
_UNREADABLE: Final = (csv.Error, zlib.error, BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of one text file or of one sheet of a workbook, each with its number in the file, from 1.

    ``where`` is its name for people, ``file`` the file's own name; ``names`` are the file's name and that of the ZIP
    around it. ``share`` tells how much has been read, from 0 to 1.
    """

    where: str
    file: str
    names: tuple[str, ...]
    rows: Iterator[SheetRow]
    share: Callable[[], float]


def sheets(path: Path) -> Iterator[Sheet]:
    """All sheets of a file; each has to be read before the next is asked for.

    Raises:
        NcciError: the file is none that CMS ships, or cannot be read.
    """
    try:
        if path.suffix.lower() == ARCHIVE:
            yield from _archive(path)
        elif path.suffix.lower() in TABLES:
            with path.open("rb") as stream:
                yield from _table(stream, path.stat().st_size, path.name, str(path), (path.name,))
        else:
            raise NcciError(f"{path}: the name does not end like a table of CMS. {SHIPPED}")
    except _UNREADABLE as problem:
        raise _unreadable(str(path), problem) from None


def text(cell: object) -> str:
    """A cell as CMS prints it: numbers without decimal point, dates like 20240701."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return cell.strftime("%Y%m%d")
    return "" if cell is None else str(cell)


def _archive(path: Path) -> Iterator[Sheet]:
    with ZipFile(path) as archive:
        members = _members(archive)
        if not members:
            found = ", ".join(sorted(archive.namelist())) or "nothing"
            raise NcciError(f"{path}: no table is in this ZIP, it holds {found}. {SHIPPED}")
        for member in members:
            name = PurePosixPath(member.filename).name
            with archive.open(member) as stream:
                yield from _table(stream, member.file_size, name, f"{path} > {name}", (path.name, name))


def _members(archive: ZipFile) -> list[ZipInfo]:
    """The tables in a ZIP; of one table in two formats the text, which takes less memory to read."""
    kept: dict[PurePosixPath, ZipInfo] = {}
    for member in archive.infolist():
        name = PurePosixPath(member.filename.lower())
        if member.is_dir() or name.suffix not in TABLES or name.parts[0] == "__macosx":
            continue
        if name.suffix in TEXT or name.with_suffix("") not in kept:
            kept[name.with_suffix("")] = member
    return list(kept.values())


def _table(stream: IO[bytes], size: int, name: str, where: str, names: tuple[str, ...]) -> Iterator[Sheet]:
    if name.lower().endswith(WORKBOOK):
        yield from _workbook(stream, name, where, names)
    else:

        def share() -> float:
            return 1 if stream.closed else stream.tell() / size

        yield Sheet(where, name, names, _text_rows(stream, where), share)


def _text_rows(stream: IO[bytes], where: str) -> Iterator[SheetRow]:
    """Rows of a text file; commas or tabs, whichever stands more often at its beginning.

    CMS writes Latin-1 and sites save UTF-8 again; codes, dates and numbers are ASCII in both.
    """
    try:
        head = stream.read(HEAD_BYTES)
        if b"\0" in head:
            raise NcciError(f"{where}: this is not a text file. Give it as CMS ships it, or save it as CSV UTF-8.")
        stream.seek(0)
        delimiter = "\t" if head.count(b"\t") > head.count(b",") else ","
        with TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as lines:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            for row in reader:
                yield reader.line_num, row
    except _UNREADABLE as problem:
        raise _unreadable(where, problem) from None


def _workbook(stream: IO[bytes], name: str, where: str, names: tuple[str, ...]) -> Iterator[Sheet]:
    try:
        with CalamineWorkbook.from_filelike(BytesIO(stream.read())) as workbook:
            for title in workbook.sheet_names:
                rows = workbook.get_sheet_by_name(title)
                count = Count(rows.total_height)
                yield Sheet(f"{where}, sheet {title}", name, names, count.over(rows.iter_rows()), count.share)
    except CalamineError as problem:
        raise NcciError(f"{where}: this is not an .xlsx workbook that can be read ({problem}). {AGAIN}") from None


AGAIN: Final = "Download the file again."


class Count:
    """Numbers the rows of a sheet and tells how far it is."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def over(self, rows: Iterator[Sequence[object]]) -> Iterator[SheetRow]:
        """The rows with their numbers, from 1."""
        for self._done, row in enumerate(rows, start=1):
            yield self._done, row

    def share(self) -> float:
        """How much has been read, from 0 to 1."""
        return self._done / max(self._total, 1)


def _unreadable(where: str, problem: Exception) -> NcciError:
    reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
    return NcciError(f"{where}: the file cannot be read ({reason}). {AGAIN}")
