"""Bounds of what is told of treatments one by one, so that a record made to be dear costs in proportion."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from cds_service.domain.care import Session
from cds_service.domain.chart import Fact, Unknown

MOST_UNREAD_NAMED: Final = 20
"""Treatments that could not be read and are named beside another of their visit."""
MOST_CONDITIONS: Final = 200
"""Conditions by which the treatments of one chart are told apart."""
_UNREAD: Final = "what else was done in the visit: {} could not be read"


class UnreadTreatment(NamedTuple):
    """A procedure that may have been carried out and could not be read, with its visit and day as far as known."""

    reference: str
    visit: str | None
    day: date | None


def doubt_beside_unread(sessions: list[Session], unread: Sequence[UnreadTreatment]) -> None:
    """Treatments of a visit of which another procedure could not be read may not be all of it."""
    by_day: dict[date, list[str]] = {}
    by_visit: dict[str, list[str]] = {}
    order = {treatment.reference: place for place, treatment in enumerate(unread)}
    for reference, visit, day in unread:
        if day is not None:
            by_day.setdefault(day, []).append(reference)
        if visit is not None:
            by_visit.setdefault(visit, []).append(reference)
    for place, session in enumerate(sessions) if unread else ():
        of_day, of_visit = by_day.get(session.date, ()), by_visit.get(session.encounter or "", ())
        first = {*of_day[:MOST_UNREAD_NAMED], *of_visit[:MOST_UNREAD_NAMED]}
        named = sorted(first, key=order.__getitem__)[:MOST_UNREAD_NAMED]
        why = [_UNREAD.format(reference) for reference in named]
        if max(len(of_day), len(of_visit)) > len(named):
            why.append(_UNREAD.format(f"{len(unread)} treatments"))
        if why:
            sessions[place] = session._replace(doubts=(*session.doubts, *why))


class TreatedConditions:
    """The conditions of all treatments of a chart, up to so many."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._not_read: set[str] = set()

    def few(self, conditions: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the conditions of one treatment that are among the first so many of all."""
        if self._known.issuperset(conditions):
            return conditions
        kept = []
        for condition in conditions:
            if condition in self._known or len(self._known) < MOST_CONDITIONS:
                self._known.add(condition)
                kept.append(condition)
            else:
                self._not_read.add(condition)
        return tuple(kept)

    @property
    def gaps(self) -> Iterator[Unknown]:
        """That there are more, if there are."""
        if self._not_read:
            in_all = MOST_CONDITIONS + len(self._not_read)
            yield Unknown(Fact.INJURY, f"{MOST_CONDITIONS} of {in_all} conditions that treatments name were read")
