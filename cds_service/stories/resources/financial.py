"""FHIR R4 resources of the money side: coverage, authorization, charges."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from cds_service.stories.paperwork import AuthorizationWords, ChargeLineWords, ChargesWords, PayerWord
from cds_service.stories.resources.pieces import (
    EXAMPLE,
    TERMINOLOGY,
    FhirJson,
    StorySetting,
    billing_coding,
    coding,
    concept,
    elements,
    quantity_element,
)
from cds_service.stories.resources.worker import site_reference
from cds_service.stories.worker_words import CoverageWords

_SOPT: Final = "https://nahdo.org/sopt"
_ACT_CODE: Final = f"{TERMINOLOGY}/v3-ActCode"
COVERAGE_TYPES: Final[Mapping[str, FhirJson]] = {
    "workers-compensation": coding(_ACT_CODE, "WCBPOL", "worker's compensation"),
    "auto": coding(_ACT_CODE, "AUTOPOL", "automobile"),
    "medicare": coding(_SOPT, "1", "Medicare"),
    "medicaid": coding(_SOPT, "2", "Medicaid"),
    "government": coding(_SOPT, "3", "Other government"),
    "commercial": coding(_SOPT, "5", "Private health insurance"),
    "self-pay": coding(f"{TERMINOLOGY}/coverage-selfpay", "pay", "Pay"),
}

_TYPE_SYSTEMS: Final = {"": _ACT_CODE, "SOPT": _SOPT, "X12": "https://x12.org/codes/claim-filing-indicator-codes"}
_CODE: Final = re.compile(r"\d{4}[0-9A-Z]|[A-Z]\d{4}", re.ASCII)
_PAS: Final = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition"
_COVERAGE_INFORMATION: Final = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
_REVIEW_ACTIONS: Final = {"approved": "A1", "denied": "A3", "pending": "A4", "withdrawn": "C"}
_DISPOSITIONS: Final = {
    "approved": "Approved",
    "denied": "Denied",
    "pending": "Pending review",
    "withdrawn": "Cancelled",
}
_UNITS: Final = {"hours": "h", "visits": "{visit}", "days": "d", "units": "{unit}"}


def coverage_resource(setting: StorySetting, words: CoverageWords) -> FhirJson:
    """A Coverage."""
    kind = _coverage_type(words.type) if words.type is not None else COVERAGE_TYPES.get(words.kind)
    named = {"plan": words.plan, "group": words.group}
    return elements(
        resourceType="Coverage",
        id=setting.id(words.id, "coverage"),
        identifier=[_claim_number(words.claim_number)] if words.claim_number else None,
        status=words.status,
        type=concept(*([kind] if kind else []), text=words.text),
        policyHolder={"display": words.employer} if words.employer else None,
        subscriberId=words.member,
        beneficiary=setting.subject,
        period=setting.period(words.start, words.end),
        payor=[_payer(words.payer, words.payer_id)],
        class_=[_coverage_class(key, name) for key, name in named.items() if name is not None],
        order=words.order,
    )


def _claim_number(number: str) -> FhirJson:
    kind = concept(coding(f"{TERMINOLOGY}/v2-0203", "WCN", "Workers' Comp Number"))
    return {"type": kind, "system": f"{EXAMPLE}/claims", "value": number}


def _coverage_type(code: str) -> FhirJson:
    system, _, value = code.rpartition(" ")
    return coding(_TYPE_SYSTEMS[system], value)


def _coverage_class(key: str, name: str) -> FhirJson:
    return {"type": concept(coding(f"{TERMINOLOGY}/coverage-class", key)), "value": name, "name": name}


def _payer(name: str, identifier: str | None = None) -> FhirJson:
    return elements(
        display=name,
        identifier={"system": f"{EXAMPLE}/payers", "value": identifier} if identifier else None,
    )


def authorization_resources(setting: StorySetting, words: AuthorizationWords) -> FhirJson:
    """A payer's answer on prior authorization as ClaimResponse, its item in the form of Da Vinci PAS."""
    default_payer = setting.words.coverage[0].payer if setting.words.coverage else "Payer not named"
    period = setting.period(words.start, words.end)
    created = words.created if words.created is not None else words.start
    return elements(
        resourceType="ClaimResponse",
        id=setting.id(words.id, "authorization"),
        status="active",
        type=concept(coding(f"{TERMINOLOGY}/claim-type", "professional")),
        use="preauthorization",
        patient=setting.subject,
        created=setting.day(0 if created is None else created),
        insurer=_payer(words.payer or default_payer),
        outcome="queued" if words.state == "pending" else "complete",
        disposition=words.words or _DISPOSITIONS.get(words.state),
        preAuthRef=words.number,
        preAuthPeriod=period,
        item=[_authorized_item(words)] if words.state != "unclear" else None,
    )


def _authorized_item(words: AuthorizationWords) -> FhirJson:
    code = _REVIEW_ACTIONS[words.state]
    action: list[FhirJson] = [
        {
            "url": f"{_PAS}/extension-reviewActionCode",
            "valueCodeableConcept": concept(coding("https://codesystem.x12.org/005010/306", code)),
        }
    ]
    if words.number:
        action.append({"url": "number", "valueString": words.number})
    reviewed = [{"url": f"{_PAS}/extension-reviewAction", "extension": action}]
    extensions: list[FhirJson] = reviewed if words.words is None else []
    detail: list[FhirJson] = []
    if words.service:
        detail.append({"url": "productOrServiceCode", "valueCodeableConcept": _service(words.service)})
    if words.quantity is not None:
        unit = (words.unit, _UNITS[words.unit]) if words.unit is not None else ()
        detail.append({"url": "quantity", "valueQuantity": quantity_element(words.quantity, *unit)})
    if detail:
        extensions.append({"url": f"{_PAS}/extension-itemAuthorizedDetail", "extension": detail})
    category = concept(coding(f"{TERMINOLOGY}/adjudication", "submitted"))
    return {"extension": extensions, "itemSequence": 1, "adjudication": [{"category": category}]}


def _service(names: Sequence[str]) -> FhirJson:
    """Codes as codings, other names as text."""
    codes = [name for name in names if _CODE.fullmatch(name)]
    return {"text": " and ".join(names)} if not codes else concept(*map(billing_coding, codes))


def payer_word(setting: StorySetting, words: PayerWord) -> FhirJson:
    """What a payer says of an order or appointment, as coverage-information of Da Vinci CRD."""
    parts: list[FhirJson] = [
        {"url": "covered", "valueCode": words.covered},
        *({"url": "billingCode", "valueCoding": billing_coding(code)} for code in words.codes),
        {"url": "date", "valueDate": setting.day(words.day)},
        {"url": "coverage-assertion-id", "valueString": "A-1"},
    ]
    if words.coverage is not None:
        parts.append({"url": "coverage", "valueReference": {"reference": f"Coverage/{words.coverage}"}})
    if words.approval is not None:
        parts.append({"url": "pa-needed", "valueCode": words.approval})
    if words.number is not None:
        parts.append({"url": "satisfied-pa-id", "valueString": words.number})
    if words.reason is not None:
        parts.append({"url": "reason", "valueCodeableConcept": {"text": words.reason}})
    if words.until is not None:
        parts.append({"url": "expiry-date", "valueDate": setting.day(words.until)})
    return {"url": _COVERAGE_INFORMATION, "extension": parts}


def claim(
    setting: StorySetting, words: ChargesWords, coverages: list[FhirJson], encounters: Mapping[str, str]
) -> FhirJson:
    """Charges as Claim; ``encounters`` maps dates to the id of the visit's Encounter."""
    last = max(encounters, default=setting.day(0))
    day = last if words.day is None else setting.day(words.day)
    encounter = encounters.get(day) if words.encounter else None
    insured = {"reference": f"Coverage/{coverages[0]['id']}"} if coverages else {"display": "No coverage on record"}
    accident = elements(
        date=day,
        type=concept(coding(_ACT_CODE, "WPA", "work place accident")),
        locationAddress={"state": words.accident_state, "country": "US"},
    )
    return elements(
        resourceType="Claim",
        id=setting.id(words.id, "charges", day),
        status=words.status,
        type=concept(coding(f"{TERMINOLOGY}/claim-type", "professional")),
        use="claim",
        patient=setting.subject,
        created=day,
        provider=site_reference(setting),
        priority=concept(coding(f"{TERMINOLOGY}/processpriority", "normal")),
        diagnosis=[
            {"sequence": number, "diagnosisReference": condition}
            for number, condition in enumerate(setting.conditions(None), start=1)
        ],
        insurance=[
            elements(
                sequence=1,
                focal=True,
                coverage=insured,
                preAuthRef=[words.authorization] if words.authorization else None,
            )
        ],
        accident=accident if words.accident_state else None,
        item=[_line(number, line, day, encounter) for number, line in enumerate(words.lines, start=1)],
    )


def _line(number: int, line: ChargeLineWords, day: str, encounter: str | None) -> FhirJson:
    return elements(
        sequence=number,
        productOrService=concept(billing_coding(line.code)),
        modifier=[concept(billing_coding(modifier)) for modifier in line.modifiers],
        servicedDate=day if line.dated else None,
        quantity=quantity_element(line.units),
        encounter=[{"reference": f"Encounter/{encounter}"}] if encounter else None,
    )
