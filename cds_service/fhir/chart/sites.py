"""Where the patient is treated, and so in which time zone the times of a call are read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import Final, TypeVar

from cds_service.fhir.chart.places import Places, first_jurisdiction
from cds_service.fhir.chart.service_requests import of_patient
from cds_service.fhir.reading.clinical_resources import EncounterResource, ProcedureResource
from cds_service.fhir.reading.drafts import Draft
from cds_service.fhir.reading.financial_resources import ClaimResource
from cds_service.fhir.reading.person_resources import PatientResource
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.references import References
from cds_service.fhir.reading.request_resources import AppointmentResource
from cds_service.fhir.reading.zones import TreatmentSite, Zones, zone_of_records, zones_of

_V = TypeVar("_V", EncounterResource, ProcedureResource)

NOWHERE: Final = TreatmentSite()


def zones_at(
    patient: str,
    prefetch: Prefetch,
    drafts: Sequence[Draft],
    encounter_id: str | None,
    clients_jurisdiction: str | None = None,
    settings: Iterable[tzinfo | None] = (),
) -> Zones:
    """The time zones in which the place of treatment may lie.

    Args:
        patient: Bare id of the patient of the call.
        prefetch: What was given, as read.
        drafts: Resources of the hook's context.
        encounter_id: The encounter of the call; its place comes before those of others, the latest first.
        clients_jurisdiction: State of the client's entry or of the settings.
        settings: Zones of the client's entry and of this service.
    """
    chart = _Own(patient, prefetch)
    encounters = chart.of(EncounterResource)
    asked_id = encounter_id.rpartition("/")[2] if encounter_id is not None else None
    asked = next((encounter for encounter in encounters if encounter.id == asked_id), None) if asked_id else None
    appointments = [
        draft.record
        for draft in drafts
        if isinstance(draft.record, AppointmentResource) and of_patient(draft.record, patient, prefetch.aliases)
    ]
    site = _site(chart.places, asked, encounters, appointments)
    if site.zone is None:
        visited = (*([asked] if asked is not None else ()), *appointments, *_marked(chart, asked))
        site = TreatmentSite(site.state, zone_of_records(visited))
    return zones_of(site, _states(chart, clients_jurisdiction), settings, _written(chart, encounters, appointments))


class _Own:
    """The patient's resources, as far as the place is read from them."""

    def __init__(self, patient: str, prefetch: Prefetch) -> None:
        self.patient = patient
        self.prefetch = prefetch
        self.references = References(prefetch.aliases)
        self.places = Places(prefetch, self.references)
        self._reference = f"Patient/{patient}"

    def of(self, kind: type[_V]) -> list[_V]:
        """The patient's resources of a type; one that names nobody may be the patient's."""
        references, patient = self.references, self._reference
        return [
            resource
            for resource in self.prefetch.of(kind).values()
            if resource.subject is None
            or not resource.subject.reference
            or references[resource.subject.reference] == patient
        ]


def _site(
    places: Places,
    asked: EncounterResource | None,
    encounters: Iterable[EncounterResource],
    appointments: Iterable[AppointmentResource],
) -> TreatmentSite:
    """The first place that tells anything: of the visit in question, of bookings, of other visits, latest first."""
    for appointment in appointments:
        site = places.site_of_appointment(appointment)
        if site != NOWHERE:
            return site
    if asked is not None:
        site = places.site_of_encounter(asked)
        if site != NOWHERE:
            return site
    looked_at = {_where(asked)} if asked is not None and not asked.contained else set[object]()
    tells = [
        encounter
        for encounter in encounters
        if encounter.contained or (places.any_given and _where(encounter) not in looked_at)
    ]
    for encounter in sorted(tells, key=_start, reverse=True):
        where = _where(encounter)
        if where in looked_at and not encounter.contained:
            continue
        looked_at.add(where)
        site = places.site_of_encounter(encounter)
        if site != NOWHERE:
            return site
    return NOWHERE


def _where(encounter: EncounterResource) -> object:
    return encounter.service_provider, encounter.location


def _start(encounter: EncounterResource) -> str:
    return (encounter.period.start if encounter.period is not None else None) or ""


def _marked(chart: _Own, asked: EncounterResource | None) -> list[ProcedureResource]:
    """Treatments with an extension on a time: of the encounter in question, of all where there is none."""
    marked = [
        procedure
        for procedure in chart.prefetch.of(ProcedureResource).values()
        if (period := procedure.performed_period) is not None and (period.start_element or period.end_element)
    ]
    if not marked:
        return []
    wanted = f"Encounter/{asked.id}" if asked is not None else None
    return [
        procedure
        for procedure in chart.of(ProcedureResource)
        if wanted is None
        or procedure.encounter is None
        or procedure.encounter.reference is None
        or chart.references[procedure.encounter.reference] == wanted
    ]


def _written(
    chart: _Own, encounters: Iterable[EncounterResource], appointments: Iterable[AppointmentResource]
) -> Iterator[list[str | None]]:
    """Starts as written: of bookings, of visits, of treatments."""
    yield [appointment.start for appointment in appointments]
    yield [encounter.period.start for encounter in encounters if encounter.period is not None]
    treatments = chart.of(ProcedureResource)
    yield [treatment.performed_period.start for treatment in treatments if treatment.performed_period is not None]


def _states(chart: _Own, clients_jurisdiction: str | None) -> Iterator[str | None]:
    for claim in chart.prefetch.of(ClaimResource).values():
        patient = claim.patient.reference if claim.patient is not None else None
        if not patient or chart.references[patient] == f"Patient/{chart.patient}":
            yield chart.places.of_accident(claim)
    home = chart.prefetch.of(PatientResource).get(chart.patient)
    yield first_jurisdiction(home.address) if home is not None else None
    yield clients_jurisdiction
