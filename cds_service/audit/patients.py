"""One patient's record out of the lines of an export: each line decoded once, by the readers of the hooks."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from cds_service.audit.audit_terms import Terms
from cds_service.audit.entered import Entered, entered_of
from cds_service.audit.line_heads import OF_EVERYBODY
from cds_service.audit.rows import BadLineRow
from cds_service.audit.unread_lines import UnreadLine
from cds_service.domain.case import Moment
from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.elements import Resource, type_name
from cds_service.fhir.reading.key_types import KEY_OF_TYPE, slots_of_all, types_of
from cds_service.fhir.reading.prefetch import Prefetch, Slot, State
from cds_service.fhir.reading.prefetch_keys import asked_at
from cds_service.fhir.reading.prefetch_reader import read_prefetch
from cds_service.fhir.reading.resource_versions import is_newer

KEYS: Final = tuple(dict.fromkeys((*asked_at(Moment.VISIT_CLOSE), *asked_at(Moment.OVERVIEW))))
_KEY_OF_TYPE: Final[Mapping[str, str]] = {**KEY_OF_TYPE, **dict.fromkeys(OF_EVERYBODY, "encounters")}
"""The prefetch key under which a hook call would bring a type, or bring it beside others."""
_SERVER: Final = re.compile(rb'"(https?://[^"\s]+)/Patient/')


class PatientLine(NamedTuple):
    """A resource of an export: its type and id, whose it is ("" for what all patients share), and where it stood."""

    kind: str
    id: str
    patient: str
    raw: bytes
    file: str = ""
    number: int = 0

    @property
    def reference(self) -> str:
        """``Type/id``."""
        return f"{self.kind}/{self.id}"


@dataclass(frozen=True)
class PatientRecord:
    """All that an export holds of a patient.

    ``prefetch`` is what a hook call would have brought had it brought everything; ``entered`` tells by reference since
    when a resource was on record, ``lines`` where it stood. ``server`` is the address that references name, if one.
    ``unread`` are the lines that could not be read, ``types`` those that the whole export holds, None for all.
    """

    patient: str
    prefetch: Prefetch
    entered: Mapping[str, Entered]
    lines: Mapping[str, PatientLine]
    server: str | None = None
    bad_lines: tuple[BadLineRow, ...] = ()
    unread: tuple[UnreadLine, ...] = ()
    types: frozenset[str] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Resources by type."""
        return dict(sorted(Counter(line.kind for line in self.lines.values()).items()))


class SetAsidePatient(NamedTuple):
    """A patient who is not looked at, and why."""

    patient: str
    why: str
    resources: int
    bad_lines: tuple[BadLineRow, ...] = ()


def shared_of(lines: Iterable[PatientLine]) -> Mapping[type[Resource], Mapping[str, Resource]]:
    """The resources that belong to no patient, by type and id."""
    return read_prefetch(_as_prefetch(list(lines)), ("encounters",)).by_type


def patient_record(
    patient: str,
    lines: Sequence[PatientLine],
    shared: Mapping[type[Resource], Mapping[str, Resource]],
    terms: Terms,
) -> PatientRecord | SetAsidePatient:
    """Read the record of a patient, or say why it is not looked at: too much of it, or two patients with one id.

    Args:
        patient: The patient's id.
        lines: All lines of the patient, in any order.
        shared: What belongs to everybody, as read.
        terms: The bounds, and the types that the export holds.
    """
    size = sum(len(line.raw) for line in lines)
    if len(lines) > terms.most_resources or size > terms.most_bytes:
        return SetAsidePatient(patient, too_much(len(lines), size, terms), len(lines))
    kept, duplicates = _each_once(lines)
    if any(bad.kind == "other-patient" for bad in duplicates):
        why = "Two patients of the export share one id, so nothing can be told to be the one's or the other's."
        return SetAsidePatient(patient, why, len(lines), duplicates)
    raw = _as_prefetch(kept)
    prefetch = read_prefetch(raw, KEYS)
    unread = tuple(_unread(kept, prefetch)) if prefetch.gaps else ()
    slots = slots_of_all(prefetch.slots, {line.kind for line in kept})
    slots = {key: known_slot(slot, terms.types) for key, slot in slots.items()}
    return PatientRecord(
        patient,
        Prefetch(slots, {**shared, **prefetch.by_type}, prefetch.aliases, prefetch.gaps, raw),
        {line.reference: entered_of(line.kind, line.raw) for line in kept},
        {line.reference: line for line in kept},
        _server(kept),
        duplicates,
        unread,
        terms.types,
    )


def too_much(resources: int, size: int, terms: Terms) -> str:
    """Why a patient with so many resources, of so many bytes together, is not looked at."""
    return (
        f"The patient has {resources:,} resources of {size / 1024 / 1024:,.0f} MiB together; up to "
        f"{terms.most_resources:,} resources and {terms.most_bytes / 1024 / 1024:,.0f} MiB are looked at."
    )


def _each_once(lines: Sequence[PatientLine]) -> tuple[list[PatientLine], tuple[BadLineRow, ...]]:
    """Each resource once: of several with one id the one with the newest version; the others are named.

    The version only tells which of them is the present one, never since when something was known.
    """
    newest: dict[str, PatientLine] = {}
    bad: list[BadLineRow] = []
    for line in sorted(lines, key=lambda line: (line.kind, line.id, line.file, line.number)):
        before = newest.setdefault(line.reference, line)
        if before is line:
            continue
        if line.kind == "Patient" and _are_two(
            entered_of("Patient", line.raw).born, entered_of("Patient", before.raw).born
        ):
            bad.append(BadLineRow(line.file, line.number, "Another patient with the same id.", "other-patient"))
            continue
        later = is_newer(entered_of(line.kind, line.raw).version, entered_of(line.kind, before.raw).version)
        newest[line.reference], older = (line, before) if later else (before, line)
        if line.raw != before.raw:
            why = f"Another version of the same {line.kind} is used."
            bad.append(BadLineRow(older.file, older.number, why, "duplicate"))
    return list(newest.values()), tuple(bad)


def _are_two(born: str | None, born_too: str | None) -> bool:
    return born is not None and born_too is not None and born != born_too


def _as_prefetch(lines: Sequence[PatientLine]) -> bytes:
    """The lines as the prefetch of a call, each under its key."""
    by_key: dict[str, list[bytes]] = {}
    patient = b"null"
    for line in lines:
        if line.kind == "Patient":
            patient = line.raw
        else:
            by_key.setdefault(_KEY_OF_TYPE[line.kind], []).append(line.raw)
    bundles = (
        b'"%b":{"resourceType":"Bundle","entry":[{"resource":%b}]}' % (key.encode(), b'},{"resource":'.join(found))
        for key, found in by_key.items()
    )
    empty = (b'"%b":null' % key.encode() for key in KEYS if key not in by_key and key != "patient")
    return b'{"patient":%b,%b}' % (patient, b",".join((*bundles, *empty)))


def _unread(lines: Iterable[PatientLine], prefetch: Prefetch) -> Iterator[UnreadLine]:
    """The lines of which nothing was read, each with why, in the order in which a hook call would name them."""
    read = {type_name(kind): found for kind, found in prefetch.by_type.items()}
    unread = [
        (_KEY_OF_TYPE.get(line.kind, "patient"), line) for line in lines if line.id not in read.get(line.kind, {})
    ]
    for key, line in sorted(unread, key=lambda found: KEYS.index(found[0])):
        yield UnreadLine(line.reference, key, read_prefetch(_as_prefetch([line]), KEYS).gaps)


def known_slot(slot: Slot, types: frozenset[str] | None) -> Slot:
    """What became of a key: one whose types are nowhere in the export is not known, rather than known to be empty."""
    if slot.state is not State.EMPTY or types is None or not types.isdisjoint(types_of(slot.key)):
        return slot
    return Slot(slot.key, State.ABSENT, f"{slot.key} was not given")


def _server(lines: Iterable[PatientLine]) -> str | None:
    """The server by whose address resources name the patient, where it is the same in all of them."""
    found = {match[1] for line in lines if (match := _SERVER.search(line.raw)) is not None}
    return found.pop().decode("ascii", "replace") if len(found) == 1 else None
