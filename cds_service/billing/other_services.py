"""The other therapy services of a visit by code and discipline, each minute once, and what is not known of them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from cds_service.domain.care import Performer, Service
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import (
    COMPANIONS,
    DISCIPLINE_OF_EVALUATION,
    EVALUATIONS,
    FIFTEEN_MINUTE,
    PERFORMANCE_TEST,
    REEVALUATIONS,
    Discipline,
)
from cds_service.domain.intervals import MINUTE, Interval, elapsed, union
from cds_service.domain.treating import treating
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView

if TYPE_CHECKING:
    from datetime import datetime

_ASSESSING = EVALUATIONS | REEVALUATIONS


class ServiceGroup(NamedTuple):
    """All services of one code under one plan: ``time`` is what only this code can count, each minute once.

    ``shares`` says whether some of its minutes went to a service that began before it.
    """

    code: str
    services: tuple[Service, ...]
    discipline: Discipline | None
    time: tuple[Interval, ...]
    shares: bool = False

    @property
    def timed(self) -> bool:
        """Whether every service has start and stop."""
        return all(service.period is not None for service in self.services)

    @property
    def minutes(self) -> int:
        """Whole minutes."""
        return elapsed(self.time) // MINUTE

    @property
    def performers(self) -> tuple[Performer, ...]:
        """Everyone who gave one of the services."""
        return tuple(performer for service in self.services for performer in treating(service))


def service_groups(services: Iterable[Service], case: Case) -> list[ServiceGroup]:
    """Services by code and discipline, in the order they began; those without times last."""
    begun = sorted(
        (service for service in services if service.code in COMPANIONS),
        key=lambda service: (service.period is None, service.period or (), service.code),
    )
    counted_to: datetime | None = None
    grouped: dict[tuple[str, Discipline | None], list[tuple[Service, tuple[Interval, ...]]]] = {}
    for service in begun:
        own: tuple[Interval, ...] = ()
        if service.period is not None:
            # Those counted before began no later, so that their time reaches from this start to the latest stop.
            start, end = service.period
            begin = start if counted_to is None else max(start, counted_to)
            own = (Interval(begin, end),) if begin < end else ()
            counted_to = end if counted_to is None else max(end, counted_to)
        grouped.setdefault((service.code, _discipline(service, case.discipline)), []).append((service, own))
    return [
        ServiceGroup(
            code=code,
            services=tuple(service for service, _ in found),
            discipline=discipline,
            time=union(span for _, own in found for span in own),
            shares=any(service.period is not None and own != (service.period,) for service, own in found),
        )
        for (code, discipline), found in grouped.items()
    ]


def _discipline(service: Service, planned: Discipline | None) -> Discipline | None:
    """The plan a service is given under: that of its code, the visit's single one, else that of who treated."""
    if service.code in DISCIPLINE_OF_EVALUATION:
        return DISCIPLINE_OF_EVALUATION[service.code]
    if planned is not None:
        return planned
    treated = {performer.role.discipline if performer.role is not None else None for performer in treating(service)}
    return treated.pop() if len(treated) == 1 else None


def gaps_of_group(group: ServiceGroup, policy: PolicyView) -> Iterator[Caveat]:
    """What keeps the lines of a service from being certain: its time, who gave it, under which plan, which test."""
    yield from _time_gaps(group)
    yield from _giver_gaps(group)
    required = policy.get(params.DISCIPLINE_REQUIRED)
    if group.discipline is None and required is not None and required.value:
        yield Unknown(
            Fact.DISCIPLINE,
            f"{group.code}: the record does not say under which plan it was given",
            group.services[0].reference,
        )
    unnamed = next((service for service in group.services if not service.capacity), None)
    if group.code == PERFORMANCE_TEST and unnamed is not None and policy.get(params.TEST_MODIFIER) is not None:
        yield Unknown(
            Fact.ASSESSMENTS, f"{group.code}: check whether it was a functional capacity evaluation", unnamed.reference
        )


def _time_gaps(group: ServiceGroup) -> Iterator[Caveat]:
    untimed = next((service for service in group.services if service.period is None), None)
    if untimed is not None and group.code in FIFTEEN_MINUTE:
        yield Unknown(
            Fact.SESSION_TIME,
            f"{group.code}: start and stop are not recorded, so its units are not known",
            untimed.reference,
        )
    if group.shares:
        why = "two services share time, which is counted once: check which one it belongs to"
        yield Unknown(Fact.SESSION_TIME, why)


def _giver_gaps(group: ServiceGroup) -> Iterator[Caveat]:
    """Who gave a service, and whether the plan is of that discipline; evaluations are of their code's (M-1, M-2)."""
    if group.code in _ASSESSING:
        return
    unnamed = next((service for service in group.services if not treating(service)), None)
    if unnamed is not None:
        yield Unknown(Fact.PERFORMERS, f"{group.code}: the record does not say who gave it", unnamed.reference)
    licensed = any(performer.role is not None for performer in group.performers)
    unclear = next(
        (
            performer
            for performer in group.performers
            if performer.role is None and not (performer.profession and licensed)
        ),
        None,
    )
    if unclear is not None:
        recorded = unclear.profession or unclear.disputed
        as_recorded = f" (recorded as {recorded})" if recorded is not None else ""
        yield Unknown(
            Fact.PERFORMERS,
            f"{group.code}: the profession of the person who gave it is not known{as_recorded}",
            unclear.reference,
        )
    several = (service for service in group.services if service.performers_of_encounter)
    if any(len({performer.role for performer in treating(service)}) > 1 for service in several):
        yield Unknown(Fact.PERFORMERS, f"{group.code}: the record does not say which person of the encounter gave it")
    plan = group.discipline
    for performer in group.performers:
        if plan is not None and performer.role is not None and performer.role.discipline != plan:
            why = f"{group.code} was given by {performer.role.discipline.value}, but the plan is {plan.value}"
            yield Doubt(Fact.DISCIPLINE, why, performer.reference)
