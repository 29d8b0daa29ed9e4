"""Items of a draft Claim: those of a visit replaced by its lines, everything that a person put there kept."""

import copy
from collections.abc import Collection, Mapping
from typing import Any, Final

from cds_service.domain.codes import (
    ACCREDITED_MODIFIERS,
    DECIDED_MODIFIERS,
    PROGRAM_MODIFIERS,
    TEST_MODIFIERS,
    WORK_REHAB,
)
from cds_service.domain.findings import ChargeLine, DraftCharges
from cds_service.fhir.charge_items import CPT

HCPCS: Final = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT_MODIFIERS: Final = frozenset({"52", "59"})
PAYER_MODIFIERS: Final = frozenset({*PROGRAM_MODIFIERS, *ACCREDITED_MODIFIERS, *TEST_MODIFIERS, "M3"})

Json = dict[str, Any]


def put_lines(claim: Json, change: DraftCharges, labels: Mapping[str, str]) -> None:
    """Replace the items of the date for work rehabilitation and for the codes of the lines; others stay as they are.

    Items of the date for codes that are removed go. A line keeps what a person put on the item it replaces: that of its
    code whose modifiers are most like its own.

    Amounts that no longer fit go: the net of an item whose units change, and the total of the claim.
    """
    before = copy.deepcopy(claim.get("item", []))
    codes = WORK_REHAB.union(change.removed, (line.code for line in change.lines))
    replaced = {id(item): _is_replaced(item, change, codes) for item in claim.get("item", [])}
    kept = [item for item in claim.get("item", []) if not replaced[id(item)]]
    old = [item for item in claim.get("item", []) if replaced[id(item)]]
    free = _free_numbers({item.get("sequence") for item in kept})
    items = [*kept]
    for line in change.lines:
        base = _taken_over(line, old, codes)
        item = _item(line, change, claim, base, labels[line.code])
        items.append({**base, **item, "sequence": next(free)})
    claim["item"] = sorted(items, key=lambda item: item.get("sequence", 0))
    if _amounts(before, codes) != _amounts(claim["item"], codes):
        claim.pop("total", None)


def _taken_over(line: ChargeLine, old: list[Json], codes: Collection[str]) -> Json:
    """A copy of the item that the line replaces; the last one of its code serves further lines as well."""
    of_code = [item for item in old if _code_of(item, codes) == line.code]
    if not of_code:
        return {}
    wanted = set(line.modifiers) & DECIDED_MODIFIERS
    nearest = min(of_code, key=lambda item: len(wanted ^ (_modifiers_of(item) & DECIDED_MODIFIERS)))
    base = copy.deepcopy(nearest)
    old[:] = [item for item in old if item is not nearest]
    if len(of_code) == 1:
        old.append(_for_further_lines(nearest))
    return base


def _for_further_lines(item: Json) -> Json:
    """A copy for further lines of the same code: without element ids, which are unique, and without its parts."""
    return {name: _without_ids(part) for name, part in item.items() if name not in {"id", "detail", "net"}}


def _without_ids(part: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(part, dict):
        return {key: _without_ids(value) for key, value in part.items() if key != "id"}
    return [_without_ids(one) for one in part] if isinstance(part, list) else part


def _modifiers_of(item: Mapping[str, Any]) -> set[str]:
    concepts = item.get("modifier", [])
    return {coding["code"] for concept in concepts for coding in concept.get("coding", []) if "code" in coding}


def _amounts(items: list[Json], codes: Collection[str]) -> list[tuple[str, object]]:
    """Codes and units of the items, which make the total."""
    return sorted((_code_of(item, codes), str(item.get("quantity", {}).get("value"))) for item in items)


def _free_numbers(taken: set[Any]) -> Any:  # noqa: ANN401 - an endless iterator of numbers
    return (number for number in range(1, 10_000) if number not in taken)


def _item(line: ChargeLine, change: DraftCharges, claim: Mapping[str, Any], base: Json, label: str) -> Json:
    """One claim item. Modifiers that were there and that nobody here decides about stay, after ours."""
    foreign = [
        concept
        for concept in base.get("modifier", [])
        if not ({coding.get("code") for coding in concept.get("coding", [])} & DECIDED_MODIFIERS)
    ]
    base.pop("modifier", None)
    base.pop("servicedPeriod", None)
    if base.get("quantity", {}).get("value") != line.units:
        base.pop("net", None)
        base.pop("detail", None)
    item: Json = {
        "productOrService": base.get("productOrService")
        or {"coding": [{"system": CPT, "code": line.code}], "text": label},
        "servicedDate": line.date.isoformat(),
        "quantity": {"value": line.units},
    }
    modifiers = [*map(modifier_concept, line.modifiers), *foreign]
    if modifiers:
        item["modifier"] = modifiers
    if change.encounter is not None:
        item["encounter"] = [{"reference": change.encounter}]
    if not base:
        for name, link in (("careTeam", "careTeamSequence"), ("diagnosis", "diagnosisSequence")):
            if claim.get(name):
                item[link] = [entry["sequence"] for entry in claim[name] if "sequence" in entry]
    return item


def _is_replaced(item: Mapping[str, Any], change: DraftCharges, codes: Collection[str]) -> bool:
    """Whether the item is of the codes and of the date; without a whole date, of the encounter."""
    on, period = change.date.isoformat(), item.get("servicedPeriod", {})
    day = item.get("servicedDate") or period.get("start", "")[:10]
    named = [one.get("reference", "") for one in item.get("encounter", [])]
    elsewhere = (
        bool(named) and change.encounter is not None and not any(one.endswith(change.encounter) for one in named)
    )
    of_date = day == on or (on.startswith(day) and not elsewhere)
    return bool(_code_of(item, codes)) and of_date and period.get("end", "")[:10] <= on


def _code_of(item: Mapping[str, Any], codes: Collection[str]) -> str:
    codings = item.get("productOrService", {}).get("coding", [])
    return next((coding["code"] for coding in codings if coding.get("code") in codes), "")


def modifier_concept(modifier: str) -> Json:
    """A modifier as a coding: CPT's own, HCPCS Level II, else the payer's, which has no public code system."""
    if modifier in CPT_MODIFIERS:
        return {"coding": [{"system": CPT, "code": modifier}]}
    if modifier in PAYER_MODIFIERS:
        return {"coding": [{"code": modifier}], "text": modifier}
    return {"coding": [{"system": HCPCS, "code": modifier}]}
