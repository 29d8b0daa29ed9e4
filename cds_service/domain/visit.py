"""A visit: all work rehabilitation of one date of service, and its countable time (T-5)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from cds_service.domain.care import Encounter, Service, Session
from cds_service.domain.frozen import dataclass
from cds_service.domain.intervals import MINUTE, Interval, elapsed, minutes, overlap, split_after, subtract, union
from cds_service.domain.lazy import lazy
from cds_service.domain.treating import Roles, time_by_roles

A_DAY: Final = timedelta(hours=24)
NOON: Final = time(12)


@dataclass(frozen=True)
class Visit:
    """Sessions, other services and encounters of one date of service.

    ``included`` are services that the payer counts as part of the program: no charge of theirs, no time taken off.
    """

    date: date
    sessions: tuple[Session, ...]
    services: tuple[Service, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    included: tuple[Service, ...] = ()

    def without(self, sessions: Sequence[Session]) -> "Visit":
        """The visit without these sessions, and without services and encounters that are theirs alone."""
        kept = tuple(session for session in self.sessions if session not in sessions)
        gone = {session.encounter for session in sessions} - {session.encounter for session in kept} - {None}
        return Visit(
            date=self.date,
            sessions=kept,
            services=tuple(service for service in self.services if service.encounter not in gone),
            included=tuple(service for service in self.included if service.encounter not in gone),
            encounters=tuple(encounter for encounter in self.encounters if encounter.reference not in gone),
        )

    @lazy
    def timed(self) -> tuple[Session, ...]:
        """Sessions with start and stop."""
        return tuple(session for session in self.sessions if session.period is not None)

    @lazy
    def untimed(self) -> tuple[Session, ...]:
        """Sessions without usable start and stop."""
        return tuple(session for session in self.sessions if session.period is None)

    @lazy
    def from_encounter(self) -> bool:
        """Whether the time can only be read from the encounter, because no session has start and stop."""
        return not self.timed

    @lazy
    def countable(self) -> tuple[Interval, ...]:
        """Time in the program: the union of the sessions, without separately billed services that overlap it.

        Time is never counted twice, and time of another billed service never once (T-5). Times that add up to more than
        a day are wrong somewhere, and tell nothing.
        """
        spans = [session.period for session in self.sessions if session.period is not None]
        spans = spans or [span for encounter in self.encounters if (span := self._time_of(encounter)) is not None]
        counted = subtract(spans, self.excluded_services) if self.services else union(spans)
        return counted if len(counted) == 1 or elapsed(counted) <= A_DAY else ()

    @lazy
    def more_than_a_day(self) -> bool:
        """Whether the recorded times add up to more than 24 hours."""
        return elapsed(union(session.period for session in self.sessions if session.period is not None)) > A_DAY

    def _time_of(self, encounter: Encounter) -> Interval | None:
        """The time of an encounter: its recorded length from its start, else from start to stop.

        A length without a start has no place on the clock: it is laid at noon, less all other services of the date.
        """
        if encounter.length is None:
            return encounter.period
        if encounter.period is not None:
            return Interval(
                encounter.period.start, min(encounter.period.start + encounter.length, encounter.period.end)
            )
        noon = datetime.combine(self.date, NOON, tzinfo=UTC)
        left = encounter.length - elapsed(self.excluded_services)
        return Interval(noon, noon + left) if left > timedelta() else None

    @lazy
    def excluded_services(self) -> tuple[Interval, ...]:
        """Time of separately billed services of the date."""
        return union(service.period for service in self.services if service.period is not None)

    @lazy
    def minutes(self) -> int:
        """Whole countable minutes; 0 when no time is recorded."""
        return elapsed(self.countable) // MINUTE

    @lazy
    def minutes_excluded(self) -> int:
        """Minutes of separately billed services that lay inside the sessions."""
        spans = [session.period for session in self.timed if session.period is not None]
        return minutes(overlap(spans, self.excluded_services))

    @lazy
    def time_by_roles(self) -> dict[Roles, timedelta]:
        """How long which roles gave the countable time."""
        return time_by_roles(self.sessions, self.countable)

    def blocks_by_roles(self, first_block_minutes: int) -> tuple[dict[Roles, timedelta], dict[Roles, timedelta]]:
        """The same of the first block and of the hours after it."""
        first, further = split_after(self.countable, first_block_minutes * MINUTE)
        return time_by_roles(self.sessions, first), time_by_roles(self.sessions, further)


def visits_of(
    sessions: Iterable[Session],
    services: Iterable[Service] = (),
    encounters: Iterable[Encounter] = (),
    included: Collection[str] = (),
) -> dict[date, Visit]:
    """Group sessions into visits by date of service; services of the codes ``included`` are part of the program."""
    dates: dict[date, list[Session]] = {}
    for session in sessions:
        dates.setdefault(session.date, []).append(session)
    beside: dict[date, list[Service]] = {}
    for service in services:
        if service.date in dates:
            beside.setdefault(service.date, []).append(service)
    of_one_day = _encounters_of_one_day(sessions, encounters)
    visits = {}
    for day, treated in dates.items():
        references = dict.fromkeys([session.encounter for session in treated])
        visits[day] = Visit(
            date=day,
            sessions=tuple(treated),
            services=tuple([service for service in beside.get(day, ()) if service.code not in included]),
            encounters=tuple([of_one_day[reference] for reference in references if reference in of_one_day]),
            included=tuple([service for service in beside.get(day, ()) if service.code in included]),
        )
    return visits


def _encounters_of_one_day(sessions: Iterable[Session], encounters: Iterable[Encounter]) -> dict[str, Encounter]:
    """Encounters by reference; the time of one with treatments on several dates is that of none of them."""
    treated: dict[str, date] = {}
    several: set[str] = set()
    for session in sessions:
        if session.encounter is not None and treated.setdefault(session.encounter, session.date) != session.date:
            several.add(session.encounter)
    return {
        encounter.reference: encounter._replace(period=None, length=None)
        if encounter.reference in several
        else encounter
        for encounter in encounters
    }
