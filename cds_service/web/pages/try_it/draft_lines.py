"""Drafts as a biller reads them: lines with code, modifiers, units, day and diagnosis, and the head of the claim.

Where the site has a fee table, the lines of a claim have their dollars; without one no dollar is shown.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

from cards.numbers import capital, number
from cards.numbers import day as day_in_words
from cds_service.domain.fees import NO_FEES, FeeTable, line_amount
from cds_service.domain.findings import EvidenceLine

DraftResource: TypeAlias = Mapping[str, Any]
Find: TypeAlias = Callable[[str], DraftResource | None]
"""The resource of a reference, where it is at hand."""


@dataclass(frozen=True, slots=True)
class AtHand:
    """What drafts are read with: the chart before the change, the day, the fees of the site."""

    find: Find
    today: date
    fees: FeeTable = NO_FEES


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line; what it does not say is empty. ``dollars`` are None where no fee is known for it."""

    code: str
    label: str
    modifiers: str
    units: str
    day: str
    diagnoses: str
    dollars: Decimal | None = None

    @property
    def amount(self) -> str:
        """Its dollars in words."""
        return f"${self.dollars:,.2f}" if self.dollars is not None else "no fee on file"


@dataclass(frozen=True, slots=True)
class ShownDraft:
    """A draft claim or order; ``before`` are its lines before the change, empty for a new one.

    ``priced`` is whether its lines have amounts.
    """

    title: str
    lines: tuple[DraftLine, ...]
    before: tuple[DraftLine, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    gone: bool = False
    priced: bool = False

    @property
    def total(self) -> str | None:
        """The dollars of all lines; None where one has none."""
        known = [line.dollars for line in self.lines if line.dollars is not None]
        return f"${sum(known):,.2f}" if known and len(known) == len(self.lines) else None

    @property
    def is_order(self) -> bool:
        """Orders have no day and no diagnosis in their lines."""
        return not any(line.day or line.diagnoses for line in (*self.lines, *self.before))


def drafts_of(suggestion: Mapping[str, Any], at_hand: AtHand) -> tuple[ShownDraft, ...]:
    """What a suggestion makes of the drafts."""
    return tuple(filter(None, (_draft(action, at_hand) for action in suggestion.get("actions", ()))))


def _draft(action: Mapping[str, Any], at_hand: AtHand) -> ShownDraft | None:
    resource = action.get("resource")
    if action["type"] == "delete":
        named = str(action.get("resourceId") or resource)
        old = at_hand.find(named)
        return ShownDraft(_title(named.partition("/")[0], "taken away"), (), _lines(old, at_hand), gone=True)
    if resource is None or resource.get("resourceType") not in _LINES:
        return None
    reference = f"{resource['resourceType']}/{resource.get('id')}"
    before = at_hand.find(reference) if action["type"] == "update" else None
    return ShownDraft(
        _title(_kind(resource), "changed" if action["type"] == "update" else "new"),
        _lines(resource, at_hand),
        _lines(before, at_hand),
        tuple(_facts(resource, at_hand)),
        priced=bool(at_hand.fees) and _kind(resource) == "Claim",
    )


def _kind(resource: DraftResource) -> str:
    """The type of a draft; a Claim that asks for approval is a request."""
    return REQUEST if resource.get("use") == "preauthorization" else str(resource["resourceType"])


def _title(kind: str, became: str) -> str:
    what = {
        "Claim": "Draft claim",
        REQUEST: "Draft request for approval",
        "ServiceRequest": "Draft order",
        "ChargeItem": "Charge",
    }.get(kind, "Draft")
    return f"{what}, {became}"


def _lines(resource: DraftResource | None, at_hand: AtHand) -> tuple[DraftLine, ...]:
    if resource is None or resource.get("resourceType") not in _LINES:
        return ()
    return tuple(_LINES[resource["resourceType"]](resource, at_hand))


def _claim_lines(claim: DraftResource, at_hand: AtHand) -> Iterable[DraftLine]:
    diagnoses = {diagnosis["sequence"]: _diagnosis(diagnosis, at_hand.find) for diagnosis in claim.get("diagnosis", ())}
    for item in claim.get("item", ()):
        yield DraftLine(
            code=_code(item.get("productOrService", {})),
            label=item.get("productOrService", {}).get("text", ""),
            modifiers=", ".join(_code(modifier) for modifier in item.get("modifier", ())),
            units=_amount(item.get("quantity")),
            day=_day(item.get("servicedDate"), at_hand.today),
            diagnoses=", ".join(filter(None, (diagnoses.get(at) for at in item.get("diagnosisSequence", ())))),
            dollars=_dollars(item, at_hand.fees) if _kind(claim) == "Claim" else None,
        )


def _order_lines(order: DraftResource, at_hand: AtHand) -> Iterable[DraftLine]:
    del at_hand
    code = order.get("code", {})
    yield DraftLine(
        code=_code(code),
        label=code.get("text", ""),
        modifiers=", ".join(_code(detail) for detail in order.get("orderDetail", ())),
        units=_amount(order.get("quantityQuantity")),
        day="",
        diagnoses="",
    )


def _charge_lines(charge: DraftResource, at_hand: AtHand) -> Iterable[DraftLine]:
    code = charge.get("code", {})
    codes = [coding.get("code", "") for coding in code.get("coding", ())]
    yield DraftLine(
        code=codes[0] if codes else "",
        label=code.get("text", ""),
        modifiers=", ".join(codes[1:]),
        units=_amount(charge.get("quantity")),
        day=_day(charge.get("occurrenceDateTime"), at_hand.today),
        diagnoses="",
    )


REQUEST: Final = "request for approval"
"""A Claim that asks for approval."""
_LINES: Mapping[str, Callable[[DraftResource, AtHand], Iterable[DraftLine]]] = {
    "Claim": _claim_lines,
    "ServiceRequest": _order_lines,
    "ChargeItem": _charge_lines,
}


def _facts(resource: DraftResource, at_hand: AtHand) -> Iterable[tuple[str, str]]:
    """The head of a claim, as far as it is filled."""
    if resource["resourceType"] != "Claim":
        return
    for insurance in resource.get("insurance", ()):
        coverage = at_hand.find(insurance.get("coverage", {}).get("reference", "")) or {}
        payers = [payer["display"] for payer in coverage.get("payor", ()) if payer.get("display")]
        if payers:
            yield "Payer", ", ".join(payers)
        if insurance.get("preAuthRef"):
            yield "Approval number", ", ".join(insurance["preAuthRef"])
    accident = resource.get("accident", {})
    if accident.get("date"):
        kind = next((coding.get("display") for coding in accident.get("type", {}).get("coding", ())), None)
        yield capital(kind or "accident"), _day(accident["date"], at_hand.today)
    treated = [
        _person(member.get("provider", {}).get("reference", ""), at_hand.find)
        for member in resource.get("careTeam", ())
    ]
    if any(treated):
        yield "Treated by", ", ".join(filter(None, treated))


def _person(reference: str, find: Find) -> str:
    names = (find(reference) or {}).get("name", ())
    named = names if isinstance(names, list) else [names]
    return next((name["text"] for name in named if isinstance(name, Mapping) and name.get("text")), "")


def _diagnosis(diagnosis: DraftResource, find: Find) -> str:
    concept = diagnosis.get("diagnosisCodeableConcept")
    if concept is None:
        condition = find(diagnosis.get("diagnosisReference", {}).get("reference", "")) or {}
        concept = condition.get("code", {})
    return _code(concept) or str(concept.get("text", ""))


def _dollars(item: DraftResource, fees: FeeTable) -> Decimal | None:
    units = item.get("quantity", {}).get("value")
    if not fees or not isinstance(units, int | float):
        return None
    modifiers = tuple(_code(modifier) for modifier in item.get("modifier", ()))
    line = EvidenceLine(_code(item.get("productOrService", {})), modifiers, units)
    try:
        day = date.fromisoformat(item.get("servicedDate", "")[:10])
    except ValueError:
        return None
    return line_amount(line, day, fees)


def _code(concept: DraftResource) -> str:
    return next((coding["code"] for coding in concept.get("coding", ()) if coding.get("code")), "")


def _amount(quantity: DraftResource | None) -> str:
    value = (quantity or {}).get("value")
    return number(value) if isinstance(value, int | float) else ""


def _day(value: str | None, today: date) -> str:
    try:
        return day_in_words(date.fromisoformat((value or "")[:10]), today)
    except ValueError:
        return value or ""
