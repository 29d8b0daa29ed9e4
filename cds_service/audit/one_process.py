"""A look-back over a folder that fits into memory, in this process."""

from collections.abc import Iterator
from dataclasses import field
from hashlib import sha256
from pathlib import Path

import msgspec

from cds_service.audit.audit_terms import Terms
from cds_service.audit.bucket import audited
from cds_service.audit.line_heads import LineHead, line_head
from cds_service.audit.patients import PatientLine
from cds_service.audit.rows import BadLineRow, PatientRows
from cds_service.audit.shared import shared_record
from cds_service.domain.fees import FeeTable
from cds_service.domain.frozen import dataclass
from cds_service.policies.stack import PolicyStack


@dataclass(frozen=True)
class FolderRead:
    """The lines of a folder: of patients, of everybody, and those not used; ``digest`` is that of all bytes."""

    digest: bytes
    lines: list[PatientLine] = field(default_factory=list)
    shared: list[PatientLine] = field(default_factory=list)
    bad: list[BadLineRow] = field(default_factory=list)


def folder_read(folder: Path) -> FolderRead:
    """Read all ``*.ndjson`` files of a folder."""
    files = sorted(folder.glob("*.ndjson"))
    digest = sha256()
    found = FolderRead(b"")
    for file in files:
        content = file.read_bytes()
        digest.update(content)
        for number, raw in enumerate(content.split(b"\n"), start=1):
            if not raw.strip():
                continue
            head = line_head(raw)
            if isinstance(head, LineHead):
                line = PatientLine(head.kind, head.id, head.patient, raw, file.name, number)
                (found.lines if head.patient else found.shared).append(line)
            else:
                found.bad.append(BadLineRow(file.name, number, head.why, head.kind))
    return FolderRead(digest.digest(), found.lines, found.shared, found.bad)


def look_back_here(
    folder: Path, out: Path, policies: PolicyStack, terms: Terms, fees: FeeTable
) -> Iterator[PatientRows]:
    """Look back over a folder and write ``rows.ndjson``, one patient a line."""
    read = folder_read(folder)
    types = frozenset(line.kind for line in (*read.lines, *read.shared))
    settled = msgspec.structs.replace(terms, secret=read.digest, types=types)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "rows.ndjson").open("wb") as file:
        for rows in audited(read.lines, shared_record(read.shared), policies, settled, fees):
            file.write(msgspec.json.encode(rows) + b"\n")
            yield rows
