"""The elements of a request about people and organizations: who it is for and from, who treats, where, and who pays."""

from collections.abc import Callable, Mapping
from typing import Final

from cds_service.domain.findings import Evidence
from cds_service.domain.packet import Party
from cds_service.packets.filled import PARTED_BY, Filled, missing_words, words_for, written_date
from cds_service.packets.material import PacketMaterial


def _patient(material: PacketMaterial) -> Filled:
    party = material.parties.patient
    if not party.name:
        return Filled(missing=missing_words(material, "patient"))
    return Filled(party.name, "", (Evidence("name", party.name, party.reference),))


def _birth_date(material: PacketMaterial) -> Filled:
    born = material.parties.birth_date
    if born is None:
        return Filled(missing=missing_words(material, "birth-date"))
    reference = material.parties.patient.reference
    return Filled(written_date(born), "", (Evidence("date of birth", born, reference),))


def _party(material: PacketMaterial, party: Party | None, key: str, number_key: str | None = None) -> Filled:
    """A person or organization; with ``number_key`` it needs an NPI or a license number."""
    if party is None or not party.name:
        return Filled(missing=missing_words(material, key))
    lacks = number_key is not None and not (party.npi or party.license)
    return Filled(
        words_for(material, "party", **party._asdict()),
        missing_words(material, number_key, name=party.name) if lacks and number_key is not None else "",
        (Evidence("name", party.name, party.reference or None),),
    )


def _employer(material: PacketMaterial) -> Filled:
    return _party(material, material.parties.employer, "employer")


def _payer(material: PacketMaterial) -> Filled:
    return _party(material, material.parties.payer, "payer")


def _requester(material: PacketMaterial) -> Filled:
    return _party(material, material.parties.requester, "requester", "requester-number")


def _requester_contact(material: PacketMaterial) -> Filled:
    party = material.parties.requester
    if party is None or not (party.phone or party.fax):
        return Filled(missing=missing_words(material, "requester-contact"))
    lacking = "fax" if not party.fax else "phone" if not party.phone else ""
    text = words_for(material, "contact", phone=party.phone, fax=party.fax)
    missing = missing_words(material, "requester-fax", lacking=lacking) if lacking else ""
    return Filled(text, missing, (Evidence("phone and fax", text, party.reference or None),))


def _rendering_provider(material: PacketMaterial) -> Filled:
    treating = [party for party in material.parties.treating if party.name]
    if not treating:
        return Filled(missing=missing_words(material, "rendering-provider"))
    each = [_party(material, party, "rendering-provider") for party in treating]
    unnumbered = [party.name for party in treating if not (party.npi or party.license)]
    return Filled(
        PARTED_BY.join(filled.text for filled in each),
        missing_words(material, "rendering-number", names=unnumbered) if unnumbered else "",
        tuple(evidence for filled in each for evidence in filled.evidence),
    )


def _facility(material: PacketMaterial) -> Filled:
    filled = _party(material, material.parties.facility, "facility")
    party = material.parties.facility
    if filled.missing or party is None or party.npi:
        return filled
    return filled._replace(missing=missing_words(material, "facility-number", name=party.name))


PEOPLE: Final[Mapping[str, Callable[[PacketMaterial], Filled]]] = {
    "patient": _patient,
    "birth-date": _birth_date,
    "employer": _employer,
    "payer": _payer,
    "requester": _requester,
    "requester-contact": _requester_contact,
    "rendering-provider": _rendering_provider,
    "facility": _facility,
}
"""How each element about a person or an organization is filled."""
