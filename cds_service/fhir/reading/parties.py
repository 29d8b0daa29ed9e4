"""Names, numbers and addresses of the people and organizations of a request, which no rule reads.

They are read from the JSON as it was received, and only when a packet is drawn up.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeVar

import msgspec

from cds_service.domain.packet import Parties, Party
from cds_service.fhir.reading.elements import NamedRef, Record, TypedIdentifier

NPI: Final = "http://hl7.org/fhir/sid/us-npi"
LICENSES: Final = frozenset({"MD", "LN", "SL", "RN"})
"""Codes of identifier types (v2-0203) for the number of a professional license."""
MOST_TREATING: Final = 10
"""People who treat that a request names."""

GivesJson = Callable[[str], Mapping[str, Any] | None]
_T = TypeVar("_T")


class _Name(Record, frozen=True):
    text: str | None = None
    family: str | None = None
    given_names: tuple[str, ...] = msgspec.field(default=(), name="given")
    suffix: tuple[str, ...] = ()


class _Telecom(Record, frozen=True):
    system: str | None = None
    value: str | None = None


class _Address(Record, frozen=True):
    text: str | None = None
    line: tuple[str, ...] = ()
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None


class _Qualification(Record, frozen=True):
    identifier: tuple[TypedIdentifier, ...] = ()


class _Contacts(Record, frozen=True):
    identifier: tuple[TypedIdentifier, ...] = ()
    telecom: tuple[_Telecom, ...] = ()


class _Person(_Contacts, frozen=True):
    name: tuple[_Name, ...] = ()
    birth_date: str | None = None
    qualification: tuple[_Qualification, ...] = ()
    address: tuple[_Address, ...] = ()


class _Role(_Contacts, frozen=True):
    practitioner: NamedRef | None = None
    organization: NamedRef | None = None


class _Organization(_Contacts, frozen=True):
    name: str | None = None
    address: tuple[_Address, ...] = ()


class _Location(_Contacts, frozen=True):
    name: str | None = None
    address: _Address | None = None


class _Performer(Record, frozen=True):
    actor: NamedRef | None = None


class _Treatment(Record, frozen=True):
    performer: tuple[_Performer, ...] = ()


class _Order(Record, frozen=True):
    requester: NamedRef | None = None


class _Insurance(Record, frozen=True):
    payor: tuple[NamedRef, ...] = ()
    policy_holder: NamedRef | None = None


def parties_of(
    json_of: GivesJson,
    patient: str,
    *,
    orders: Collection[str] = (),
    treatments: Iterable[str] = (),
    facility: str | None = None,
    coverage: str | None = None,
) -> Parties:
    """Who a request is from, for and to. All arguments but the first are references of resources.

    What cannot be read is left empty; a name that stands only beside a reference is taken from there.
    """
    person = _as(_Person, json_of(patient))
    covered = (json_of(coverage) if coverage is not None else None) or {}
    insurance, of_coverage = _as(_Insurance, covered), _with_contained(json_of, covered)
    requesters = [_as(_Order, json_of(order)).requester for order in orders]
    return Parties(
        patient=_person(patient, person),
        birth_date=_day(person.birth_date),
        requester=next((_named(json_of, ref) for ref in requesters if ref is not None), None),
        treating=_treating(json_of, treatments),
        facility=_named(json_of, NamedRef(facility)) if facility is not None else None,
        payer=next((_named(of_coverage, ref) for ref in insurance.payor), None),
        employer=_employer(of_coverage, insurance.policy_holder),
    )


def _treating(json_of: GivesJson, treatments: Iterable[str]) -> tuple[Party, ...]:
    """Who gave the treatments, each once, as far as they have a name."""
    found: dict[str, Party] = {}
    for treatment in treatments:
        record = json_of(treatment) or {}
        for performer in _as(_Treatment, record).performer:
            if performer.actor is not None and len(found) < MOST_TREATING:
                party = _named(_with_contained(json_of, record), performer.actor)
                if party.name:
                    found.setdefault(party.name, party)
    return tuple(found.values())


def _with_contained(json_of: GivesJson, holder: Mapping[str, Any]) -> GivesJson:
    """Finds the resources that another one contains by ``#id``, and all others as before."""

    def found(reference: str) -> Mapping[str, Any] | None:
        if not reference.startswith("#"):
            return json_of(reference)
        contained = holder.get("contained")
        inside = contained if isinstance(contained, list) else []
        return next((part for part in inside if isinstance(part, dict) and f"#{part.get('id')}" == reference), None)

    return found


def _employer(json_of: GivesJson, holder: NamedRef | None) -> Party | None:
    """The policy holder, where it is an organization: in workers' compensation that is the employer."""
    if holder is None or "Patient/" in (holder.reference or ""):
        return None
    return _named(json_of, holder)


def _named(json_of: GivesJson, ref: NamedRef) -> Party:
    """Who a reference names, through the role where it names one."""
    reference = ref.reference or ""
    found = json_of(reference) or {}
    shown = (ref.display or "").strip()
    match found.get("resourceType"):
        case "PractitionerRole":
            role = _as(_Role, found)
            person = _named(json_of, role.practitioner or NamedRef())
            own = _contacts(role)
            return person._replace(
                reference=reference, name=person.name or shown, npi=person.npi or own.npi,
                phone=own.phone or person.phone, fax=own.fax or person.fax,
            )  # fmt: skip
        case "Practitioner" | "Patient" | "RelatedPerson":
            party = _person(reference, _as(_Person, found))
        case "Organization":
            organization = _as(_Organization, found)
            address = next(iter(organization.address), None)
            party = _contacts(organization)._replace(name=organization.name or "", address=_line(address))
        case "Location":
            location = _as(_Location, found)
            party = _contacts(location)._replace(name=location.name or "", address=_line(location.address))
        case _:
            party = Party()
    return party._replace(reference=reference, name=party.name.strip() or shown)


def _person(reference: str, person: _Person) -> Party:
    numbers = [identifier for known in person.qualification for identifier in known.identifier]
    typed = [
        identifier
        for identifier in person.identifier
        if identifier.type is not None and any(coding.code in LICENSES for coding in identifier.type.coding)
    ]
    license_number = next((number.value for number in (*numbers, *typed) if number.value), "")
    name = next(iter(person.name), _Name())
    address = next(iter(person.address), None)
    return _contacts(person)._replace(
        reference=reference, name=_full(name), license=license_number or "", address=_line(address)
    )


def _contacts(found: _Contacts) -> Party:
    def first(system: str) -> str:
        return next((telecom.value for telecom in found.telecom if telecom.system == system and telecom.value), "")

    npi = next((number.value for number in found.identifier if number.system == NPI and number.value), "")
    return Party(npi=npi, phone=first("phone"), fax=first("fax"))


def _full(name: _Name) -> str:
    return (name.text or " ".join(filter(None, (*name.given_names, name.family, *name.suffix)))).strip()


def _line(address: _Address | None) -> str:
    if address is None:
        return ""
    place = " ".join(filter(None, (address.state, address.postal_code)))
    return address.text or ", ".join(filter(None, (*address.line, address.city, place)))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        return None


def _as(kind: type[_T], found: Mapping[str, Any] | None) -> _T:
    """The JSON as a record; an empty one where there is none or its elements are of another kind."""
    try:
        return msgspec.convert(found or {}, kind, strict=False)
    except msgspec.ValidationError:
        return kind()
