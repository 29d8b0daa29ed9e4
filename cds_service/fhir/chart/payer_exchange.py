"""What payers were asked and what they said, over all resources of a chart that carry it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from cds_service.domain.care import Encounter, PlanOfCare
from cds_service.domain.coverage_and_claims import Authorization, Claim, CoverageAssertion
from cds_service.fhir.chart.authorized_services import Requests
from cds_service.fhir.chart.coverage_information import assertions_of
from cds_service.fhir.chart.patients_own import Own
from cds_service.fhir.chart.payer_answers import is_preauthorization, of_response, unread_as
from cds_service.fhir.chart.service_requests import is_work_rehab_appointment
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import CarePlanResource, EncounterResource
from cds_service.fhir.reading.drafts import Draft
from cds_service.fhir.reading.financial_resources import ClaimResource, ClaimResponseResource
from cds_service.fhir.reading.meanings import ServiceMeaning
from cds_service.fhir.reading.request_resources import AppointmentResource, ServiceRequestResource

AskedFor: TypeAlias = tuple[str, ServiceRequestResource, ServiceMeaning]
"""An order as given: its reference, the resource, what its code means."""


def requests_on_record(
    own: Own, asked_for: Iterable[AskedFor], plans: Iterable[PlanOfCare], claims: Iterable[Claim]
) -> Requests:
    """What was asked of payers, and what carries their numbers."""
    asked = tuple(asked_for)
    requests = Requests(
        dict(_requested(own)),
        own.prefetch.of(ClaimResponseResource).values(),
        own.references,
        {reference: meaning for reference, _, meaning in asked},
    )
    for _, record, meaning in asked:
        requests.order(record, meaning)
    written = own.prefetch.of(CarePlanResource)
    for plan in plans:
        known = written.get(plan.reference.partition("/")[2]) if plan.work_rehab else None
        if known is not None:
            requests.plan(known)
    for claim in claims:
        for number in claim.authorization_numbers:
            requests.carry_number(number, {line.code for line in claim.lines})
    return requests


def _requested(own: Own) -> Iterator[tuple[str, ClaimResource]]:
    patient = f"Patient/{own.patient}"
    for key, record in own.prefetch.of(ClaimResource).items():
        named = record.patient.reference if record.patient is not None else None
        if not named or own.references[named] == patient:
            yield f"Claim/{key}", record


def answers_on_record(own: Own, calendar: Calendar, requests: Requests) -> Iterator[Authorization]:
    """Authorizations among the payers' answers; what cannot be read is left out as a gap."""
    for reference, record in own.of(ClaimResponseResource):
        unread = unread_as(record)
        if unread is not None:
            own.leave_out(ClaimResponseResource, reference, unread)
        if not is_preauthorization(record):
            continue
        answers = of_response(record, reference, calendar, requests)
        if isinstance(answers, str):
            own.leave_out(ClaimResponseResource, reference, answers)
        else:
            yield from answers


def assertions_on_record(
    own: Own,
    calendar: Calendar,
    asked_for: Sequence[AskedFor],
    drafts: Iterable[Draft],
    encounters: Mapping[str, tuple[EncounterResource, Encounter]],
    treated: frozenset[str | None],
) -> Iterator[CoverageAssertion]:
    """What payers say through coverage-information on orders, appointments and encounters of work rehabilitation.

    ``treated`` are the encounters of sessions.
    """
    references = own.references
    work_rehab = {reference for reference, _, meaning in asked_for if meaning.work_rehab}
    for reference, record, _ in asked_for:
        if record.extension and reference in work_rehab:
            yield from assertions_of(record.extension, reference, references, calendar)
    for draft in drafts:
        booked = draft.record
        if not isinstance(booked, AppointmentResource) or not booked.extension:
            continue
        if is_work_rehab_appointment(booked, work_rehab, references.aliases):
            yield from assertions_of(booked.extension, draft.reference, references, calendar)
    for reference, (visit, known) in encounters.items():
        if visit.extension and (known.work_rehab or reference in treated):
            yield from assertions_of(visit.extension, reference, references, calendar)
