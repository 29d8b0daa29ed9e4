"""Findings' proposals as FHIR R4 actions: draft Claims and ServiceRequests, whole resources each (CH-S-13).

An update is the resource as it was received plus our change; where it was not quite R4 its spelling is repaired. Every
resource that leaves is validated with ``fhir.resources.R4B``; one that does not validate is not proposed.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import date
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson

from cds_service.domain.actions import Action, Create, Delete, DeleteBefore2, Update
from cds_service.domain.codes import (
    ACCREDITED_MODIFIERS,
    DECIDED_MODIFIERS,
    DISCIPLINE_OF_MODIFIER,
    FIRST_BLOCK,
    LABELS,
    MODIFIERS_OF_PROGRAMS,
    MOST_MODIFIERS,
)
from cds_service.domain.findings import (
    AddLineModifier,
    AddOrder,
    Change,
    ChangeOrder,
    ChargeLine,
    DraftCharges,
    DraftRequest,
    Proposal,
    RemoveChargedLines,
    RemoveOrder,
)
from cds_service.domain.frozen import dataclass
from cds_service.domain.stable_ids import stable_id
from cds_service.domain.values import JsonObject
from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.reading.code_systems import CPT
from cds_service.fhir.writing.charge_items import charge_item
from cds_service.fhir.writing.claim_heads import complete, new_claim
from cds_service.fhir.writing.claim_items import codes_of, modifier_concept, modifiers_on, put_lines
from cds_service.fhir.writing.drafted_requests import request_claim, request_task
from cds_service.fhir.writing.repair import valid

DRAFT_NAMESPACE: Final = UUID("6f1d5f4e-5a55-4a5e-9d7c-3c1d1d0b9f10")

_OneAction: TypeAlias = DraftCharges | RemoveChargedLines | AddLineModifier | ChangeOrder | AddOrder | RemoveOrder
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


def actions(proposal: Proposal, writing: Writing) -> tuple[Action, ...]:
    """CDS Hooks actions of one proposal, empty when one of its resources could not be built validly."""
    drafts: dict[str, JsonObject] = {}
    latest = replace(writing, received=lambda ref: drafts.get(ref) or _valid(writing.received(ref)))
    built: list[Action] = []
    for change in proposal.changes:
        written = _written(change, latest)
        if not written:
            return ()
        for action in written:
            if isinstance(action, Create | Update):
                resource = action.resource
                if first_r4_error(resource) is not None or not _can_be_sent(resource):
                    return ()
                drafts[f"{resource['resourceType']}/{resource.get('id')}"] = resource
            built.append(action)
    return tuple(built)


def _written(change: Change, writing: Writing) -> tuple[Action, ...]:
    if isinstance(change, DraftCharges) and writing.charge_items:
        return tuple(
            _charge_item(change, line, writing, change.lines[:place].count(line))
            for place, line in enumerate(change.lines)
        )
    if isinstance(change, DraftRequest):
        return _request(change, writing)
    action = _action(change, writing)
    return (action,) if action is not None else ()


def _request(change: DraftRequest, writing: Writing) -> tuple[Create, Create]:
    """The preauthorization Claim, and the Task whose focus it is."""
    asked = ", ".join("-".join((service.code, *service.modifiers)) for service in change.services)
    added = [service for service in change.services if service.session_minutes is not None]
    why = "".join(f" ({service.code} because sessions last {service.session_minutes} min)" for service in added)
    claim = _new_id(writing.call, "request", change.orders, asked)
    task = _new_id(writing.call, "task of the request", change.orders, asked)
    drafted = request_claim(change, claim, writing.patient, writing.today, writing.labels)
    return (
        Create(f"Draft the request for approval: {asked}{why}", drafted),
        Create("Add the task to send it", request_task(change, task, claim, writing.patient, writing.today)),
    )


def _charge_item(change: DraftCharges, line: ChargeLine, writing: Writing, same_before: int) -> Create:
    """One ChargeItem; ``same_before`` like lines stand before it, which has its own id all the same."""
    again = (same_before,) if same_before else ()
    identity = _new_id(writing.call, "charge item", line.date, line.code, line.modifiers, *again)
    resource = charge_item(change, line, writing.patient, identity, writing.labels[line.code])
    return Create(f"Plan the charge {line_text(line)}", resource)


def _valid(resource: Mapping[str, Any] | None) -> JsonObject | None:
    """The resource as it can be changed; None for one that no repair of its spelling makes R4."""
    if resource is None:
        return None
    repaired = valid(resource)
    return repaired if first_r4_error(repaired) is None else None


def _can_be_sent(resource: JsonObject) -> bool:
    """Whether the answer can carry it: JSON is written here with whole numbers of 64 bits and 254 levels at most."""
    try:
        orjson.dumps([[[[[[[[resource]]]]]]]])  # cards, suggestions and actions are eight levels around it
    except TypeError:
        return False
    return True


def _action(change: _OneAction, writing: Writing) -> Action | None:
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
            delete = DeleteBefore2 if writing.legacy_delete else Delete
            return delete(f"Delete {change.order}", change.order)


def line_text(line: ChargeLine) -> str:
    """A line as billers write it, like ``97546-GP-CQ x2``."""
    return "-".join((line.code, *line.modifiers)) + f" x{line.units}"


def _new_id(call: str, *parts: object) -> str:
    return stable_id(DRAFT_NAMESPACE, "/".join((call, *map(str, parts))))


def _charges(change: DraftCharges, writing: Writing) -> Create | Update | None:
    lines = "; ".join(map(line_text, change.lines))
    if change.claim is None:
        identity = _new_id(writing.call, "claim", change.date, change.lines)
        claim = new_claim(change.head, identity, writing.patient, change.date, writing.today)
        put_lines(claim, change, writing.labels)
        return Create(f"Draft the claim: {lines}", claim)
    original = writing.received(change.claim)
    if original is None:
        return None
    claim = copy.deepcopy(dict(original))
    complete(claim, change.head)
    if not put_lines(claim, change, writing.labels):
        return None
    return Update(f"Change the drafted claim to: {lines}", claim)


def _without_lines(change: RemoveChargedLines, writing: Writing) -> Update | None:
    original = writing.received(change.claim)
    if original is None:
        return None
    claim = copy.deepcopy(dict(original))
    items = claim.get("item", [])
    claim["item"] = [item for item in items if item.get("sequence") not in change.sequences]
    if len(items) - len(claim["item"]) != len(set(change.sequences)):
        return None
    claim.pop("total", None)
    if not claim["item"]:
        del claim["item"]
    numbers = ", ".join(map(str, change.sequences))
    return Update(f"Take line {numbers} off the drafted claim", claim)


def _with_modifier(change: AddLineModifier, writing: Writing) -> Update | None:
    original = writing.received(change.claim)
    if original is None:
        return None
    claim = copy.deepcopy(dict(original))
    items = [item for item in claim.get("item", []) if item.get("sequence") == change.sequence]
    if len(items) != 1 or len(modifiers_on(items[0])) >= MOST_MODIFIERS:
        return None
    items[0].setdefault("modifier", []).append(modifier_concept(change.modifier))
    description = f"Add modifier {change.modifier} to line {change.sequence}: a separate service is documented"
    return Update(description, claim)


def _changed_order(change: ChangeOrder, writing: Writing) -> Update | None:
    original = writing.received(change.order)
    if original is None or not original.get("id"):
        return None
    order = copy.deepcopy(dict(original))
    done = []
    if change.code is not None:
        _set_code(order, change.code, writing.labels)
        done.append(f"code {change.code}")
    elif (written := _code_in_words(order.get("code"))) is not None:
        _set_code(order, written, writing.labels)
    if change.units is not None:
        order.pop("quantityRatio", None)
        order.pop("quantityRange", None)
        order["quantityQuantity"] = {"value": change.units, "unit": "units"}
        done.append(f"{change.units} units")
    if change.modifiers:
        _set_modifiers(order, change.modifiers)
        done.append(f"modifier {' '.join(change.modifiers)}")
    return Update(f"Change the draft order: {', '.join(done)}", order)


def _code_in_words(concept: object) -> str | None:
    """The CPT code of an order that has it in words only: a coding is what others can read."""
    if not isinstance(concept, dict) or codes_of({"coding": concept.get("coding", [])}):
        return None
    return next(iter(codes_of(concept)), None)


def _set_code(order: JsonObject, code: str, labels: Mapping[str, str]) -> None:
    """Give the order this CPT code beside its own text and codings; another CPT code is replaced."""
    concept = order.get("code")
    concept = concept if isinstance(concept, dict) else {}
    codings = concept.get("coding", [])
    codings = [codings] if isinstance(codings, dict) else codings
    kept = [
        coding for coding in codings if coding and coding.get("system") != CPT and not codes_of({"coding": [coding]})
    ]
    order["code"] = {**concept, "coding": [{"system": CPT, "code": code}, *kept]}
    if not order["code"].get("text"):
        order["code"]["text"] = labels[code]


def _set_modifiers(order: JsonObject, modifiers: tuple[str, ...]) -> None:
    """Carry these modifiers in ``orderDetail``; a discipline or program modifier that is not among them goes.

    Modifiers that these rules do not decide, like 59, stand beside all that are there.
    """
    details = order.get("orderDetail", [])
    details = [details] if isinstance(details, dict) else details
    decided = {*modifiers}
    if not DECIDED_MODIFIERS.isdisjoint(modifiers):
        decided.update(DISCIPLINE_OF_MODIFIER, MODIFIERS_OF_PROGRAMS, ACCREDITED_MODIFIERS)
    kept: list[JsonObject] = []
    for detail in filter(None, details):
        there = modifiers_on({"modifier": [detail]})
        split = [modifier_concept(modifier) for modifier in there if modifier not in decided]
        kept.extend([detail] if decided.isdisjoint(there) else split)
    order["orderDetail"] = [*kept, *map(modifier_concept, modifiers)]


def _added_order(change: AddOrder, writing: Writing) -> Create | None:
    """A draft like the one it is based on: same patient, timing, requester and reason, another code."""
    original = writing.received(change.based_on)
    if original is None:
        return None
    shared = ("subject", "encounter", "requester", "performer", "performerType", "reasonCode", "reasonReference")
    timing = ("occurrenceTiming", "occurrencePeriod", "occurrenceDateTime", "authoredOn", "insurance", "category")
    order: JsonObject = {
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
    part = "first block" if change.code == FIRST_BLOCK else "further hours"
    return Create(f"Add a draft order for {change.code} ({part}{amount})", order)
