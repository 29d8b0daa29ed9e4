"""What payers were asked and what they said, over all resources of a chart that carry it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from cds_service.domain.care import Encounter, PlanOfCare
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.coverage_and_claims import Authorization, Claim, CoverageAssertion
from cds_service.fhir.chart.authorized_services import Requests
from cds_service.fhir.chart.benefit_answers import SEVERAL, answer_of
from cds_service.fhir.chart.claims import ChargesOnRecord
from cds_service.fhir.chart.coverage_information import assertions_of
from cds_service.fhir.chart.patients_own import Own
from cds_service.fhir.chart.payer_answers import is_preauthorization, of_response, unread_as
from cds_service.fhir.chart.service_requests import is_work_rehab_appointment
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import CarePlanResource, EncounterResource
from cds_service.fhir.reading.drafts import Draft
from cds_service.fhir.reading.financial_resources import (
    ClaimResource,
    ClaimResponseResource,
    ExplanationOfBenefitResource,
)
from cds_service.fhir.reading.meanings import ServiceMeaning
from cds_service.fhir.reading.request_resources import AppointmentResource, ServiceRequestResource

PayersAnswer: TypeAlias = tuple[str, ClaimResponseResource]
"""A payer's answer with its reference."""
AskedFor: TypeAlias = tuple[str, ServiceRequestResource, ServiceMeaning]
"""An order as given: its reference, the resource, what its code means."""


def answers_on_record(
    own: Own,
    calendar: Calendar,
    asked_for: Sequence[AskedFor],
    plans: Iterable[PlanOfCare],
    charges: ChargesOnRecord,
) -> Iterator[Authorization]:
    """Authorizations among the payers' answers; what cannot be read is left out as a gap.

    Orders, plans and charges tell what those answers are about that do not say it themselves.
    """
    benefits = list(_in_benefits(own, charges.answers))
    requests = _requests_on_record(own, asked_for, plans, charges.claims, benefits)
    for reference, answer in (*_responses(own), *benefits):
        if not is_preauthorization(answer):
            continue
        found = of_response(answer, reference, calendar, requests)
        if isinstance(found, str):
            own.leave_out(ClaimResponseResource, reference, found)
        else:
            yield from found


def _responses(own: Own) -> Iterator[PayersAnswer]:
    for reference, record in own.of(ClaimResponseResource):
        unread = unread_as(record)
        if unread is not None:
            own.leave_out(ClaimResponseResource, reference, unread)
        yield reference, record


def _in_benefits(own: Own, benefits: Iterable[tuple[str, ExplanationOfBenefitResource]]) -> Iterator[PayersAnswer]:
    """The answers that explanations of benefits give and no ClaimResponse on record does; others are gaps."""
    for reference, record in benefits:
        repeated = record.claim_response.reference if record.claim_response is not None else None
        if repeated and own.references[repeated].partition("/")[2] in own.prefetch.of(ClaimResponseResource):
            continue
        answer = answer_of(record)
        if answer is not None:
            yield reference, answer
        else:
            own.left_out.add(Unknown(Fact.AUTHORIZATIONS, SEVERAL, reference))


def _requests_on_record(
    own: Own,
    asked: Sequence[AskedFor],
    plans: Iterable[PlanOfCare],
    claims: Iterable[Claim],
    benefits: Iterable[PayersAnswer],
) -> Requests:
    """What was asked of payers, and what carries their numbers."""
    requests = Requests(
        dict(_requested(own)),
        (*own.prefetch.of(ClaimResponseResource).values(), *(answer for _, answer in benefits)),
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
