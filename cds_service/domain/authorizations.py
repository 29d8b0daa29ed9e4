"""Which of a payer's answers stand: the newest decides for its number, its codes and the time they share (A-1)."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from cds_service.domain.codes import WORK_REHAB
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, CoverageAssertion
from cds_service.domain.episodes import EPISODE_GAP_DAYS

REFUSED: Final = frozenset({AuthorizationState.DENIED, AuthorizationState.WITHDRAWN})
SATISFIED: Final = "satisfied"

ANY_REQUEST: Final = ""
CAUTION: Final = {
    AuthorizationState.APPROVED: 0,
    AuthorizationState.NOT_REQUIRED: 0,
    AuthorizationState.PENDING: 1,
    AuthorizationState.UNCLEAR: 2,
    AuthorizationState.DENIED: 3,
    AuthorizationState.WITHDRAWN: 3,
}
"""Of two answers of which neither is known to be the later, the one with more of it counts."""


def number_key(number: str) -> str:
    """What is the same however a number is written: without case, spaces, punctuation and leading zeros."""
    return "".join(filter(str.isalnum, number.upper())).lstrip("0") or number


def is_for_visits_from(first: date, answer: Authorization, before: date | None) -> bool:
    """Whether an answer is for visits from ``first`` on; ``before`` is the last visit of the episode before."""
    if answer.end is not None and answer.end >= first:
        return True
    begun = answer.start or answer.created
    approved = answer.state is AuthorizationState.APPROVED
    if before is not None and begun is not None and begun <= before:
        return answer.end is None and approved
    last_known = answer.end or (None if approved else answer.created)
    return last_known is None or last_known >= first - timedelta(days=EPISODE_GAP_DAYS)


def standing(answers: Iterable[Authorization]) -> tuple[Authorization, ...]:
    """Answers that no later one replaces, in the order given.

    A later answer replaces an earlier one of the same number or request as far as it is about the same codes and their
    periods overlap; periods apart from each other both stand. A refusal without number that names work rehabilitation
    and its period replaces every answer for that time. Of answers whose order is not known the more cautious one counts
    as the later. An answer that names no service is for the same as others of its number.
    """
    named = _named_by_number(tuple(answers))
    if len(named) < 2:  # noqa: PLR2004 - one answer has nothing to be replaced by
        return named
    later: dict[tuple[str, str], _Days] = {}
    stand: set[int] = set()
    for together in _newest_first(named):
        stand.update(index for index in together if named[index].relayed or not _replaced(named[index], later))
        for index in together:
            _note(named[index], later)
    return tuple(answer for index, answer in enumerate(named) if index in stand)


def _newest_first(answers: Sequence[Authorization]) -> list[list[int]]:
    """Indexes of the answers of each response; parts of one response do not replace each other."""
    of_response: dict[str, list[int]] = {}
    for index, approval in enumerate(answers):
        of_response.setdefault(approval.reference, []).append(index)
    return sorted(of_response.values(), key=lambda indexes: max(_recency(answers[i]) for i in indexes), reverse=True)


def _replaced(approval: Authorization, later: Mapping[tuple[str, str], "_Days"]) -> bool:
    keys = [(request, code) for request in (*_requests_of(approval), ANY_REQUEST) for code in _codes_of(approval)]
    return any(key in later and later[key].meet(_period(approval)) for key in keys)


def _note(approval: Authorization, later: dict[tuple[str, str], "_Days"]) -> None:
    if approval.relayed:
        return
    dated = approval.start is not None or approval.end is not None
    general = approval.state in REFUSED and approval.number is None and approval.names_service and dated
    for request in (*_requests_of(approval), *((ANY_REQUEST,) if general else ())):
        for code in _codes_of(approval):
            later.setdefault((request, code), _Days()).add(_period(approval))


def newest_by_code(assertions: Iterable[CoverageAssertion]) -> tuple[CoverageAssertion, ...]:
    """The newest for each code of work rehabilitation; one without codes is for both."""
    newest: dict[str, CoverageAssertion] = {}
    for assertion in assertions:
        for code in WORK_REHAB.intersection(assertion.codes or WORK_REHAB):
            known = newest.get(code)
            if known is None or (assertion.made or date.min) > (known.made or date.min):
                newest[code] = assertion
    return tuple(dict.fromkeys(newest[code] for code in sorted(newest)))


def of_assertions(assertions: Iterable[CoverageAssertion], known: Iterable[str | None]) -> tuple[Authorization, ...]:
    """Approvals that payers hold satisfied; one whose number an answer on file explains adds nothing."""
    explained = {number_key(number) for number in known if number is not None}
    return tuple(
        Authorization(
            reference=assertion.reference,
            state=AuthorizationState.APPROVED,
            number=assertion.number,
            end=assertion.expiry,
            created=assertion.made,
            codes=tuple(code for code in assertion.codes if code in WORK_REHAB),
            relayed=True,
        )
        for assertion in assertions
        if assertion.approval == SATISFIED
        and (assertion.number is None or number_key(assertion.number) not in explained)
    )


class _Days:
    """Periods, those that meet joined into one."""

    def __init__(self) -> None:
        self._periods: list[tuple[date, date]] = []

    def meet(self, period: tuple[date, date]) -> bool:
        """Whether any of them shares a day with the period."""
        first, last = self._between(period)
        return first < last

    def add(self, period: tuple[date, date]) -> None:
        """Join a period to them."""
        first, last = self._between(period)
        joined = (*self._periods[first:last], period)
        del self._periods[first:last]
        insort(self._periods, (min(span[0] for span in joined), max(span[1] for span in joined)))

    def _between(self, period: tuple[date, date]) -> tuple[int, int]:
        first = bisect_left(self._periods, period[0], key=lambda span: span[1])
        return first, bisect_right(self._periods, period[1], key=lambda span: span[0])


def _named_by_number(answers: Sequence[Authorization]) -> tuple[Authorization, ...]:
    """The answers, those that name no service with that of other answers of their number."""
    if all(approval.names_service for approval in answers):
        return tuple(answers)
    named = {
        number_key(approval.number) for approval in answers if approval.names_service and approval.number is not None
    }
    return tuple(
        replace(approval, names_service=True)
        if not approval.names_service and approval.number is not None and number_key(approval.number) in named
        else approval
        for approval in answers
    )


def _recency(approval: Authorization) -> tuple[date, datetime, int, int, float, str]:
    """What tells the later answer: its date and time, else caution, as of an earlier end or a smaller amount."""
    caution = CAUTION[approval.state]
    created = approval.created or (date.min if caution == 0 else date.max)
    moment = approval.answered or datetime.combine(created, time.min, UTC)
    end = (approval.end or date.max).toordinal()
    return (
        created,
        moment,
        caution,
        -end,
        -approval.quantity if approval.quantity is not None else float("-inf"),
        approval.reference,
    )


def _requests_of(approval: Authorization) -> tuple[str, ...]:
    """What tells requests apart: number and request; answers without either are for one request."""
    number = (f"number {number_key(approval.number)}",) if approval.number is not None else ()
    request = (f"request {approval.request}",) if approval.request is not None else ()
    return (*number, *request) or (f"none, service named: {approval.names_service}",)


def _codes_of(approval: Authorization) -> Iterable[str]:
    return approval.codes or WORK_REHAB


def _period(approval: Authorization) -> tuple[date, date]:
    return approval.start or date.min, approval.end or date.max
