"""Items of a draft Claim: those of a visit replaced by its lines, everything that a person put there kept."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from cds_service.domain.codes import ACCREDITED_MODIFIERS, DECIDED_MODIFIERS, MODIFIERS_OF_PROGRAMS, TEST_MODIFIERS
from cds_service.domain.findings import ChargeLine, DraftCharges
from cds_service.domain.values import JsonObject
from cds_service.fhir.reading.code_modifiers import modifiers_behind, modifiers_of
from cds_service.fhir.reading.code_systems import CPT, HCPCS
from cds_service.fhir.reading.elements import CodeableConcept
from cds_service.fhir.reading.procedure_codes import procedure_codes

PLACE_OF_SERVICE: Final = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
CPT_MODIFIERS: Final = frozenset({"52", "59"})
PAYER_MODIFIERS: Final = frozenset({*MODIFIERS_OF_PROGRAMS, *ACCREDITED_MODIFIERS, *TEST_MODIFIERS, "M3"})
MOST_POINTERS: Final = 4
"""Diagnoses that a line can point to (CMS-1500)."""


def put_lines(claim: JsonObject, change: DraftCharges, labels: Mapping[str, str]) -> bool:
    """Replace the items that go by the lines; the others stay as they are. False when the items are not those read.

    A line keeps what a person put on the item it takes the place of. Amounts that no longer fit go: the net of an item
    whose units change, and the total of the claim.
    """
    before: list[JsonObject] = claim.get("item", [])
    bases = [before[place] if place is not None and place < len(before) else {} for place in change.places]
    bases = bases or [{} for _ in change.lines]
    for line, place, base in zip(change.lines, change.places, bases, strict=False):
        if place is not None and line.code not in codes_of(base.get("productOrService")):
            return False
    kept = [item for place, item in enumerate(before) if place not in change.gone]
    free = _free_numbers({item.get("sequence") for item in kept})
    made: list[JsonObject] = []
    for number, (line, base) in enumerate(zip(change.lines, bases, strict=True)):
        again = any(base is earlier for earlier in bases[:number])
        own = _for_further_lines(base) if again else copy.deepcopy(base) if base else {}
        made.append({**_item(line, change, claim, own, labels[line.code]), "sequence": next(free)})
    claim["item"] = sorted((*kept, *made), key=lambda item: item.get("sequence", 0))
    if "total" in claim and _amounts(before) != _amounts(claim["item"]):
        del claim["total"]
    return True


def modifier_concept(modifier: str) -> JsonObject:
    """A modifier as a coding: CPT's own, HCPCS Level II, else the payer's, which has no public code system."""
    if modifier in CPT_MODIFIERS:
        return {"coding": [{"system": CPT, "code": modifier}]}
    if modifier in PAYER_MODIFIERS:
        return {"coding": [{"code": modifier}], "text": modifier}
    return {"coding": [{"system": HCPCS, "code": modifier}]}


def codes_of(concept: object) -> tuple[str, ...]:
    """CPT and HCPCS codes of a concept as JSON."""
    return procedure_codes(_concept(concept))


def modifiers_on(item: Mapping[str, Any]) -> list[str]:
    """The modifiers of an item as JSON, read as those of all claims."""
    behind = modifiers_behind(_concept(item.get("productOrService")))
    return list(dict.fromkeys((*behind, *modifiers_of(map(_concept, item.get("modifier", []))))))


def _concept(value: object) -> CodeableConcept:
    try:
        return msgspec.convert(value, CodeableConcept, strict=False)
    except msgspec.ValidationError:
        return CodeableConcept()


def _item(line: ChargeLine, change: DraftCharges, claim: Mapping[str, Any], base: JsonObject, label: str) -> JsonObject:
    """The item of a line; ``base`` is a copy of the one it takes the place of, or empty."""
    put_by_hand = {
        modifiers[0]: concept
        for concept in base.pop("modifier", [])
        if len(modifiers := modifiers_of([_concept(concept)])) == 1 and modifiers[0] not in DECIDED_MODIFIERS
    }
    base.pop("servicedPeriod", None)
    if _number(base.get("quantity", {}).get("value")) != line.units:
        base.pop("net", None)
        base.pop("detail", None)
    item: JsonObject = {
        **base,
        "productOrService": _product(base.get("productOrService"), line.code, label),
        "servicedDate": line.date.isoformat(),
        "quantity": {"value": line.units},
    }
    if line.modifiers:
        item["modifier"] = [put_by_hand.get(modifier) or modifier_concept(modifier) for modifier in line.modifiers]
    if change.encounter is not None:
        item["encounter"] = [{"reference": change.encounter}]
    facility = change.head.facility
    if facility is not None and facility.place_of_service is not None and not _located(item):
        coding = {"system": PLACE_OF_SERVICE, "code": facility.place_of_service}
        item["locationCodeableConcept"] = {"coding": [coding]}
    return {**_links(claim, change, line), **item}


def _located(item: Mapping[str, Any]) -> bool:
    return any(name.startswith("location") for name in item)


def _product(before: Any, code: str, label: str) -> Any:  # noqa: ANN401 - any JSON
    """What a person wrote, the code first; a field with modifiers behind the code becomes the code alone."""
    if not before or modifiers_behind(_concept(before)):
        return {"coding": [{"system": CPT, "code": code}], "text": label}
    written = before.get("coding", [])
    of_code = [coding for coding in written if coding.get("code") == code]
    if written and written[:1] == of_code[:1]:
        return before
    first = of_code[:1] or [{"system": CPT, "code": code}]
    return {**before, "coding": [*first, *(coding for coding in written if coding not in first)]}


def _links(claim: Mapping[str, Any], change: DraftCharges, line: ChargeLine) -> JsonObject:
    """Who gave the service and for what, by the numbers of care team and diagnoses on this claim."""
    performers = {member.reference for member in change.head.team if line.code in member.codes}
    team = [
        member["sequence"]
        for member in claim.get("careTeam", [])
        if "sequence" in member
        and (change.claim is not None or member.get("provider", {}).get("reference") in performers)
    ]
    diagnoses = [diagnosis["sequence"] for diagnosis in claim.get("diagnosis", []) if "sequence" in diagnosis]
    links = {"careTeamSequence": team, "diagnosisSequence": diagnoses[:MOST_POINTERS]}
    return {name: numbers for name, numbers in links.items() if numbers}


def _for_further_lines(item: JsonObject) -> JsonObject:
    """A copy for further lines of the same code: without element ids, which are unique, and without its parts."""
    return {name: _without_ids(part) for name, part in item.items() if name not in {"id", "detail", "net"}}


def _without_ids(part: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(part, dict):
        return {key: _without_ids(value) for key, value in part.items() if key != "id"}
    return [_without_ids(element) for element in part] if isinstance(part, list) else part


def _amounts(items: list[JsonObject]) -> list[tuple[tuple[str, ...], float | None]]:
    """Codes and units of the items, which make the total."""
    amounts = [
        (codes_of(item.get("productOrService")), _number(item.get("quantity", {}).get("value"))) for item in items
    ]
    return sorted(amounts, key=str)


def _number(value: object) -> float | None:
    """A number, also one written as text."""
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _free_numbers(taken: set[Any]) -> Iterator[int]:
    return (number for number in range(1, 10_000) if number not in taken)
