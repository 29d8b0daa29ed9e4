"""The draft of a request for approval in the record: a preauthorization Claim, and the Task of sending it."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from cds_service.domain.findings import AmountAsked, DraftRequest, ServiceAsked
from cds_service.domain.values import JsonObject
from cds_service.fhir.reading.code_systems import CPT
from cds_service.fhir.writing.claim_heads import new_claim
from cds_service.fhir.writing.claim_items import MOST_POINTERS, modifier_concept

TASK_IN_WORDS: Final = "Request approval of work rehabilitation from the payer"


def request_claim(
    change: DraftRequest, identity: str, patient: str, today: date, labels: Mapping[str, str]
) -> JsonObject:
    """The preauthorization Claim: what is asked for and by which order; a period only where an order gives one."""
    claim = new_claim(change.head, identity, patient, change.day, today)
    claim["use"] = "preauthorization"
    period = _period(change.amount)
    if period:
        claim["billablePeriod"] = period
    else:
        claim.pop("billablePeriod")
    if len(change.orders) == 1:
        claim["referral"] = {"reference": change.orders[0]}
    diagnoses = [entry["sequence"] for entry in claim.get("diagnosis", [])][:MOST_POINTERS]
    claim["item"] = [
        _item(service, number, period, diagnoses, labels[service.code])
        for number, service in enumerate(change.services, 1)
    ]
    return claim


def request_task(change: DraftRequest, identity: str, claim: str, patient: str, today: date) -> JsonObject:
    """The Task of sending the request, for the orders that it is based on."""
    task: JsonObject = {
        "resourceType": "Task",
        "id": identity,
        "status": "draft",
        "intent": "proposal",
        "code": {"text": TASK_IN_WORDS},
        "focus": {"reference": f"Claim/{claim}"},
        "for": {"reference": f"Patient/{patient}"},
        "authoredOn": today.isoformat(),
    }
    if change.orders:
        task["basedOn"] = [{"reference": order} for order in change.orders]
    return task


def _period(amount: AmountAsked) -> JsonObject:
    found = {"start": amount.start, "end": amount.end}
    return {name: day.isoformat() for name, day in found.items() if day is not None}


def _item(service: ServiceAsked, number: int, period: JsonObject, diagnoses: list[int], label: str) -> JsonObject:
    item: JsonObject = {
        "sequence": number,
        "productOrService": {"coding": [{"system": CPT, "code": service.code}], "text": label},
    }
    if diagnoses:
        item["diagnosisSequence"] = diagnoses
    if service.modifiers:
        item["modifier"] = [modifier_concept(modifier) for modifier in service.modifiers]
    if period:
        item["servicedPeriod"] = period
    if service.units is not None:
        item["quantity"] = {"value": service.units}
    return item
