"""Where the patient is treated, and so in which time zone the times of a call are read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import TypeVar

from cds_service.fhir import records
from cds_service.fhir.orders import of_patient
from cds_service.fhir.places import Places, first_jurisdiction
from cds_service.fhir.reading import Draft, Prefetch
from cds_service.fhir.references import References
from cds_service.fhir.zones import Site, Zones, zone_of_records, zones_of

V = TypeVar("V", records.Encounter, records.Procedure)


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
    references = References(prefetch.aliases)
    places = Places(prefetch, references)

    def own(kind: type[V]) -> list[V]:
        return [one for one in prefetch.of(kind).values() if _is_of(one.subject, patient, references)]

    encounters, procedures = own(records.Encounter), own(records.Procedure)
    asked_id = encounter_id.rpartition("/")[2] if encounter_id is not None else None
    asked = next((encounter for encounter in encounters if encounter.id == asked_id), None) if asked_id else None
    appointments = [
        draft.record
        for draft in drafts
        if isinstance(draft.record, records.Appointment) and of_patient(draft.record, patient, prefetch.aliases)
    ]
    site = _site(places, asked, encounters, appointments)
    if site.zone is None:
        visited = (*([asked] if asked is not None else ()), *appointments, *_of_visit(procedures, asked, references))
        site = Site(site.state, zone_of_records(visited))
    states = _states(prefetch, places, patient, references, clients_jurisdiction)
    return zones_of(site, states, settings, _written(encounters, procedures, appointments))


def _site(
    places: Places,
    asked: records.Encounter | None,
    encounters: Iterable[records.Encounter],
    appointments: Iterable[records.Appointment],
) -> Site:
    """The first place that tells anything: of the visit in question, of bookings, of other visits, latest first."""
    for appointment in appointments:
        site = places.site_of_appointment(appointment)
        if site != Site():
            return site
    if asked is not None:
        site = places.site_of_encounter(asked)
        if site != Site():
            return site
    looked_at: set[object] = set()
    for encounter in sorted(encounters, key=_start, reverse=True):
        where = encounter.service_provider, encounter.location
        if where in looked_at and not encounter.contained:
            continue
        looked_at.add(where)
        site = places.site_of_encounter(encounter)
        if site != Site():
            return site
    return Site()


def _start(encounter: records.Encounter) -> str:
    return (encounter.period.start if encounter.period is not None else None) or ""


def _of_visit(
    procedures: Iterable[records.Procedure], asked: records.Encounter | None, references: References
) -> Iterator[records.Procedure]:
    """Treatments of the encounter in question, of all where there is none."""
    wanted = f"Encounter/{asked.id}" if asked is not None else None
    for procedure in procedures:
        period = procedure.performed_period
        if period is None or (period.start_element is None and period.end_element is None):
            continue
        visit = procedure.encounter.reference if procedure.encounter is not None else None
        if wanted is None or visit is None or references[visit] == wanted:
            yield procedure


def _written(
    encounters: Iterable[records.Encounter],
    procedures: Iterable[records.Procedure],
    appointments: Iterable[records.Appointment],
) -> Iterator[list[str | None]]:
    """Starts as written: of bookings, of visits, of treatments."""
    yield [appointment.start for appointment in appointments]
    yield [encounter.period.start for encounter in encounters if encounter.period is not None]
    yield [procedure.performed_period.start for procedure in procedures if procedure.performed_period is not None]


def _states(
    prefetch: Prefetch, places: Places, patient: str, references: References, clients_jurisdiction: str | None
) -> Iterator[str | None]:
    for claim in prefetch.of(records.Claim).values():
        if _is_of(claim.patient, patient, references):
            yield places.of_accident(claim)
    home = prefetch.of(records.Patient).get(patient)
    yield first_jurisdiction(home.address) if home is not None else None
    yield clients_jurisdiction


def _is_of(subject: records.Ref | None, patient: str, references: References) -> bool:
    return subject is None or not subject.reference or references[subject.reference] == f"Patient/{patient}"
