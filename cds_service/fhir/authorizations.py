"""What payers answered to prior-authorization requests (A-1)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, NamedTuple

from cds_service.domain.chart import Authorization, AuthorizationState
from cds_service.domain.codes import WORK_REHAB
from cds_service.fhir import dates, records
from cds_service.fhir.calendar import Calendar
from cds_service.fhir.concepts import meaning, procedure_codes, texts
from cds_service.fhir.records import Adjudication, CodeableConcept, Extension, Period, Quantity

PAS: Final = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
COVERAGE_INFORMATION: Final = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
_ACTION_CODE: Final = frozenset({"code", f"{PAS}extension-reviewActionCode"})

# X12 306: certified in total, certified partially, not certified, pended, modified.
_STATE_OF_ACTION: Final = {
    "A1": AuthorizationState.APPROVED,
    "A2": AuthorizationState.APPROVED,
    "A3": AuthorizationState.DENIED,
    "A4": AuthorizationState.PENDING,
    "A6": AuthorizationState.APPROVED,
}
_DENIED: Final = re.compile(
    r"\bden(?:y|ied|ial)\b|\bnot[\s\-]+(?:certified|approved|authorized|medically)|\breject\w*|\badverse\b|\bnon[\s\-]?certif",
    re.IGNORECASE,
)
_PENDING: Final = re.compile(
    r"\bpend\w*|\bin (?:process|review)\b|\bunder review\b|\badditional information\b", re.IGNORECASE
)
_APPROVED: Final = re.compile(r"\b(?:approved|certified|authorized)\b", re.IGNORECASE)
_GRANTED: Final = re.compile(r"authori[sz]|approv|certif", re.IGNORECASE)
_UNITS: Final = (
    (re.compile(r"h|hs|hrs?|hours?", re.IGNORECASE), "hours", 1.0),
    (re.compile(r"min|mj|minutes?", re.IGNORECASE), "hours", 1 / 60),
    (re.compile(r"vs|visits?|sessions?|da|dy|d|days?", re.IGNORECASE), "visits", 1.0),
    (re.compile(r"un|units?", re.IGNORECASE), "units", 1.0),
)


class _Part(NamedTuple):
    """The answer for one item, or for the whole response."""

    state: AuthorizationState | None
    number: str | None
    period: Period | None
    quantity: Quantity | None
    codes: tuple[str, ...]


def of_response(response: records.ClaimResponse, reference: str, calendar: Calendar) -> tuple[Authorization, ...] | str:
    """Authorizations for work rehabilitation in one response, items with the same answer added up.

    A response whose items all name other services authorizes none. An approval without any date is weak. Dates that
    cannot be read give what is wrong with them.
    """
    whole = _whole(response)
    parts = [*(_item(item) for item in response.item), *(_added(item) for item in response.add_item)]
    problem = next((found for part in (whole, *parts) if (found := dates.problem_of(part.period))), None)
    if problem is not None:
        return f"period {problem}"
    parts = [part for part in parts if part != _EMPTY]
    if parts:
        parts = [part for part in parts if not part.codes or not WORK_REHAB.isdisjoint(part.codes)]
        if not parts:
            return ()
    if len(parts) <= 1:
        return (_authorization(response, reference, whole, parts[0] if parts else whole, calendar),)
    merged: dict[object, Authorization] = {}
    for part in parts:
        one = _authorization(response, reference, whole, part, calendar)
        key = (one.state, one.number, one.start, one.end, one.unit if one.quantity is not None else None)
        known = merged.get(key)
        if known is not None and known.quantity is not None and one.quantity is not None:
            one = replace(one, quantity=known.quantity + one.quantity)
        merged[key] = one
    return tuple(merged.values())


def of_order(order: records.ServiceRequest, reference: str, calendar: Calendar) -> Iterator[Authorization]:
    """Authorizations that a payer's coverage information on an order states."""
    for extension in order.extension:
        if extension.url != COVERAGE_INFORMATION:
            continue
        parts = {part.url: part for part in extension.extension}
        number = parts.get("satisfied-pa-id", _NO_EXTENSION).value_string
        if number:
            yield Authorization(
                reference,
                AuthorizationState.APPROVED,
                number,
                end=calendar.last_day(_date_of(parts.get("expiry-date"))),
                created=calendar.day(_date_of(parts.get("date"))),
            )


def payer_decision(order: records.ServiceRequest) -> str | None:
    """``pa-needed`` of the coverage information on an order."""
    for extension in order.extension:
        if extension.url == COVERAGE_INFORMATION:
            for part in extension.extension:
                if part.url == "pa-needed":
                    return part.value_code
    return None


def of_numbers(numbers: Iterable[tuple[str, str]], known: Iterable[Authorization]) -> Iterator[Authorization]:
    """Bare numbers on claims, (reference, number), that no answer of a payer explains."""
    explained = {one.number for one in known}
    for reference, number in numbers:
        if number not in explained:
            explained.add(number)
            yield Authorization(reference, AuthorizationState.APPROVED, number, weak=True)


def is_preauthorization(response: records.ClaimResponse) -> bool:
    """Whether it is an active answer to a request for authorization."""
    return response.use == "preauthorization" and response.status in {"active", None}


def quantity_of(quantity: Quantity | None) -> tuple[float | None, str | None]:
    """(amount, hours | visits | units) of an authorized quantity; no unit where none is told: the policy has one."""
    if quantity is None or quantity.value is None:
        return None, None
    for written in (quantity.code, quantity.unit):
        for pattern, unit, factor in _UNITS:
            if written is not None and pattern.fullmatch(written.strip()):
                return quantity.value * factor, unit
    return quantity.value, None


_NO_EXTENSION: Final = Extension()
_EMPTY: Final = _Part(None, None, None, None, ())


def _authorization(
    response: records.ClaimResponse, reference: str, whole: _Part, part: _Part, calendar: Calendar
) -> Authorization:
    state = part.state or whole.state or _overall(response)
    period = part.period or whole.period
    start = calendar.first_day(period.start) if period is not None else None
    end = calendar.last_day(period.end) if period is not None else None
    amount, unit = quantity_of(part.quantity)
    return Authorization(
        reference=reference,
        state=state,
        number=part.number or whole.number,
        start=start,
        end=end,
        quantity=amount,
        unit=unit,
        weak=state is AuthorizationState.APPROVED and start is None and end is None,
        created=_created(response, calendar),
    )


def _created(response: records.ClaimResponse, calendar: Calendar) -> date | None:
    return calendar.day(response.created)


def _overall(response: records.ClaimResponse) -> AuthorizationState:
    words = response.disposition or ""
    if _DENIED.search(words):
        return AuthorizationState.DENIED
    if response.outcome == "queued" or _PENDING.search(words):
        return AuthorizationState.PENDING
    if response.outcome in {"error", "partial"}:
        return AuthorizationState.UNCLEAR
    if _APPROVED.search(words) or (response.outcome == "complete" and response.pre_auth_ref):
        return AuthorizationState.APPROVED
    return AuthorizationState.UNCLEAR


def _whole(response: records.ClaimResponse) -> _Part:
    state, number, period, quantity, codes = _part(response.extension, response.adjudication)
    return _Part(state, response.pre_auth_ref or number, response.pre_auth_period or period, quantity, codes)


def _item(item: records.ClaimResponseItem) -> _Part:
    return _part(item.extension, item.adjudication)


def _added(item: records.AddedItem) -> _Part:
    part = _part(item.extension, item.adjudication)
    return part._replace(
        period=part.period or item.serviced_period,
        quantity=part.quantity or item.quantity,
        codes=part.codes or _codes(item.product_or_service),
    )


def _part(extensions: Sequence[Extension], adjudications: Sequence[Adjudication]) -> _Part:
    if not extensions and not adjudications:
        return _EMPTY
    everything = (*extensions, *(one for adjudication in adjudications for one in adjudication.extension))
    by_name = {one.url.removeprefix(PAS): one for one in everything if one.url is not None and one.url.startswith(PAS)}
    state, number = _review(by_name.get("extension-reviewAction"))
    detail = by_name.get("extension-itemAuthorizedDetail", _NO_EXTENSION)
    details = {one.url: one for one in detail.extension}
    valid = by_name.get("extension-itemPreAuthPeriod") or by_name.get("extension-itemAuthorizedDate") or _NO_EXTENSION
    quantity = details.get("quantity", _NO_EXTENSION).value_quantity or _granted(adjudications)
    codes = _codes(details.get("productOrServiceCode", _NO_EXTENSION).value_codeable_concept)
    return _Part(state, number, valid.value_period, quantity, codes)


def _review(action: Extension | None) -> tuple[AuthorizationState | None, str | None]:
    if action is None:
        return None, None
    state, number = None, None
    for part in action.extension:
        if part.url in _ACTION_CODE and part.value_codeable_concept is not None:
            codes = [coding.code for coding in part.value_codeable_concept.coding]
            state = next((_STATE_OF_ACTION.get(code, AuthorizationState.UNCLEAR) for code in codes if code), None)
        elif part.url == "number":
            number = part.value_string
    return state, number


def _granted(adjudications: Iterable[Adjudication]) -> Quantity | None:
    """The amount that an adjudication named authorized or approved gives."""
    for one in adjudications:
        if one.value is None or one.category is None:
            continue
        names = (*texts(one.category), *(coding.code for coding in one.category.coding if coding.code))
        if any(_GRANTED.search(name) for name in names):
            return Quantity(value=one.value)
    return None


def _codes(concept: CodeableConcept | None) -> tuple[str, ...]:
    """Procedure codes of an item; a text that names work rehabilitation counts as its first code."""
    if concept is None:
        return ()
    codes = procedure_codes(concept)
    if not codes and meaning(concept).work_rehab:
        return tuple(sorted(WORK_REHAB))
    return codes or tuple(coding.code for coding in concept.coding if coding.code)


def _date_of(part: Extension | None) -> str | None:
    return part.value_date if part is not None else None
