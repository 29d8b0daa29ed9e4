"""Charges as ChargeItem resources, for clients that keep no Claims: one for each line."""

from cds_service.domain.findings import ChargeLine, DraftCharges
from cds_service.domain.values import JsonObject
from cds_service.fhir.reading.code_systems import CPT


def charge_item(change: DraftCharges, line: ChargeLine, patient: str, identity: str, label: str) -> JsonObject:
    """A planned ChargeItem.

    FHIR R4 gives a ChargeItem no element for modifiers: they stand in the text of the code, after the number, and
    the code itself stays a bare CPT code.
    """
    item: JsonObject = {
        "resourceType": "ChargeItem",
        "id": identity,
        "status": "planned",
        "code": {
            "coding": [{"system": CPT, "code": line.code}],
            "text": " ".join((line.code, *line.modifiers)) if line.modifiers else label,
        },
        "subject": {"reference": f"Patient/{patient}"},
        "occurrenceDateTime": line.date.isoformat(),
        "quantity": {"value": line.units},
    }
    if change.encounter is not None:
        item["context"] = {"reference": change.encounter}
    if change.head.provider is not None:
        item["performingOrganization"] = {"reference": change.head.provider}
    performers = [
        {"actor": {"reference": member.reference}}
        for member in change.head.team
        if "/" in member.reference and line.code in member.codes
    ]
    if performers:
        item["performer"] = performers
    return item
