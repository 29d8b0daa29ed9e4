"""Resources that the given ones refer to and that rules need: who treated, who provides, who pays, what was asked."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cds_service.domain.chart import Fact
from cds_service.domain.frozen import dataclass
from cds_service.fhir.chart.payer_answers import names_service
from cds_service.fhir.chart.people import licensed
from cds_service.fhir.reading.clinical_resources import CarePlanResource, EncounterResource, ProcedureResource
from cds_service.fhir.reading.disciplines import disciplines_in_concepts
from cds_service.fhir.reading.elements import NamedRef, Ref, Resource
from cds_service.fhir.reading.financial_resources import ClaimResource, ClaimResponseResource, CoverageResource
from cds_service.fhir.reading.person_resources import (
    LocationResource,
    OrganizationResource,
    PractitionerResource,
    PractitionerRoleResource,
)
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.professions import credentials, profession_of
from cds_service.fhir.reading.references import normal

_REFERENCE: Final = re.compile(
    r"(Practitioner|PractitionerRole|Organization|Location|Claim)/[A-Za-z0-9\-.]{1,64}", re.ASCII
)
_TYPES: Final[dict[str, type[Resource]]] = {
    "Practitioner": PractitionerResource,
    "PractitionerRole": PractitionerRoleResource,
    "Organization": OrganizationResource,
    "Location": LocationResource,
    "Claim": ClaimResource,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One resource to read, ``Type/id``, or the roles of a practitioner to search.

    ``fact`` is what stays unknown without it; None when the reference itself tells enough to go on.
    """

    query: str
    fact: Fact | None

    @property
    def resource_type(self) -> str:
        """The type of resource asked for."""
        return re.split(r"[/?]", self.query, maxsplit=1)[0]

    @property
    def is_search(self) -> bool:
        """Whether it is a search."""
        return "?" in self.query


def wanted(prefetch: Prefetch, base: str, encounter_id: str | None) -> tuple[Wanted, ...]:
    """What to read next, the most useful first, each once.

    First the encounter in question (else the latest one) and its treatments, then payers, requests whose answers name
    no service, authors of plans that do not tell their discipline, and earlier treatments, the latest first. Contained
    resources, those already given and references to other servers are left out.

    Args:
        prefetch: What is known so far.
        base: URL of the FHIR server, with which absolute references to it begin.
        encounter_id: The encounter in question.
    """
    collector = _Collector(prefetch, base)
    encounters = prefetch.of(EncounterResource)
    asked = encounters.get(encounter_id or "")
    latest = sorted(encounters.values(), key=_start, reverse=True)
    of_visit, earlier = _treatments(prefetch, encounter_id)
    for encounter in ([asked] if asked is not None else latest)[:1]:
        collector.encounter(encounter)
    for treatment in of_visit:
        collector.people((performer.actor for performer in treatment.performer), Fact.SESSIONS)
    for coverage in prefetch.of(CoverageResource).values():
        collector.payers(coverage.payor)
    for answer in prefetch.of(ClaimResponseResource).values():
        collector.request(answer)
    for plan in prefetch.of(CarePlanResource).values():
        if not disciplines_in_concepts(plan.category):
            collector.people((plan.author, *plan.contributor), Fact.PLAN_OF_CARE)
    for treatment in sorted(earlier, key=_performed, reverse=True):
        collector.people((performer.actor for performer in treatment.performer), None)
    return tuple(collector.queries.values())


class _Collector:
    def __init__(self, prefetch: Prefetch, base: str) -> None:
        self.queries: dict[str, Wanted] = {}
        self._prefetch = prefetch
        self._base = f"{base.rstrip('/')}/"
        self._with_roles = {
            name
            for role in prefetch.of(PractitionerRoleResource).values()
            if role.practitioner is not None and (name := self._name(role.practitioner)) is not None
        }

    def encounter(self, encounter: EncounterResource) -> None:
        places = (encounter.service_provider, *(place.location for place in encounter.location))
        for place in places:
            self._read(place, Fact.ENCOUNTER)
        self.people((participant.individual for participant in encounter.participant), None)

    def payers(self, payors: Iterable[NamedRef]) -> None:
        for payor in payors:
            named = payor.display or (payor.identifier is not None and payor.identifier.value)
            self._read(payor, None if named else Fact.COVERAGE)

    def request(self, answer: ClaimResponseResource) -> None:
        """The request that a payer's answer is about, where the answer itself names no service."""
        if answer.use == "preauthorization" and not names_service(answer):
            self._read(answer.request, None)

    def people(self, actors: Iterable[NamedRef | None], unknown: Fact | None) -> None:
        """People by their roles; ``unknown`` is what stays so when not even the name tells the profession."""
        for actor in actors:
            name = self._name(actor)
            if actor is None or name is None:
                continue
            fact = unknown if credentials(actor.display) is None else None
            known = self._known(name)
            if known is None:
                self._read(actor, fact)
            elif isinstance(known, PractitionerRoleResource) and profession_of((*known.code, *known.specialty)) is None:
                self._read(known.practitioner, fact)
            elif isinstance(known, PractitionerResource) and self._tells_no_role(name, known):
                self._add(Wanted(f"PractitionerRole?practitioner={name.partition('/')[2]}", fact))

    def _tells_no_role(self, name: str, known: PractitionerResource) -> bool:
        return name not in self._with_roles and licensed(known) is None

    def _read(self, ref: Ref | NamedRef | None, fact: Fact | None) -> None:
        name = self._name(ref)
        if name is not None and self._known(name) is None:
            self._add(Wanted(name, fact))

    def _add(self, request: Wanted) -> None:
        self.queries.setdefault(request.query, request)

    def _known(self, name: str) -> Resource | None:
        kind, _, key = name.partition("/")
        return self._prefetch.of(_TYPES[kind]).get(key)

    def _name(self, ref: Ref | NamedRef | None) -> str | None:
        """``Type/id`` of a reference that this server can resolve."""
        if ref is None or not ref.reference:
            return None
        name = normal(ref.reference.removeprefix(self._base), self._prefetch.aliases)
        if "://" in ref.reference and not ref.reference.startswith(self._base):
            return None
        return name if _REFERENCE.fullmatch(name) else None


def _treatments(
    prefetch: Prefetch, encounter_id: str | None
) -> tuple[list[ProcedureResource], list[ProcedureResource]]:
    """Procedures of the encounter in question, and the others."""
    of_visit: list[ProcedureResource] = []
    earlier: list[ProcedureResource] = []
    for treatment in prefetch.of(ProcedureResource).values():
        name = (
            normal(treatment.encounter.reference, prefetch.aliases)
            if treatment.encounter and treatment.encounter.reference
            else None
        )
        (of_visit if encounter_id is not None and name == f"Encounter/{encounter_id}" else earlier).append(treatment)
    return of_visit, earlier


def _start(encounter: EncounterResource) -> str:
    return (encounter.period.start if encounter.period is not None else None) or ""


def _performed(procedure: ProcedureResource) -> str:
    period = procedure.performed_period
    return (period.start if period is not None else None) or procedure.performed_date_time or ""


def known_with(prefetch: Prefetch, further: Prefetch) -> Iterator[tuple[type[Resource], dict[str, Resource]]]:
    """The resources of two readings by type; where both have one, the first stays."""
    for kind in dict.fromkeys((*prefetch.by_type, *further.by_type)):
        yield kind, {**further.by_type.get(kind, {}), **prefetch.by_type.get(kind, {})}
