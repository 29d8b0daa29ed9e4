"""Where a service falls under which law: the jurisdiction, like ``US-TX``, and what tells it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final

from cds_service.domain.care import Encounter
from cds_service.domain.chart import Place
from cds_service.domain.jurisdictions import ABBREVIATIONS, STATES
from cds_service.fhir.chart.injury import accident_of
from cds_service.fhir.reading.clinical_resources import EncounterResource
from cds_service.fhir.reading.elements import Address, Resource
from cds_service.fhir.reading.financial_resources import ClaimResource
from cds_service.fhir.reading.person_resources import LocationResource, OrganizationResource, PatientResource
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.references import References
from cds_service.fhir.reading.request_resources import AppointmentResource
from cds_service.fhir.reading.zones import TreatmentSite, in_extensions

_STATE_OF: Final = (
    {name.upper(): code for code, name in STATES.items()} | {code: code for code in STATES} | ABBREVIATIONS
)
_UNITED_STATES: Final = frozenset({"", "US", "USA", "U.S.", "U.S.A.", "UNITED STATES", "UNITED STATES OF AMERICA"})
_SPACES: Final = re.compile(r"[\s.]+")


def jurisdiction(address: Address | None) -> str | None:
    """``US-XX`` of an address in the United States, from a state code or name; None otherwise."""
    if address is None or address.state is None:
        return None
    if (address.country or "").strip().upper() not in _UNITED_STATES:
        return None
    state = _SPACES.sub(" ", address.state).strip().upper().removeprefix("US-")
    code = _STATE_OF.get(state)
    return f"US-{code}" if code is not None else None


def first_jurisdiction(addresses: Iterable[Address | None]) -> str | None:
    """The first address that tells one."""
    return next((state for address in addresses if (state := jurisdiction(address)) is not None), None)


class Places:
    """Addresses of organizations and locations given anywhere."""

    def __init__(self, prefetch: Prefetch, references: References) -> None:
        self._organizations: Mapping[str, OrganizationResource] = prefetch.of(OrganizationResource)
        self._locations: Mapping[str, LocationResource] = prefetch.of(LocationResource)
        self._references = references
        self._known: dict[str | None, str | None] = {}
        self.any_given = bool(self._organizations or self._locations)

    def of_encounter(self, encounter: EncounterResource) -> str | None:
        """State of the provider, else of the location of an encounter."""
        provider = encounter.service_provider
        state = None
        if provider is not None:
            known = provider.reference in self._known
            state = self._known[provider.reference] if known else self._state(encounter, provider.reference)
        for place in encounter.location:
            if state is None and place.location is not None:
                state = self._state(encounter, place.location.reference)
        return state

    def _state(self, encounter: EncounterResource, reference: str | None) -> str | None:
        if reference in self._known:
            return self._known[reference]
        if reference is None:
            return None
        state = first_jurisdiction(self._addresses(encounter, reference))
        if not reference.startswith("#"):
            self._known[reference] = state
        return state

    def of_accident(self, claim: ClaimResource) -> str | None:
        """State in which the accident of a claim happened."""
        accident = accident_of(claim)
        if accident is None:
            return None
        place = accident.location_reference
        there = self._addresses(claim, place.reference) if place is not None else ()
        return first_jurisdiction((accident.location_address, *there))

    def site_of_encounter(self, encounter: EncounterResource) -> TreatmentSite:
        """State and time zone of the locations and the provider of an encounter."""
        references = [place.location.reference for place in encounter.location if place.location is not None]
        if encounter.service_provider is not None:
            references.append(encounter.service_provider.reference)
        return TreatmentSite(self.of_encounter(encounter), self._zone(encounter, references))

    def site_of_appointment(self, appointment: AppointmentResource) -> TreatmentSite:
        """State and time zone of the locations that take part in an appointment."""
        actors = [
            participant.actor.reference for participant in appointment.participant if participant.actor is not None
        ]
        references = [reference for reference in actors if reference is not None and "Location/" in reference]
        states = (
            jurisdiction(address) for reference in references for address in self._addresses(appointment, reference)
        )
        return TreatmentSite(
            next((state for state in states if state is not None), None), self._zone(appointment, references)
        )

    def _zone(self, source: Resource, references: Iterable[str | None]) -> tzinfo | None:
        for reference in references:
            place = self._place(source, reference)
            zone = in_extensions(place.extension) if place is not None else None
            if zone is not None:
                return zone
        return None

    def _addresses(self, source: Resource, reference: str | None) -> Iterator[Address | None]:
        place = self._place(source, reference)
        if isinstance(place, OrganizationResource):
            yield from place.address
        elif isinstance(place, LocationResource):
            yield place.address

    def _place(self, source: Resource, reference: str | None) -> OrganizationResource | LocationResource | None:
        if reference is None:
            return None
        if reference.startswith("#"):
            place = self._references.contained(source, reference)
            return place if isinstance(place, OrganizationResource | LocationResource) else None
        kind, _, key = self._references[reference].partition("/")
        return self._organizations.get(key) if kind == "Organization" else self._locations.get(key)


def place_of(
    accidents: Iterable[tuple[str, str | None]],
    asked: Encounter | None,
    visits: Sequence[Encounter],
    patient: PatientResource | None,
    clients_jurisdiction: str | None,
) -> Place | None:
    """The jurisdiction by precedence: accident, encounter, the patient's home, the client's profile.

    Args:
        accidents: (reference, jurisdiction) of claims with an accident.
        asked: The encounter in question, which comes before others.
        visits: All encounters, by date and reference; the latest counts.
        patient: The patient, for the home address.
        clients_jurisdiction: What the client's profile says.
    """
    states: dict[str, str] = {}
    for reference, accident_state in accidents:
        if accident_state is not None:
            states.setdefault(accident_state, reference)
    if states:
        (state, reference), *further = states.items()
        return Place(state, "the place of the accident on a claim", reference, tuple(state for state, _ in further))
    visit = asked if asked is not None and asked.state is not None else _latest_placed(visits)
    if visit is not None and visit.state is not None:
        return Place(visit.state, "the place of the encounter", visit.reference)
    if patient is not None:
        homes = sorted(patient.address, key=lambda address: (address.use == "old", address.use != "home"))
        home = first_jurisdiction(homes)
        if home is not None:
            return Place(home, "the patient's address", f"Patient/{patient.id}")
    if clients_jurisdiction is not None:
        return Place(clients_jurisdiction, "the client's profile")
    return None


def _latest_placed(visits: Sequence[Encounter]) -> Encounter | None:
    """The encounter of the latest date on which one has a known place; the first of that date."""
    latest: Encounter | None = None
    for visit in reversed(visits):
        if latest is not None and visit.date != latest.date:
            break
        if visit.state is not None:
            latest = visit
    return latest
