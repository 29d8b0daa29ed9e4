"""What a chart tells whichever of its visits is asked about: worked out once, and shared by all questions about it."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import TypeAlias

from cds_service.domain.care import Assessment, Encounter, PlanOfCare, Service, Session
from cds_service.domain.codes import MODALITIES, THERAPY, WORK_REHAB
from cds_service.domain.coverage_and_claims import Claim
from cds_service.domain.episodes import Programs
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy
from cds_service.domain.visit import Visit, visits_of

ClaimLines: TypeAlias = tuple[tuple[Claim, tuple[int, ...]], ...]
"""Claims, each with the indexes of some of its lines."""


@dataclass(frozen=True)
class TreatedDays:
    """Work-rehab visits by date, and in the order of their dates the minutes of each."""

    visits: Mapping[date, Visit]

    @lazy
    def dates(self) -> tuple[date, ...]:
        """Dates of the visits, in order."""
        return tuple(sorted(self.visits))

    @lazy
    def minutes(self) -> tuple[int, ...]:
        """Countable minutes of each of the dates; 0 where no time is recorded."""
        return tuple([self.visits[day].minutes for day in self.dates])

    @lazy
    def lengths(self) -> frozenset[int]:
        """The minutes that visits have, each length once."""
        return frozenset(self.minutes)

    def from_to(self, first: date, last: date) -> tuple[date, ...]:
        """Dates of the visits from one day to another, both included."""
        return self.dates[bisect_left(self.dates, first) : bisect_right(self.dates, last)]


@dataclass(frozen=True)
class History:
    """The treatments, encounters and claims of a chart, by what is asked of them."""

    sessions: Sequence[Session]
    services: Sequence[Service]
    encounters: Sequence[Encounter]
    plans: Sequence[PlanOfCare]
    assessments: Sequence[Assessment]
    claims: Sequence[Claim]

    @lazy
    def programs(self) -> Programs:
        """The programs on record."""
        return Programs(self.sessions, self.plans, self.assessments)

    @lazy
    def treated(self) -> TreatedDays:
        """Visits whose other services are billed separately."""
        return TreatedDays(visits_of(self.sessions, self.services, self.encounters))

    @lazy
    def treated_with_modalities(self) -> TreatedDays:
        """Visits of which modalities are a part, as some payers count them (COV-4)."""
        return TreatedDays(visits_of(self.sessions, self.services, self.encounters, MODALITIES))

    @lazy
    def injuries_by_date(self) -> Mapping[date, AbstractSet[str]]:
        """Conditions that the treatments of a date are for; none where one of them does not tell."""
        found: dict[date, set[str]] = {}
        untold = {session.date for session in self.sessions if not session.conditions}
        for session in self.sessions:
            conditions = found.setdefault(session.date, set())
            if session.date not in untold:
                conditions.update(session.conditions)
        return found

    @lazy
    def therapy_dates(self) -> Mapping[date, str]:
        """Dates with work rehabilitation or other therapy, each with its first treatment."""
        services = [service for service in reversed(self.services) if service.code in THERAPY]
        of_services = {service.date: service.reference for service in services}
        return of_services | {session.date: session.reference for session in reversed(self.sessions)}

    @lazy
    def encounters_by_date(self) -> Mapping[date, Sequence[Encounter]]:
        """Encounters by the date on which they began."""
        found: dict[date, list[Encounter]] = {}
        for encounter in self.encounters:
            if encounter.date is not None:
                found.setdefault(encounter.date, []).append(encounter)
        return found

    @lazy
    def dates_by_encounter(self) -> Mapping[str, AbstractSet[date]]:
        """Dates of the treatments of each encounter that a treatment names."""
        found: dict[str, set[date]] = {}
        for session in self.sessions:
            if session.encounter is not None:
                found.setdefault(session.encounter, set()).add(session.date)
        return found

    @lazy
    def charged_dates(self) -> frozenset[date]:
        """Dates with a line of work rehabilitation on a claim."""
        lines = [line for claim in self.claims for line in claim.lines if line.code in WORK_REHAB]
        return frozenset(line.date for line in lines if line.date is not None)

    def claims_about(self, day: date, encounters: Collection[str]) -> list[Claim]:
        """Claims that may have a line of the day: one that is dated so, or one of these encounters."""
        places = {*self._claims_by_date.get(day, ())}
        for encounter in encounters:
            places.update(self._claims_by_encounter.get(encounter, ()))
        return [self.claims[place] for place in sorted(places)]

    def lines_of(
        self, day: date, encounters: AbstractSet[str], elsewhere: AbstractSet[str], *, undated: bool
    ) -> ClaimLines:
        """Claims with lines of the day and those lines' indexes; none of claims for encounters ``elsewhere`` alone.

        Where ``undated`` lines count they follow their own encounter, or that of the claim. Lines over several days are
        none of one date.
        """
        found: list[tuple[Claim, tuple[int, ...]]] = []
        for claim in self.claims_about(day, encounters):
            if claim.encounters and set(claim.encounters) <= elsewhere:
                continue
            of_visit = not encounters.isdisjoint(claim.encounters)
            lines = tuple(
                index
                for index, line in enumerate(claim.lines)
                if line.last is None
                and (
                    line.date == day
                    or (
                        line.date is None
                        and undated
                        and (not encounters.isdisjoint(line.encounters) if line.encounters else of_visit)
                    )
                )
            )
            if lines or (of_visit and not claim.lines):
                found.append((claim, lines))
        return tuple(found)

    @lazy
    def _claims_by_date(self) -> Mapping[date, Sequence[int]]:
        found: dict[date, list[int]] = {}
        for place, claim in enumerate(self.claims):
            for day in {line.date for line in claim.lines if line.date is not None}:
                found.setdefault(day, []).append(place)
        return found

    @lazy
    def _claims_by_encounter(self) -> Mapping[str, Sequence[int]]:
        found: dict[str, list[int]] = {}
        for place, claim in enumerate(self.claims):
            for encounter in {*claim.encounters, *(named for line in claim.lines for named in line.encounters)}:
                found.setdefault(encounter, []).append(place)
        return found

    @lazy
    def claims_over_days(self) -> tuple[Claim, ...]:
        """Claims with a line over several days."""
        return tuple(claim for claim in self.claims if any(line.date and line.last for line in claim.lines))

    @lazy
    def unplaced_claims(self) -> tuple[Claim, ...]:
        """Draft claims with lines of work rehabilitation of which neither they nor the claim tell date or encounter."""
        return tuple(claim for claim in self.claims if claim.status == "draft" and _is_unplaced(claim))


def _is_unplaced(claim: Claim) -> bool:
    return not claim.encounters and any(
        line.code in WORK_REHAB and line.date is None and not line.encounters for line in claim.lines
    )
