"""The site layer ``site-ncci``: a policy file with the imported quarters, one value a quarter."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from cds_service.policies import parameters as params
from cds_service.policies.files.document import PolicyError
from cds_service.policies.files.loader import load_file
from cds_service.policies.model import Policy
from cds_service.policies.ncci import NcciError
from cds_service.policies.ncci.bundled_edits import (
    SETTINGS,
    Edits,
    changes,
    check_complete,
    edits_of,
    plain_ceilings,
    plain_pairs,
)
from cds_service.policies.ncci.layouts import Kind
from cds_service.policies.ncci.tables import CmsTable, joined

POLICY: Final = "site-ncci"
LAYER_FILE: Final = f"{POLICY}.yaml"
CMS: Final = "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits"
PARAMETER_NAMES: Final[Mapping[Kind, str]] = {"MUE": params.EDIT_MUE.name, "PTP": params.EDIT_PAIRS.name}
SOURCE_TITLES: Final[Mapping[Kind, str]] = {
    "MUE": "CMS NCCI medically unlikely edits",
    "PTP": "CMS NCCI procedure-to-procedure edits",
}
NOT_MODELED: Final = (
    "codes that work rehabilitation visits do not use",
    "tables of equipment suppliers, and of Medicaid",
    "add-on codes, which the national layer has",
)
LINE: Final = 120
_LACKING: Final = re.compile(r"(practitioner|hospital) (MUE|PTP) table from \d{4}-\d\d-\d\d")
_FILES: Final = re.compile(r"; (practitioner|hospital) table ([^;]+)")


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written, and how it differs from what was in force before; ``lacking`` are tables still to come."""

    path: Path
    edits: Edits
    changed: tuple[str, ...]
    lacking: tuple[str, ...]


def write_layer(
    folder: Path, tables: tuple[CmsTable, ...], national: Policy, today: date, *, few: bool = False
) -> Imported:
    """Write the tables of one quarter into the site layer, or put them in place of that quarter's.

    Everything else in the file stays: other quarters, the quarter's table of the other setting, what a person added.
    The file is replaced only by one that has passed the loader.

    Args:
        folder: The site's policy folder; made if it is not there.
        tables: At least one, all of one quarter.
        national: The layer below, for what was in force before.
        today: The day the files were read.
        few: Take tables in which most codes lose their ceiling, or most pairs their edit.

    Raises:
        PolicyError: the file that is there is refused, or what would be written.
        NcciError: the folder cannot be written to, the tables do not fit into one policy, or they seem to be parts.
    """
    path, quarter = folder / LAYER_FILE, tables[0].quarter
    try:
        present = load_file(path, 1) if path.exists() else None
        before = edits_of(national, quarter)
        found, kept = Edits(*joined(tables)), Edits()
        if present is not None:
            before, kept = edits_of(present, quarter).over(before), _of_quarter(present, quarter)
        if not few:
            check_complete(before, found)
        folder.mkdir(parents=True, exist_ok=True)
        document = _document(path, present, tables, found.over(kept), today)
        _replace(path, document)
    except OSError as problem:
        raise NcciError(
            f"{folder}: the folder cannot be written to ({problem.strerror}). Name another one with --out."
        ) from None
    lacking = tuple(
        sentence
        for sentence in document["not_modelled"]
        if _LACKING.fullmatch(sentence) and sentence.endswith(str(quarter))
    )
    return Imported(path, found, tuple(changes(before, found)), lacking)


def _of_quarter(policy: Policy, quarter: date) -> Edits:
    """The tables of exactly this quarter."""
    edits = edits_of(policy, quarter)
    mue, ptp = ({value.since for value in policy.values.get(name, ())} for name in PARAMETER_NAMES.values())
    return Edits(edits.ceilings if quarter in mue else {}, edits.pairs if quarter in ptp else {})


def _document(
    path: Path, present: Policy | None, tables: tuple[CmsTable, ...], edits: Edits, today: date
) -> CommentedMap:
    quarter = tables[0].quarter
    document = _new() if present is None else _yaml().load(path)
    values = document["values"]
    plain: dict[Kind, Any] = {"MUE": _ceilings(edits), "PTP": _pairs(edits)}
    for kind in dict.fromkeys(table.kind for table in tables):
        rows = [row for row in values.get(PARAMETER_NAMES[kind], ()) if row["from"] != quarter]
        cited = [
            row["source"].get("paragraph", "")
            for row in values.get(PARAMETER_NAMES[kind], ())
            if row["from"] == quarter
        ]
        files = {**_files_in(cited), **_files_of(table for table in tables if table.kind == kind)}
        source = CommentedMap(
            title=SOURCE_TITLES[kind],
            paragraph=f"quarter beginning {quarter}"
            + "".join(f"; {setting} table {files[setting]}" for setting in SETTINGS if setting in files),
            href=CMS,
            retrieved=today,
        )
        value = CommentedMap({"from": quarter, "value": plain[kind], "source": source, "confidence": "verified"})
        values[PARAMETER_NAMES[kind]] = CommentedSeq(sorted([*rows, value], key=lambda row: row["from"]))
    own = [sentence for sentence in document.get("not_modelled") or () if not _LACKING.fullmatch(sentence)]
    document["not_modelled"] = CommentedSeq([*own, *_lacking(values)])
    return document


def _files_in(paragraphs: Iterable[str]) -> dict[str, str]:
    """The files of each setting that an earlier import has cited."""
    return dict(found for paragraph in paragraphs for found in _FILES.findall(paragraph))


def _files_of(tables: Iterable[CmsTable]) -> dict[str, str]:
    files: dict[str, dict[str, None]] = {}
    for table in tables:
        files.setdefault(table.setting, {})[table.file.replace(";", ",")] = None
    return {setting: ", ".join(names) for setting, names in files.items()}


def _lacking(values: Mapping[str, Any]) -> list[str]:
    """Tables that no import gave, by quarter: their setting has no edit from then on."""
    lacking = []
    for kind, name in PARAMETER_NAMES.items():
        for row in values.get(name, ()):
            rows = row["value"].values() if kind == "MUE" else row["value"]
            there = {setting for edit in rows for setting in (edit if kind == "MUE" else edit["settings"])}
            lacking += [f"{setting} {kind} table from {row['from']}" for setting in SETTINGS if setting not in there]
    return lacking


def _new() -> CommentedMap:
    document = CommentedMap(
        policy=POLICY,
        title="National Correct Coding Initiative edits, imported by the site",
        status="partial",
        not_modelled=CommentedSeq(NOT_MODELED),
        values=CommentedMap(),
    )
    document.yaml_set_start_comment(
        "Written by `cds-service policies import-ncci` from the tables of CMS.\n"
        "The next import replaces the values of its quarter and keeps the rest.\n"
    )
    return document


def _ceilings(edits: Edits) -> CommentedMap:
    rows = CommentedMap()
    for code, row in plain_ceilings(edits.ceilings).items():
        rows[DoubleQuotedScalarString(code)] = _flow_map(row)
    return rows


def _pairs(edits: Edits) -> CommentedSeq:
    return CommentedSeq(
        CommentedMap(
            column1=_flow_list(map(DoubleQuotedScalarString, row["column1"])),
            column2=_flow_list(map(DoubleQuotedScalarString, row["column2"])),
            indicator=row["indicator"],
            settings=_flow_list(row["settings"]),
        )
        for row in plain_pairs(edits.pairs)
    )


def _flow_map(row: Mapping[str, int]) -> CommentedMap:
    flow = CommentedMap(row)
    flow.fa.set_flow_style()
    return flow


def _flow_list(items: Iterable[str]) -> CommentedSeq:
    flow = CommentedSeq(items)
    flow.fa.set_flow_style()
    return flow


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = LINE
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _replace(path: Path, document: CommentedMap) -> None:
    """Write beside the file, load what was written, and put it in place of the file in one step."""
    with TemporaryDirectory(prefix=".import-ncci-", dir=path.parent) as beside:
        written = Path(beside) / LAYER_FILE
        with written.open("w", encoding="utf-8") as stream:
            _yaml().dump(document, stream)
        try:
            load_file(written, 1)
        except PolicyError as problem:
            text = str(problem).replace(str(written), str(path))
            raise PolicyError(f"{text}\nNothing was written: correct {path} and import again.") from None
        written.replace(path)
