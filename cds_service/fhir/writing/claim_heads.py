"""The head of a draft Claim: all the chart tells where nobody wrote it yet; nothing invented, nothing overwritten."""

from datetime import date
from typing import Final

from cds_service.domain.findings import CareTeamRole, ClaimHead, Diagnosis
from cds_service.domain.values import JsonObject
from cds_service.fhir.reading.code_systems import ICD_10_CM

CLAIM_TYPE: Final = "http://terminology.hl7.org/CodeSystem/claim-type"
PRIORITY: Final = "http://terminology.hl7.org/CodeSystem/processpriority"
CARE_TEAM_ROLE: Final = "http://terminology.hl7.org/CodeSystem/claimcareteamrole"
ACCIDENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def new_claim(head: ClaimHead, identity: str, patient: str, of: date, today: date) -> JsonObject:
    """A draft Claim of one date without items. What R4 demands and nobody told is named in words."""
    claim: JsonObject = {
        "resourceType": "Claim",
        "id": identity,
        "status": "draft",
        "type": {"coding": [{"system": CLAIM_TYPE, "code": "professional"}]},
        "use": "claim",
        "patient": {"reference": f"Patient/{patient}"},
        "billablePeriod": {"start": of.isoformat(), "end": of.isoformat()},
        "created": today.isoformat(),
        "provider": _reference(head.provider, "billing provider not recorded on the encounter"),
        "priority": {"coding": [{"system": PRIORITY, "code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": _reference(head.coverage, "coverage not recorded")}],
    }
    complete(claim, head)
    return claim


def complete(claim: JsonObject, head: ClaimHead) -> None:
    """Add what the chart tells and the claim does not have."""
    additions: JsonObject = {
        "facility": _facility(head),
        "careTeam": _care_team(head),
        "diagnosis": _diagnoses(head),
        "accident": _accident(head),
    }
    claim.update({name: value for name, value in additions.items() if value and not claim.get(name)})
    for insurance in claim.get("insurance", [])[:1]:
        _insure(insurance, head)


def _insure(insurance: JsonObject, head: ClaimHead) -> None:
    """The claim number of the injury and the number of the approval."""
    number = head.claim_number
    if number is not None and not insurance.get("identifier") and _is_for(insurance, head):
        system = {"system": number.system} if number.system is not None else {}
        insurance["identifier"] = {**system, "value": number.value}
    if head.authorization is not None:
        numbers = insurance.setdefault("preAuthRef", [])
        if head.authorization not in numbers:
            numbers.append(head.authorization)


def _is_for(insurance: JsonObject, head: ClaimHead) -> bool:
    """Whether the insurance is the coverage that the claim number belongs to."""
    named = insurance.get("coverage", {}).get("reference")
    return head.coverage is not None and isinstance(named, str) and named.endswith(head.coverage)


def _reference(reference: str | None, otherwise: str) -> JsonObject:
    return {"reference": reference} if reference is not None else {"display": otherwise}


def _facility(head: ClaimHead) -> JsonObject | None:
    facility = head.facility
    return {"reference": facility.reference} if facility is not None and "/" in facility.reference else None


def _care_team(head: ClaimHead) -> list[JsonObject]:
    """Who treated, without a role where the profession is not known."""
    members = [member for member in head.team if "/" in member.reference]
    return [
        {"sequence": number, "provider": {"reference": member.reference}, **_role(member.role)}
        for number, member in enumerate(members, 1)
    ]


def _role(role: CareTeamRole | None) -> JsonObject:
    return {"role": {"coding": [{"system": CARE_TEAM_ROLE, "code": role.value}]}} if role is not None else {}


def _diagnoses(head: ClaimHead) -> list[JsonObject]:
    return [{"sequence": number, **_diagnosis(diagnosis)} for number, diagnosis in enumerate(head.diagnoses, 1)]


def _diagnosis(diagnosis: Diagnosis) -> JsonObject:
    """The code that a payer reads; R4 has either it or the reference."""
    if diagnosis.code is None:
        return {"diagnosisReference": {"reference": diagnosis.reference}}
    return {"diagnosisCodeableConcept": {"coding": [{"system": ICD_10_CM, "code": diagnosis.code}]}}


def _accident(head: ClaimHead) -> JsonObject | None:
    accident = head.accident
    if accident is None:
        return None
    there = (
        {"locationAddress": {"state": accident.state.removeprefix("US-"), "country": "US"}} if accident.state else {}
    )
    kind = {"coding": [{"system": ACCIDENT_TYPE, "code": "WPA", "display": "workplace accident"}]}
    return {"date": accident.date.isoformat(), "type": kind, **there}
