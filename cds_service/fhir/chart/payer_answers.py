"""What payers answered to prior-authorization requests (A-1)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.fhir.chart import decisions, granted_amounts
from cds_service.fhir.chart.authorized_services import (
    NOT_NAMED,
    AuthorizedService,
    Requests,
    Scope,
    number_of,
    scope_in_words,
    scope_of,
)
from cds_service.fhir.chart.decisions import PAS
from cds_service.fhir.chart.granted_amounts import Granted
from cds_service.fhir.reading import dates
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.elements import Extension, Period, Quantity
from cds_service.fhir.reading.financial_resources import (
    AddedItem,
    Adjudication,
    ClaimResource,
    ClaimResponseItem,
    ClaimResponseResource,
)

_TELLS_NOTHING: Final = re.compile(
    r"$|ok\b|complete|processed|finali[sz]ed|issued|see |claim settled|(?:prior )?auth\w* (?:number )?issued",
    re.IGNORECASE,
)
_USES: Final = frozenset({"claim", "preauthorization", "predetermination"})
_STATUSES: Final = frozenset({"active", "cancelled", "draft", "entered-in-error"})
_NO_EXTENSION: Final = Extension()


class _Part(NamedTuple):
    """The answer for one item, or for the whole response."""

    states: tuple[AuthorizationState, ...]
    number: str | None
    period: Period | None
    quantity: Quantity | None
    scope: Scope
    empty: bool = False


_NO_ANSWER: Final = _Part((), None, None, None, NOT_NAMED, empty=True)


def of_response(
    response: ClaimResponseResource, reference: str, calendar: Calendar, requests: Requests | None = None
) -> tuple[Authorization, ...] | str:
    """Authorizations that are or may be for work rehabilitation in one response; items with the same answer added up.

    An answer about other services is none. One that names no service says so. An approval without any date is weak.
    Dates that cannot be read give what is wrong with them.
    """
    whole = _whole(response)
    items = [(item.item_sequence, _item(item)) for item in response.item]
    items += [(next(iter(item.item_sequence), None), part) for item in response.add_item for part in _added_parts(item)]
    parts = [part for _, part in items]
    problem = next((wrong for part in (whole, *parts) if (wrong := dates.problem_of(part.period))), None)
    if problem is not None:
        return f"period {problem}"
    request = requests.request_of(response) if requests is not None else None
    parts = [_with_request(part, requests, request, sequence) for sequence, part in items if not part.empty]
    if not parts:
        parts = [_with_request(whole, requests, request, None)]
    known = [_with_words(part, whole, response, reference, requests) for part in parts]
    in_words = granted_amounts.amount_in_words(response.disposition) if len(known) == 1 else None
    authorizations = [
        _authorization(response, reference, whole, part, calendar, in_words)
        for part in known
        if part.scope.service is not AuthorizedService.OTHER
    ]
    return _added_up(authorizations)


def names_service(response: ClaimResponseResource) -> bool:
    """Whether every answer in the response tells by itself what service it is for."""
    added = [part for item in response.add_item for part in _added_parts(item)]
    parts = [*(_item(item) for item in response.item), *added] or [_whole(response)]
    return all(part.scope.service is not AuthorizedService.NOT_NAMED for part in parts)


def is_preauthorization(response: ClaimResponseResource) -> bool:
    """Whether it is an active answer to a request for authorization."""
    return response.use == "preauthorization" and response.status in {"active", None}


def unread_as(response: ClaimResponseResource) -> str | None:
    """Why it may be an answer to a request for authorization and cannot be read as one."""
    if response.use not in _USES:
        return "does not say that it answers a request for authorization"
    return None if response.status is None or response.status in _STATUSES else "has no FHIR status"


def _added_up(authorizations: Sequence[Authorization]) -> tuple[Authorization, ...]:
    """Authorizations of one response, amounts of those that say the same about the same codes added up."""
    merged: dict[object, Authorization] = {}
    for authorization in authorizations:
        key = (
            authorization.state,
            authorization.number,
            authorization.start,
            authorization.end,
            authorization.codes,
            authorization.names_service,
            authorization.quantity is not None,
            authorization.unit,
        )
        known = merged.get(key)
        if known is not None and known.quantity is not None and authorization.quantity is not None:
            merged[key] = replace(authorization, quantity=known.quantity + authorization.quantity)
        else:
            merged[key] = authorization
    return tuple(merged.values())


def _with_request(part: _Part, requests: Requests | None, request: ClaimResource | None, sequence: int | None) -> _Part:
    """The part with the service of the requested item where it names none itself."""
    if part.scope.service is not AuthorizedService.NOT_NAMED or requests is None or request is None:
        return part
    return part._replace(scope=requests.item(request, sequence))


def _with_words(
    part: _Part, whole: _Part, response: ClaimResponseResource, reference: str, requests: Requests | None
) -> _Part:
    """The part with the service that the answer's words tell, or what carries its number, where nothing else does."""
    if part.scope.service is not AuthorizedService.NOT_NAMED:
        return part
    scope = scope_in_words(response.disposition)
    if scope is NOT_NAMED and requests is not None:
        scope = requests.otherwise(reference, part.number or whole.number)
    return part._replace(scope=scope)


def _authorization(
    response: ClaimResponseResource,
    reference: str,
    whole: _Part,
    part: _Part,
    calendar: Calendar,
    in_words: Granted | None,
) -> Authorization:
    state = _state(response, whole, part)
    period = part.period or whole.period
    start = calendar.first_day(period.start) if period is not None else None
    end = calendar.last_day(period.end) if period is not None else None
    until = granted_amounts.end_in_words(response.disposition)
    if until is not None and (end is None or until < end):
        end = until
    granted = granted_amounts.quantity_of(part.quantity)
    if in_words is not None and (granted is None or granted_amounts.is_less_than_asked(response.disposition)):
        granted = in_words
    amount, unit = granted or (None, None)
    if amount is not None and unit is None and part.scope.codes:
        unit = "units"
    return Authorization(
        reference=reference,
        state=state,
        number=part.number or whole.number,
        start=start,
        end=end,
        quantity=amount,
        unit=unit,
        weak=state is AuthorizationState.APPROVED and start is None and end is None,
        created=calendar.day(response.created),
        answered=_moment(response.created),
        codes=part.scope.codes,
        names_service=part.scope.service is AuthorizedService.WORK_REHAB,
        request=number_of(response.request),
    )


def _moment(text: str | None) -> datetime | None:
    when = dates.read_date(text) if text is not None else None
    return when.instant if isinstance(when, dates.When) else None


def _state(response: ClaimResponseResource, whole: _Part, part: _Part) -> AuthorizationState:
    """The decision on a part: its own review actions, else those of the response, else the outcome and the words.

    Words or an error that speak against an approval leave it unclear.
    """
    words = decisions.decision_in_words(response.disposition) or _in_place_of_number(response)
    reviewed = decisions.decisions_together(part.states or whole.states)
    if reviewed is None:
        overall = _overall(response, words)
        stated = _in_place_of_number(response)
        return (
            overall
            if stated is None or stated is overall
            else decisions.decisions_together((overall, stated)) or overall
        )
    if reviewed is AuthorizationState.APPROVED and (
        response.outcome == "error" or words in {AuthorizationState.DENIED, AuthorizationState.WITHDRAWN}
    ):
        return AuthorizationState.UNCLEAR
    return reviewed


def _in_place_of_number(response: ClaimResponseResource) -> AuthorizationState | None:
    """What stands where the number should: "DENIED", "pending"."""
    if decisions.number_in(response.pre_auth_ref) is not None:
        return None
    return decisions.decision_in_words(response.pre_auth_ref)


def _overall(response: ClaimResponseResource, words: AuthorizationState | None) -> AuthorizationState:
    if words in {AuthorizationState.DENIED, AuthorizationState.WITHDRAWN}:
        return words
    if response.outcome == "error":
        return AuthorizationState.UNCLEAR
    if response.outcome == "queued":
        return AuthorizationState.PENDING
    if words is not None:
        return words
    numbered = response.outcome == "complete" and decisions.number_in(response.pre_auth_ref) is not None
    worded = response.disposition is not None and _TELLS_NOTHING.match(response.disposition.strip()) is None
    return AuthorizationState.APPROVED if numbered and not worded else AuthorizationState.UNCLEAR


def _whole(response: ClaimResponseResource) -> _Part:
    part = _part(response.extension, response.adjudication)
    return part._replace(
        number=decisions.number_in(response.pre_auth_ref) or part.number,
        period=response.pre_auth_period or part.period,
        empty=False,
    )


def _item(item: ClaimResponseItem) -> _Part:
    return _part(item.extension, item.adjudication)


def _added_parts(item: AddedItem) -> Iterator[_Part]:
    """An added item, or its details where the service and the amount are told there."""
    details = [detail for detail in item.detail if detail.product_or_service is not None or detail.quantity is not None]
    if not details or item.quantity is not None:
        yield _added(item)
        return
    for detail in details:
        yield _added(
            msgspec.structs.replace(
                item,
                product_or_service=detail.product_or_service or item.product_or_service,
                quantity=detail.quantity,
                adjudication=detail.adjudication or item.adjudication,
            )
        )


def _added(item: AddedItem) -> _Part:
    part = _part(item.extension, item.adjudication)
    scope = part.scope if part.scope.service is not AuthorizedService.NOT_NAMED else scope_of(item.product_or_service)
    period = Period(item.serviced_date, item.serviced_date) if item.serviced_date else item.serviced_period
    return part._replace(
        period=part.period or period, quantity=part.quantity or item.quantity, scope=scope, empty=False
    )


def _part(extensions: Sequence[Extension], adjudications: Sequence[Adjudication]) -> _Part:
    if not extensions and not adjudications:
        return _NO_ANSWER
    extensions_found = [
        *extensions,
        *[extension for adjudication in adjudications for extension in adjudication.extension],
    ]
    by_name = {
        extension.url.removeprefix(PAS): extension
        for extension in extensions_found
        if extension.url is not None and extension.url.startswith(PAS)
    }
    detail = by_name.get("extension-itemAuthorizedDetail", _NO_EXTENSION)
    details = {extension.url: extension for extension in detail.extension}
    valid = by_name.get("extension-itemPreAuthPeriod") or by_name.get("extension-itemAuthorizedDate") or _NO_EXTENSION
    return _Part(
        states=tuple(decisions.reviews(extensions_found, adjudications)),
        number=decisions.review_number(extensions_found),
        period=valid.value_period,
        quantity=details.get("quantity", _NO_EXTENSION).value_quantity
        or granted_amounts.of_adjudications(adjudications),
        scope=scope_of(details.get("productOrServiceCode", _NO_EXTENSION).value_codeable_concept),
    )
