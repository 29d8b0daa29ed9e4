"""Drafts as a biller reads them: lines with code, modifiers, units, day and diagnosis, and the head of the claim."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from cards.numbers import capital, number
from cards.numbers import day as day_in_words

DraftResource: TypeAlias = Mapping[str, Any]
Find: TypeAlias = Callable[[str], DraftResource | None]
"""The resource of a reference, where it is at hand."""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line; what it does not say is empty."""

    code: str
    label: str
    modifiers: str
    units: str
    day: str
    diagnoses: str


@dataclass(frozen=True, slots=True)
class ShownDraft:
    """A draft claim or order; ``before`` are its lines before the change, empty for a new one."""

    title: str
    lines: tuple[DraftLine, ...]
    before: tuple[DraftLine, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    gone: bool = False

    @property
    def is_order(self) -> bool:
        """Orders have no day and no diagnosis in their lines."""
        return not any(line.day or line.diagnoses for line in (*self.lines, *self.before))


def drafts_of(suggestion: Mapping[str, Any], find: Find, today: date) -> tuple[ShownDraft, ...]:
    """What a suggestion makes of the drafts.

    Args:
        suggestion: A suggestion of a card.
        find: The chart before the change, by reference.
        today: Days of this year are written without it.
    """
    return tuple(filter(None, (_draft(action, find, today) for action in suggestion.get("actions", ()))))


def _draft(action: Mapping[str, Any], find: Find, today: date) -> ShownDraft | None:
    resource = action.get("resource")
    if action["type"] == "delete":
        named = str(action.get("resourceId") or resource)
        old = find(named)
        return ShownDraft(_title(named.partition("/")[0], "taken away"), (), _lines(old, find, today), gone=True)
    if resource is None or resource.get("resourceType") not in _LINES:
        return None
    reference = f"{resource['resourceType']}/{resource.get('id')}"
    before = find(reference) if action["type"] == "update" else None
    return ShownDraft(
        _title(resource["resourceType"], "changed" if action["type"] == "update" else "new"),
        _lines(resource, find, today),
        _lines(before, find, today),
        tuple(_facts(resource, find, today)),
    )


def _title(kind: str, became: str) -> str:
    what = {"Claim": "Draft claim", "ServiceRequest": "Draft order", "ChargeItem": "Charge"}.get(kind, "Draft")
    return f"{what}, {became}"


def _lines(resource: DraftResource | None, find: Find, today: date) -> tuple[DraftLine, ...]:
    if resource is None or resource.get("resourceType") not in _LINES:
        return ()
    return tuple(_LINES[resource["resourceType"]](resource, find, today))


def _claim_lines(claim: DraftResource, find: Find, today: date) -> Iterable[DraftLine]:
    diagnoses = {diagnosis["sequence"]: _diagnosis(diagnosis, find) for diagnosis in claim.get("diagnosis", ())}
    for item in claim.get("item", ()):
        yield DraftLine(
            code=_code(item.get("productOrService", {})),
            label=item.get("productOrService", {}).get("text", ""),
            modifiers=", ".join(_code(modifier) for modifier in item.get("modifier", ())),
            units=_amount(item.get("quantity")),
            day=_day(item.get("servicedDate"), today),
            diagnoses=", ".join(filter(None, (diagnoses.get(at) for at in item.get("diagnosisSequence", ())))),
        )


def _order_lines(order: DraftResource, find: Find, today: date) -> Iterable[DraftLine]:
    del find, today
    code = order.get("code", {})
    yield DraftLine(
        code=_code(code),
        label=code.get("text", ""),
        modifiers=", ".join(_code(detail) for detail in order.get("orderDetail", ())),
        units=_amount(order.get("quantityQuantity")),
        day="",
        diagnoses="",
    )


def _charge_lines(charge: DraftResource, find: Find, today: date) -> Iterable[DraftLine]:
    del find
    code = charge.get("code", {})
    codes = [coding.get("code", "") for coding in code.get("coding", ())]
    yield DraftLine(
        code=codes[0] if codes else "",
        label=code.get("text", ""),
        modifiers=", ".join(codes[1:]),
        units=_amount(charge.get("quantity")),
        day=_day(charge.get("occurrenceDateTime"), today),
        diagnoses="",
    )


_LINES: Mapping[str, Callable[[DraftResource, Find, date], Iterable[DraftLine]]] = {
    "Claim": _claim_lines,
    "ServiceRequest": _order_lines,
    "ChargeItem": _charge_lines,
}


def _facts(resource: DraftResource, find: Find, today: date) -> Iterable[tuple[str, str]]:
    """The head of a claim, as far as it is filled."""
    if resource["resourceType"] != "Claim":
        return
    for insurance in resource.get("insurance", ()):
        coverage = find(insurance.get("coverage", {}).get("reference", "")) or {}
        payers = [payer["display"] for payer in coverage.get("payor", ()) if payer.get("display")]
        if payers:
            yield "Payer", ", ".join(payers)
        if insurance.get("preAuthRef"):
            yield "Approval number", ", ".join(insurance["preAuthRef"])
    accident = resource.get("accident", {})
    if accident.get("date"):
        kind = next((coding.get("display") for coding in accident.get("type", {}).get("coding", ())), None)
        yield capital(kind or "accident"), _day(accident["date"], today)
    treated = [
        _person(member.get("provider", {}).get("reference", ""), find) for member in resource.get("careTeam", ())
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
