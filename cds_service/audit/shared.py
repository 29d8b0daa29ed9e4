"""What belongs to no patient: people, organizations and places, read once for all patients, with their names."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from cds_service.audit.patients import PatientLine, shared_of
from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.elements import Resource
from cds_service.fhir.reading.references import normal


class _HumanName(msgspec.Struct, frozen=True):
    text: str | None = None
    family: str | None = None
    first_names: tuple[str, ...] = msgspec.field(default=(), name="given")


class _Person(msgspec.Struct, frozen=True):
    name: tuple[_HumanName, ...] = ()


class _Place(msgspec.Struct, frozen=True):
    name: str | None = None


class _Named(msgspec.Struct, frozen=True):
    reference: str | None = None
    display: str | None = None


class _Role(msgspec.Struct, frozen=True):
    practitioner: _Named | None = None


@dataclass(frozen=True)
class SharedRecord:
    """Resources of everybody by type and id, and names by reference."""

    by_type: Mapping[type[Resource], Mapping[str, Resource]]
    names: Mapping[str, str]

    def name(self, reference: str | None) -> str:
        """What is called so; "" where nothing says."""
        return self.names.get(normal(reference, {}), "") if reference else ""


def shared_record(lines: Iterable[PatientLine]) -> SharedRecord:
    """Read what all patients share."""
    listed = sorted(lines, key=lambda line: (line.kind, line.id, line.file, line.number))
    names = {line.reference: name for line in reversed(listed) if (name := _name(line))}
    roles = {line.reference: names[person] for line in listed if (person := _person(line)) in names}
    return SharedRecord(shared_of(listed), names | roles)


_PERSON: Final = msgspec.json.Decoder(_Person)
_PLACE: Final = msgspec.json.Decoder(_Place)
_ROLE: Final = msgspec.json.Decoder(_Role)


def _name(line: PatientLine) -> str:
    try:
        if line.kind in {"Organization", "Location"}:
            return _PLACE.decode(line.raw).name or ""
        if line.kind == "PractitionerRole":
            role = _ROLE.decode(line.raw)
            return (role.practitioner.display if role.practitioner is not None else None) or ""
        return next(filter(None, map(_written, _PERSON.decode(line.raw).name)), "")
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return ""


def _written(name: _HumanName) -> str:
    return name.text or " ".join((*name.first_names, *filter(None, (name.family,))))


def _person(line: PatientLine) -> str:
    """The practitioner of a role."""
    if line.kind != "PractitionerRole":
        return ""
    try:
        practitioner = _ROLE.decode(line.raw).practitioner
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return ""
    return normal(practitioner.reference, {}) if practitioner is not None and practitioner.reference else ""
