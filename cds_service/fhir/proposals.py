"""Findings' proposals as FHIR R4 actions: draft Claims and ServiceRequests, whole resources each (CH-S-13).

An update is the resource as it was received plus our change; where it was not quite R4 its spelling is repaired. Every
resource that leaves is validated with ``fhir.resources.R4B``; one that does not validate is not proposed.
"""

import copy
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from cds_service.domain.codes import (
    ACCREDITED_MODIFIERS,
    DECIDED_MODIFIERS,
    DISCIPLINE_OF_MODIFIER,
    FIRST_BLOCK,
    LABELS,
    PROGRAM_MODIFIERS,
    TEST_MODIFIERS,
    WORK_REHAB,
)
from cds_service.domain.findings import (
    AddLineModifier,
    AddOrder,
    Change,
    ChangeOrder,
    ChargeLine,
    DraftCharges,
    Proposal,
    RemoveChargedLines,
    RemoveOrder,
)
from cds_service.fhir.charge_items import CPT, charge_item
from cds_service.fhir.judge import check
from cds_service.fhir.spelling import valid

HCPCS: Final = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CLAIM_TYPE: Final = "http://terminology.hl7.org/CodeSystem/claim-type"
PRIORITY: Final = "http://terminology.hl7.org/CodeSystem/processpriority"
NAMESPACE: Final = uuid.UUID("6f1d5f4e-5a55-4a5e-9d7c-3c1d1d0b9f10")
CPT_MODIFIERS: Final = frozenset({"52", "59"})
PAYER_MODIFIERS: Final = frozenset({*PROGRAM_MODIFIERS, *ACCREDITED_MODIFIERS, *TEST_MODIFIERS, "M3"})

Json = dict[str, Any]
Received = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Writing:
    """What writing a resource needs besides the change itself.

    ``patient`` is the bare id; ``today`` the day of the call, for ``Claim.created``; ``call`` the identity of the hook
    call, which ids of new resources derive from. ``received`` gives the JSON of a resource of the request exactly as
    it was received, ``labels`` the words beside codes. ``charge_items`` writes charges as ChargeItems instead of a
    Claim, ``legacy_delete`` deletions as CDS Hooks 1.0 has them (CH-S-14).
    """

    patient: str
    today: date
    call: str
    received: Received
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)
    charge_items: bool = False
    legacy_delete: bool = False


def actions(proposal: Proposal, writing: Writing) -> tuple[Json, ...]:
    """CDS Hooks actions of one proposal, empty when one of its resources could not be built validly."""
    drafts: dict[str, Json] = {}
    latest = replace(writing, received=lambda ref: drafts.get(ref) or _valid(writing.received(ref)))
    built: list[Json] = []
    for change in proposal.changes:
        written = _written(change, latest)
        if not written:
            return ()
        for action in written:
            resource = action.get("resource")
            if isinstance(resource, dict):
                if check(resource) is not None:
                    return ()
                drafts[f"{resource['resourceType']}/{resource.get('id')}"] = resource
            built.append(action)
    return tuple(built)


def _written(change: Change, writing: Writing) -> tuple[Json, ...]:
    if isinstance(change, DraftCharges) and writing.charge_items:
        return tuple(
            _charge_item(change, line, writing, change.lines[:place].count(line))
            for place, line in enumerate(change.lines)
        )
    action = _action(change, writing)
    return (action,) if action is not None else ()


def _charge_item(change: DraftCharges, line: ChargeLine, writing: Writing, same_before: int) -> Json:
    """One ChargeItem; ``same_before`` like lines stand before it, which has its own id all the same."""
    again = (same_before,) if same_before else ()
    identity = _new_id(writing.call, "charge item", line.date, line.code, line.modifiers, *again)
    resource = charge_item(change, line, writing.patient, identity, writing.labels[line.code])
    return {"type": "create", "description": f"Plan the charge {line_text(line)}", "resource": resource}


def _valid(resource: Mapping[str, Any] | None) -> Json | None:
    return valid(resource) if resource is not None else None


def _action(change: Change, writing: Writing) -> Json | None:
    match change:
        case DraftCharges():
            return _charges(change, writing)
        case RemoveChargedLines():
            return _without_lines(change, writing)
        case AddLineModifier():
            return _with_modifier(change, writing)
        case ChangeOrder():
            return _changed_order(change, writing)
        case AddOrder():
            return _added_order(change, writing)
        case RemoveOrder():
            name = "resource" if writing.legacy_delete else "resourceId"
            return {"type": "delete", "description": f"Delete {change.order}", name: change.order}


def modifier_concept(modifier: str) -> Json:
    """A modifier as a coding: CPT's own, HCPCS Level II, else the payer's, which has no public code system."""
    if modifier in CPT_MODIFIERS:
        return {"coding": [{"system": CPT, "code": modifier}]}
    if modifier in PAYER_MODIFIERS:
        return {"coding": [{"code": modifier}], "text": modifier}
    return {"coding": [{"system": HCPCS, "code": modifier}]}


def line_text(line: ChargeLine) -> str:
    """A line as billers write it, like ``97546 x2, GP CQ``."""
    return f"{line.code} x{line.units}" + (f", {' '.join(line.modifiers)}" if line.modifiers else "")


def _new_id(call: str, *parts: object) -> str:
    return str(uuid.uuid5(NAMESPACE, "/".join((call, *map(str, parts)))))


def _charges(change: DraftCharges, writing: Writing) -> Json | None:
    lines = "; ".join(map(line_text, change.lines))
    if change.claim is None:
        claim = _new_claim(change, writing)
        _put_lines(claim, change, writing.labels)
        return {"type": "create", "description": f"Draft the claim: {lines}", "resource": claim}
    original = writing.received(change.claim)
    if original is None:
        return None
    claim = copy.deepcopy(dict(original))
    _put_lines(claim, change, writing.labels)
    if change.authorization is not None:
        for insurance in claim.get("insurance", [])[:1]:
            numbers = insurance.setdefault("preAuthRef", [])
            if change.authorization not in numbers:
                numbers.append(change.authorization)
    return {"type": "update", "description": f"Change the drafted claim to: {lines}", "resource": claim}


def _new_claim(change: DraftCharges, writing: Writing) -> Json:
    claim: Json = {
        "resourceType": "Claim",
        "id": _new_id(writing.call, "claim", change.date, change.lines),
        "status": "draft",
        "type": {"coding": [{"system": CLAIM_TYPE, "code": "professional"}]},
        "use": "claim",
        "patient": {"reference": f"Patient/{writing.patient}"},
        "billablePeriod": {"start": change.date.isoformat(), "end": change.date.isoformat()},
        "created": writing.today.isoformat(),
        "provider": _reference(change.provider, "billing provider not recorded on the encounter"),
        "priority": {"coding": [{"system": PRIORITY, "code": "normal"}]},
    }
    team = [performer for performer in change.performers if "/" in performer]
    if team:
        claim["careTeam"] = [
            {"sequence": number, "provider": {"reference": reference}} for number, reference in enumerate(team, 1)
        ]
    if change.conditions:
        claim["diagnosis"] = [
            {"sequence": number, "diagnosisReference": {"reference": reference}}
            for number, reference in enumerate(change.conditions, 1)
        ]
    insurance: Json = {
        "sequence": 1,
        "focal": True,
        "coverage": _reference(change.coverage, "coverage not recorded"),
    }
    if change.authorization is not None:
        insurance["preAuthRef"] = [change.authorization]
    claim["insurance"] = [insurance]
    return claim


def _reference(reference: str | None, otherwise: str) -> Json:
    return {"reference": reference} if reference is not None else {"display": otherwise}


def _put_lines(claim: Json, change: DraftCharges, labels: Mapping[str, str]) -> None:
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


def _without_lines(change: RemoveChargedLines, writing: Writing) -> Json | None:
    original = writing.received(change.claim)
    if original is None:
        return None
    claim = copy.deepcopy(dict(original))
    claim["item"] = [item for item in claim.get("item", []) if item.get("sequence") not in change.sequences]
    claim.pop("total", None)
    if not claim["item"]:
        del claim["item"]
    numbers = ", ".join(map(str, change.sequences))
    return {"type": "update", "description": f"Take line {numbers} off the drafted claim", "resource": claim}


def _with_modifier(change: AddLineModifier, writing: Writing) -> Json | None:
    original = writing.received(change.claim)
    if original is None:
        return None
    claim = copy.deepcopy(dict(original))
    for item in claim.get("item", []):
        if item.get("sequence") == change.sequence:
            item.setdefault("modifier", []).append(modifier_concept(change.modifier))
    description = f"Add modifier {change.modifier} to line {change.sequence}: a separate service is documented"
    return {"type": "update", "description": description, "resource": claim}


def _changed_order(change: ChangeOrder, writing: Writing) -> Json | None:
    original = writing.received(change.order)
    if original is None or not original.get("id"):
        return None
    order = copy.deepcopy(dict(original))
    done = []
    if change.code is not None:
        _set_code(order, change.code, writing.labels)
        done.append(f"code {change.code}")
    if change.units is not None:
        order.pop("quantityRatio", None)
        order.pop("quantityRange", None)
        order["quantityQuantity"] = {"value": change.units, "unit": "units"}
        done.append(f"{change.units} units")
    if change.modifiers:
        _set_modifiers(order, change.modifiers)
        done.append(f"modifier {' '.join(change.modifiers)}")
    return {"type": "update", "description": f"Change the draft order: {', '.join(done)}", "resource": order}


def _set_code(order: Json, code: str, labels: Mapping[str, str]) -> None:
    """Give the order this CPT code beside its own text and codings; another CPT code is replaced."""
    concept = order.get("code")
    concept = concept if isinstance(concept, dict) else {}
    codings = concept.get("coding", [])
    codings = [codings] if isinstance(codings, dict) else codings
    kept = [one for one in codings if one and one.get("system") != CPT]
    order["code"] = {**concept, "coding": [{"system": CPT, "code": code}, *kept]}
    if not order["code"].get("text"):
        order["code"]["text"] = labels[code]


def _set_modifiers(order: Json, modifiers: tuple[str, ...]) -> None:
    """Carry these modifiers in ``orderDetail``; a discipline or program modifier that is not among them goes.

    Modifiers that these rules do not decide, like 59, stand beside all that are there.
    """
    details = order.get("orderDetail", [])
    details = [details] if isinstance(details, dict) else details
    ours = {*modifiers}
    if not DECIDED_MODIFIERS.isdisjoint(modifiers):
        ours.update(DISCIPLINE_OF_MODIFIER, PROGRAM_MODIFIERS, ACCREDITED_MODIFIERS)
    kept = [one for one in details if one and not ({c.get("code") for c in one.get("coding", [])} & ours)]
    order["orderDetail"] = [*kept, *map(modifier_concept, modifiers)]


def _added_order(change: AddOrder, writing: Writing) -> Json | None:
    """A draft like the one it is based on: same patient, timing, requester and reason, another code."""
    original = writing.received(change.based_on)
    if original is None:
        return None
    shared = ("subject", "encounter", "requester", "performer", "performerType", "reasonCode", "reasonReference")
    timing = ("occurrenceTiming", "occurrencePeriod", "occurrenceDateTime", "authoredOn", "insurance", "category")
    order: Json = {
        "resourceType": "ServiceRequest",
        "id": _new_id(writing.call, "order", change.based_on, change.code),
        "status": "draft",
        "intent": original.get("intent", "order"),
        **{name: copy.deepcopy(original[name]) for name in (*shared, *timing) if original.get(name)},
        "code": {"coding": [{"system": CPT, "code": change.code}], "text": writing.labels[change.code]},
    }
    if original.get("id"):
        order["basedOn"] = [{"reference": change.based_on}]
    if change.units is not None:
        order["quantityQuantity"] = {"value": change.units, "unit": "units"}
    if change.modifiers:
        _set_modifiers(order, change.modifiers)
    amount = f", {change.units} units" if change.units is not None else ""
    what = "first block" if change.code == FIRST_BLOCK else "further hours"
    return {"type": "create", "description": f"Add a draft order for {change.code} ({what}{amount})", "resource": order}
