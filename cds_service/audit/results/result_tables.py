"""The tables of results: their columns come from the fields of the rows, so that no field is left out."""

import types
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any, Final, NamedTuple, Union, get_args, get_origin

import msgspec

from cds_service.audit.rows import (
    BadLineRow,
    FindingRow,
    GapRow,
    IsoDay,
    LineRow,
    PatientRows,
    ProgramRow,
    ResultRow,
    VisitRow,
)


class CellKind(Enum):
    """What the cells of a column hold; SQLite has days as ISO texts and sentences as a JSON list."""

    TEXT = auto()
    DAY = auto()
    WHOLE = auto()
    FRACTION = auto()
    YES_OR_NO = auto()
    SENTENCES = auto()


_KINDS: Final[Mapping[Any, CellKind]] = {
    int: CellKind.WHOLE,
    bool: CellKind.YES_OR_NO,
    float: CellKind.FRACTION,
    IsoDay: CellKind.DAY,
    tuple[str, ...]: CellKind.SENTENCES,
}
_SQL_TYPES: Final[Mapping[CellKind, str]] = {
    CellKind.WHOLE: "INTEGER",
    CellKind.YES_OR_NO: "INTEGER",
    CellKind.FRACTION: "REAL",
}


class PatientTableRow(ResultRow, frozen=True):
    """A patient who was looked at, or set aside.

    Attributes:
        patient: Pseudonym of the patient, or the id with ``--with-ids``.
        resources: Resources that the input had of the patient.
        set_aside: Why the patient was not looked at; "" for all others.
    """

    patient: str
    resources: int
    set_aside: str


class BadLineCountRow(ResultRow, frozen=True):
    """How many lines of a file were not used for the same reason.

    Attributes:
        file: File as it was named in the input.
        kind: Short name to count by, as in ``bad_lines``.
        why: What is wrong.
        lines: How many lines, also where ``bad_lines`` names only the first of them.
    """

    file: str
    kind: str
    why: str
    lines: int


class ResultColumn(NamedTuple):
    """A column: its name, what its cells hold, whether it is the key, and the table and column it refers to, if any."""

    name: str
    kind: CellKind
    is_key: bool = False
    refers_to: str = ""

    @property
    def definition(self) -> str:
        """As ``CREATE TABLE`` has it."""
        key = " PRIMARY KEY" if self.is_key else ""
        reference = f" REFERENCES {self.refers_to}" if self.refers_to else ""
        return f'"{self.name}" {_SQL_TYPES.get(self.kind, "TEXT")}{key}{reference}'


class ResultTable(NamedTuple):
    """A table: the rows it holds, its key, the columns that refer to others, and those that it is looked up by."""

    name: str
    row: type[ResultRow]
    key: str = ""
    refers: Mapping[str, str] = {}
    indexed: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        """Its columns, in the order of the row's fields; dates are ISO texts, lists JSON."""
        fields = msgspec.structs.fields(self.row)
        return tuple(
            ResultColumn(field.name, _kind(field.type), field.name == self.key, self.refers.get(field.name, ""))
            for field in fields
        )

    @property
    def definitions(self) -> Iterator[str]:
        """The statements that make it."""
        yield f"CREATE TABLE {self.name} ({', '.join(column.definition for column in self.columns)})"
        for name in self.indexed:
            yield f"CREATE INDEX {self.name}_by_{name} ON {self.name} ({name})"


_OF_VISIT: Final = {"visit": "visits(visit)"}
_OF_PROGRAM: Final = {"program": "programs(program)"}
_OF_PATIENT: Final = {"patient": "patients(patient)"}
RESULT_TABLES: Final = (
    ResultTable("patients", PatientTableRow, "patient"),
    ResultTable("programs", ProgramRow, "program", _OF_PATIENT, ("patient", "clinic", "payer")),
    ResultTable(
        "visits",
        VisitRow,
        "visit",
        {**_OF_PATIENT, **_OF_PROGRAM},
        ("patient", "program", "date", "week", "clinic", "therapist", "payer", "verdict"),
    ),
    ResultTable("lines", LineRow, "", _OF_VISIT, ("visit", "code")),
    ResultTable("findings", FindingRow, "", {**_OF_VISIT, **_OF_PROGRAM}, ("visit", "program", "rule", "kind")),
    ResultTable(
        "gaps", GapRow, "", {**_OF_VISIT, **_OF_PROGRAM, **_OF_PATIENT}, ("visit", "program", "patient", "fact")
    ),
    ResultTable("bad_lines", BadLineRow, "", {}, ("kind", "file")),
    ResultTable("bad_line_counts", BadLineCountRow),
)
"""In the order in which they can be filled."""


def rows_by_table(patient: PatientRows) -> Mapping[str, tuple[ResultRow, ...]]:
    """The rows of a patient by table."""
    return {
        "patients": (PatientTableRow(patient.patient, patient.resources, patient.set_aside),),
        "programs": patient.programs,
        "visits": patient.visits,
        "lines": patient.lines,
        "findings": patient.findings,
        "gaps": patient.gaps,
        "bad_lines": patient.bad_lines,
    }


def cells(row: ResultRow, table: ResultTable) -> tuple[str | int | float | None, ...]:
    """The row as SQLite takes it: lists as JSON, and a reference to nothing as NULL."""
    return tuple(_cell(getattr(row, field), field in table.refers) for field in row.__struct_fields__)


def _cell(value: object, refers: bool) -> str | int | float | None:  # noqa: FBT001 - a property of the column
    if refers and value == "":
        return None
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode()
    if isinstance(value, str):
        return str(value)
    return value if isinstance(value, int | float) else None


def _kind(field: Any) -> CellKind:  # noqa: ANN401 - the type of a field
    if get_origin(field) in {types.UnionType, Union}:
        field = next(part for part in get_args(field) if part is not type(None))
    return _KINDS.get(field, CellKind.TEXT)
