"""A packet as a draft Bundle for Da Vinci Prior Authorization Support (PAS): a Claim with what it refers to.

Codes of X12, which PAS wants for the kind of request, service and role, are not in it: they are X12's, under license.
So the Bundle is a draft that is checked as FHIR R4, not against the profiles that it names.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from cds_service.domain.codes import LABELS
from cds_service.domain.findings import ServiceAsked
from cds_service.domain.packet import Packet, PacketUse, Party
from cds_service.domain.packet_edits import NECESSITY, printable, request_text
from cds_service.domain.stable_ids import stable_id
from cds_service.domain.values import JsonObject
from cds_service.fhir.reading.code_systems import CPT
from cds_service.fhir.writing.claim_heads import CLAIM_TYPE, PRIORITY, complete
from cds_service.fhir.writing.claim_items import modifier_concept
from cds_service.fhir.writing.request_questionnaires import request_answers

PAS_PROFILES: Final = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
_SUPPORTING: Final = "http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASSupportingInfoType"
_NPI: Final = "http://hl7.org/fhir/sid/us-npi"
REQUESTS: Final = UUID("6a3d7f64-9f0d-4c55-8f0b-3c9d0c2b7e21")
_NOT_RECORDED: Final = "not recorded"


class PasVersion(StrEnum):
    """The edition of PAS that the profiles are named of."""

    V2_0_1 = "2.0.1"
    V2_2_1 = "2.2.1"


def has_preauthorization(packet: Packet) -> bool:
    """Whether the packet can be one: it asks for services ahead; an appeal is about a visit that took place."""
    return packet.use is not PacketUse.APPEAL and bool(packet.services)


def preauthorization_bundle(packet: Packet, version: PasVersion, public_url: str, now: datetime) -> JsonObject:
    """The Bundle; ``now`` is its timestamp, with a time zone."""
    identity = stable_id(REQUESTS, f"{packet.patient}/{packet.policy}/{packet.use}/{packet.day}")
    addresses = _Addresses(identity)
    answers = request_answers(packet, public_url)
    answers["subject"] = {"reference": addresses.of("Patient")}
    resources: list[tuple[str, JsonObject]] = [
        ("Claim", preauthorization_claim(packet, version, addresses)),
        ("Patient", _patient(packet, version)),
        ("Coverage", _coverage(version, addresses)),
        ("insurer", _organization(packet.parties.payer, "profile-insurer", version)),
        ("requestor", _organization(_requestor(packet), "profile-requestor", version)),
        ("answers", answers),
    ]
    return {
        "resourceType": "Bundle",
        "id": identity,
        "meta": {
            "profile": [_profile("profile-pas-request-bundle", version)],
            "tag": [{"display": "draft, checked as FHIR R4"}],
        },
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identity}"},
        "type": "collection",
        "timestamp": now.isoformat(timespec="seconds"),
        "entry": [
            {"fullUrl": addresses.of(name), "resource": {**resource, "id": addresses.id_of(name)}}
            for name, resource in resources
        ],
    }


class _Addresses:
    """Ids and addresses of the resources within one Bundle."""

    def __init__(self, identity: str) -> None:
        self._identity = UUID(identity)

    def id_of(self, name: str) -> str:
        return stable_id(self._identity, name)

    def of(self, name: str) -> str:
        return f"urn:uuid:{self.id_of(name)}"


def preauthorization_claim(packet: Packet, version: PasVersion, addresses: _Addresses) -> JsonObject:
    """The Claim with ``use`` preauthorization."""
    claim: JsonObject = {
        "resourceType": "Claim",
        "meta": {"profile": [_profile("profile-claim", version)]},
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": addresses.of("Claim")}],
        "status": "active",
        "type": {"coding": [{"system": CLAIM_TYPE, "code": "professional"}]},
        "use": "preauthorization",
        "patient": {"reference": addresses.of("Patient")},
        "created": packet.day.isoformat(),
        "insurer": {"reference": addresses.of("insurer")},
        "provider": {"reference": addresses.of("requestor")},
        "priority": {"coding": [{"system": PRIORITY, "code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": addresses.of("Coverage")}}],
    }
    complete(claim, packet.head)
    _without_other_code_systems(claim)
    _insure(claim["insurance"][0], packet)
    claim["supportingInfo"] = _supporting(packet, addresses)
    claim["item"] = [_item(packet, service, number) for number, service in enumerate(packet.services, start=1)]
    pointers = [part["sequence"] for part in claim.get("diagnosis", [])]
    for item in claim["item"]:
        if pointers:
            item["diagnosisSequence"] = pointers
    return claim


def _insure(insurance: JsonObject, packet: Packet) -> None:
    """The number of the injury's claim; that of an approval only where more of it is asked for."""
    number = packet.head.claim_number
    if number is not None and printable(number.value):
        system = {"system": number.system} if number.system is not None else {}
        insurance["identifier"] = {**system, "value": printable(number.value)}
    if packet.use is not PacketUse.RENEWAL:
        insurance.pop("preAuthRef", None)


def _without_other_code_systems(claim: JsonObject) -> None:
    """PAS binds roles and kinds of accident to codes of X12; ours are of other systems, so they go."""
    for member in claim.get("careTeam", []):
        member.pop("role", None)
    if "accident" in claim:
        claim["accident"].pop("type", None)
    claim["diagnosis"] = [part for part in claim.get("diagnosis", []) if "diagnosisCodeableConcept" in part]
    if not claim["diagnosis"]:
        del claim["diagnosis"]


def _supporting(packet: Packet, addresses: _Addresses) -> list[JsonObject]:
    element = packet.by_id.get(NECESSITY)
    necessity = printable(request_text(packet, element) if element is not None else packet.necessity.text)
    parts: list[JsonObject] = [
        {"category": _support("additionalInformation"), "valueReference": {"reference": addresses.of("answers")}}
    ]
    if necessity:
        parts.append({"category": _support("freeFormMessage"), "valueString": necessity})
    return [{"sequence": number, **part} for number, part in enumerate(parts, start=1)]


def _support(code: str) -> JsonObject:
    return {"coding": [{"system": _SUPPORTING, "code": code}]}


def _item(packet: Packet, service: ServiceAsked, number: int) -> JsonObject:
    amount = packet.amount
    period = {"start": amount.start, "end": amount.end}
    days = {name: at.isoformat() for name, at in period.items() if at is not None}
    label = LABELS.get(service.code)
    return {
        "sequence": number,
        "productOrService": {
            "coding": [{"system": CPT, "code": service.code}],
            **({"text": label} if label is not None else {}),
        },
        **({"modifier": [modifier_concept(modifier) for modifier in service.modifiers]} if service.modifiers else {}),
        **({"servicedPeriod": days} if days else {}),
        **({"quantity": {"value": service.units}} if service.units is not None else {}),
    }


def _patient(packet: Packet, version: PasVersion) -> JsonObject:
    parties = packet.parties
    born = parties.birth_date
    return {
        "resourceType": "Patient",
        "meta": {"profile": [_profile("profile-beneficiary", version)]},
        "name": [{"text": printable(parties.patient.name) or _NOT_RECORDED}],
        **({"birthDate": born.isoformat()} if born is not None else {}),
    }


def _coverage(version: PasVersion, addresses: _Addresses) -> JsonObject:
    return {
        "resourceType": "Coverage",
        "meta": {"profile": [_profile("profile-coverage", version)]},
        "status": "active",
        "beneficiary": {"reference": addresses.of("Patient")},
        "payor": [{"reference": addresses.of("insurer")}],
    }


def _requestor(packet: Packet) -> Party | None:
    """Who asks; PAS 2.0.1 wants an organization."""
    parties = packet.parties
    return parties.facility or parties.requester


def _organization(party: Party | None, profile: str, version: PasVersion) -> JsonObject:
    named = party or Party()
    telecom = [
        {"system": kind, "value": printable(value)}
        for kind, value in (("phone", named.phone), ("fax", named.fax))
        if printable(value)
    ]
    return {
        "resourceType": "Organization",
        "meta": {"profile": [_profile(profile, version)]},
        "active": True,
        "name": printable(named.name) or _NOT_RECORDED,
        **({"identifier": [{"system": _NPI, "value": printable(named.npi)}]} if printable(named.npi) else {}),
        **({"telecom": telecom} if telecom else {}),
        **({"address": [{"text": printable(named.address)}]} if printable(named.address) else {}),
    }


def _profile(name: str, version: PasVersion) -> str:
    return f"{PAS_PROFILES}{name}|{version}"
