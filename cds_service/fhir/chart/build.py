"""From records to the chart of one patient: what is relevant, is this patient's, and took place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Final

from cds_service.domain.care import Encounter, Goal, Order, PlanOfCare
from cds_service.domain.chart import Chart, Facility, Fact, Unknown
from cds_service.domain.coverage_and_claims import (
    Authorization,
    ClaimNumber,
    Coverage,
    CoverageAssertion,
    InjuryEvidence,
)
from cds_service.fhir.chart import claim_facts, injury, payers, plans
from cds_service.fhir.chart import encounters as clinical
from cds_service.fhir.chart import payer_answers as authorizations
from cds_service.fhir.chart.assessments import assessments_of
from cds_service.fhir.chart.authorized_services import Requests
from cds_service.fhir.chart.availability import in_part, kept_elsewhere, unavailable
from cds_service.fhir.chart.claims import ChargesOnRecord, charges_on_record
from cds_service.fhir.chart.coverage_information import assertions_of
from cds_service.fhir.chart.documents import hints_of
from cds_service.fhir.chart.ordered_plans import plan_of_order
from cds_service.fhir.chart.patients_own import OF_ANOTHER, Meanings, Own, reference_of
from cds_service.fhir.chart.people import People
from cds_service.fhir.chart.places import Places, place_of
from cds_service.fhir.chart.service_requests import (
    appointments_of,
    is_order,
    is_work_rehab_appointment,
    may_be_of,
    of_patient,
    order_of,
    orders_of,
)
from cds_service.fhir.chart.sites import zones_at
from cds_service.fhir.chart.visits import Visits
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import (
    CarePlanResource,
    ConditionResource,
    EncounterResource,
    GoalResource,
    ProcedureResource,
)
from cds_service.fhir.reading.conditions import is_work_activity, name_of_condition
from cds_service.fhir.reading.drafts import Draft, aliases_of
from cds_service.fhir.reading.elements import Category, type_of
from cds_service.fhir.reading.financial_resources import ClaimResource, ClaimResponseResource, CoverageResource
from cds_service.fhir.reading.meanings import ServiceMeaning
from cds_service.fhir.reading.person_resources import LocationResource, OrganizationResource, PatientResource
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.prefetch_keys import FACT_OF_TYPE
from cds_service.fhir.reading.references import References
from cds_service.fhir.reading.request_resources import AppointmentResource, ServiceRequestResource

__all__ = ["appointments_of", "build_chart", "of_another_patient", "orders_of"]

_NOT_TRUE: Final = frozenset({"entered-in-error", "refuted"})
_ACTIVE: Final = frozenset({"active", "recurrence", "relapse"})
_DATE: Final = attrgetter("date", "reference")


def build_chart(
    patient_id: str,
    prefetch: Prefetch,
    drafts: Sequence[Draft] = (),
    clients_jurisdiction: str | None = None,
    encounter_id: str | None = None,
    calendar: Calendar | None = None,
    server: str | None = None,
) -> Chart:
    """Read the chart of one patient out of what was given.

    Args:
        patient_id: The patient of the call; nothing of anybody else is used.
        prefetch: What was given, as read.
        drafts: Resources of the hook's context.
        clients_jurisdiction: Jurisdiction of the client's profile, when nothing in the chart tells.
        encounter_id: The encounter of the call; its place comes before that of other encounters.
        calendar: Reads dates and times at the place of treatment; None finds the place in the chart.
        server: Address of the FHIR server that the call names; a patient of another server is another patient.
    """
    if calendar is None:
        calendar = Calendar.of(zones_at(patient_id, prefetch, drafts, encounter_id, clients_jurisdiction))
    return _Builder(patient_id, prefetch, drafts, calendar, server).chart(clients_jurisdiction, encounter_id)


def of_another_patient(
    patient_id: str, prefetch: Prefetch, calendar: Calendar, server: str | None = None
) -> Unknown | None:
    """The first treatment, visit or plan of work rehabilitation that names another patient than the call's."""
    references, meanings = References(prefetch.aliases), Meanings()
    own = Own(patient_id, prefetch, references, server)
    for reference, procedure in own.of_others(ProcedureResource):
        if meanings[procedure.code].work_rehab:
            return Unknown(FACT_OF_TYPE["Procedure"], OF_ANOTHER, reference)
    for reference, encounter in own.of_others(EncounterResource):
        if clinical.about(encounter, references, meanings, {}).work_rehab:
            return Unknown(FACT_OF_TYPE["Encounter"], OF_ANOTHER, reference)
    people = People(prefetch, references)
    for reference, record in own.of_others(CarePlanResource):
        plan = plans.plan_of_care(record, reference, people, references, meanings, {}, calendar)
        if plan is not None and plan.work_rehab:
            return Unknown(FACT_OF_TYPE["CarePlan"], OF_ANOTHER, reference)
    return None


class _Builder:
    """One reading of one chart; used once."""

    def __init__(
        self,
        patient_id: str,
        prefetch: Prefetch,
        drafts: Sequence[Draft],
        calendar: Calendar,
        server: str | None,
    ) -> None:
        self.patient = patient_id.rpartition("/")[2]
        self.prefetch = prefetch
        self.drafts = drafts
        self.aliases = {**aliases_of(drafts), **prefetch.aliases}
        self.references = References(self.aliases)
        self.own = Own(self.patient, prefetch, self.references, server)
        self.people = People(prefetch, self.references)
        self.places = Places(prefetch, self.references)
        self.meanings = Meanings()
        self.calendar = calendar

    def chart(self, clients_jurisdiction: str | None, encounter_id: str | None) -> Chart:
        """Read everything."""
        self._check_drafts()
        patient = self._patient()
        orders, asked_for = self._orders()
        ordered = {reference: meaning for reference, _, meaning in asked_for}
        conditions = self._conditions()
        coverages = self._coverages()
        plans_of_care, plan_evidence = self._plans(ordered)
        plans_of_care = plans_of_care or list(_planned(orders, asked_for))
        known = {f"Condition/{record.id}": record for _, record in conditions if record.id is not None}
        visits = Visits(self.own, self.people, self.places, self.meanings, known, self.calendar)
        visits.read(plans_of_care)
        first_treated = min((session.date for session in visits.sessions), default=None)
        measured = list(assessments_of(self.own, self.calendar, first_treated))
        charges = charges_on_record(self.own, self.places, self.calendar)
        assertions = tuple(self._assertions(asked_for, visits))
        answers = list(self._answers(self._requests(asked_for, plans_of_care, charges)))
        explained = (*(answer.number for answer in answers), *(assertion.number for assertion in assertions))
        answers.extend(authorizations.of_numbers(charges.numbers, explained))
        evidence = [
            *injury.of_coverages(coverages),
            *(indication for reference, record in conditions for indication in injury.of_condition(record, reference)),
            *_reasons(visits.encounters),
            *plan_evidence,
            *charges.evidence,
        ]
        lacking = unavailable(self.prefetch.slots, injury_shown=bool(evidence), drafts_given=_has_orders(self.drafts))
        hints = tuple(hints_of(self.own, self.calendar, answers, plans_of_care))
        if Fact.PLAN_OF_CARE in lacking and any(plan.reference.startswith("ServiceRequest/") for plan in plans_of_care):
            hints = (*hints, Unknown(Fact.PLAN_OF_CARE, lacking.pop(Fact.PLAN_OF_CARE)))
        parts = in_part(self.prefetch.slots)
        asked = visits.encounters.get(f"Encounter/{encounter_id.rpartition('/')[2]}") if encounter_id else None
        return Chart(
            patient=f"Patient/{self.patient}",
            coverages=tuple(coverages),
            injury=tuple(dict.fromkeys(evidence)),
            injury_dates=(
                *(
                    injury_date
                    for reference, record in conditions
                    for injury_date in injury.date_of_condition(record, reference, self.calendar)
                ),
                *charges.injury_dates,
            ),
            plans=tuple(sorted(plans_of_care, key=lambda plan: (plan.start or date.min, plan.reference))),
            encounters=tuple(visits.visits),
            sessions=tuple(visits.sessions),
            services=tuple(visits.services),
            goals=tuple(self._goals()),
            assessments=tuple(sorted((*visits.evaluations, *measured), key=_DATE)),
            authorizations=tuple(answers),
            assertions=assertions,
            orders=tuple(orders),
            claims=tuple(charges.claims),
            place=place_of(
                charges.accidents,
                asked[1] if asked is not None else None,
                visits.visits,
                patient,
                clients_jurisdiction,
            ),
            diagnosis_codes=claim_facts.codes_of_conditions(conditions),
            claim_numbers=tuple(self._claim_numbers(conditions, charges.claim_numbers)),
            facility=self._facility(asked[0]) if asked is not None else None,
            deficits=tuple(_active(conditions)),
            unavailable=lacking,
            kept=kept_elsewhere(self.prefetch.slots, (*lacking, *parts)) if lacking or parts else {},
            in_part=parts,
            gaps=(*self.prefetch.gaps, *hints, *self.own.left_out.gaps),
            zone=self.calendar.zone if self.calendar.settled else None,
            condition_names={
                reference: name for reference, record in conditions if (name := name_of_condition(record.code))
            },
        )

    def _check_drafts(self) -> None:
        for draft in self.drafts:
            record, foreign = draft.record, False
            if draft.gap is not None:
                self.own.left_out.add(draft.gap)
            elif isinstance(record, ServiceRequestResource):
                foreign = not may_be_of(record.subject, self.patient, self.aliases)
            elif isinstance(record, AppointmentResource):
                foreign = not of_patient(record, self.patient, self.aliases)
            if foreign and record is not None:
                self.own.left_out.add_of_another(FACT_OF_TYPE[type_of(record)])

    def _patient(self) -> PatientResource | None:
        patient = None
        for key, record in self.prefetch.of(PatientResource).items():
            if key == self.patient:
                patient = record
            else:
                self.own.leave_out(PatientResource, reference_of("Patient", key), "the Patient given is another one")
        return patient

    def _orders(self) -> tuple[list[Order], list[tuple[str, ServiceRequestResource, ServiceMeaning]]]:
        """Orders on record, and all orders as given with their meaning."""
        orders: list[Order] = []
        asked_for: list[tuple[str, ServiceRequestResource, ServiceMeaning]] = []
        for draft in self.drafts:
            record = draft.record
            if not isinstance(record, ServiceRequestResource) or not is_order(record):
                continue
            if may_be_of(record.subject, self.patient, self.aliases):
                asked_for.append((draft.reference, record, self.meanings[record.code]))
        drafted = {reference for reference, _, _ in asked_for}
        for reference, record in self.own.of(ServiceRequestResource, but=drafted):
            if is_order(record):
                asked_for.append((reference, record, self.meanings[record.code]))
                orders.append(order_of(record, reference, self.references, self.calendar))
        return orders, asked_for

    def _assertions(
        self, asked_for: Iterable[tuple[str, ServiceRequestResource, ServiceMeaning]], visits: Visits
    ) -> Iterator[CoverageAssertion]:
        """What payers say through coverage-information on orders, appointments and encounters that are ours."""
        work_rehab = {reference for reference, _, meaning in asked_for if meaning.work_rehab}
        for reference, record, _ in asked_for:
            if record.extension and reference in work_rehab:
                yield from assertions_of(record.extension, reference, self.references, self.calendar)
        for draft in self.drafts:
            booked = draft.record
            if not isinstance(booked, AppointmentResource) or not booked.extension:
                continue
            if is_work_rehab_appointment(booked, work_rehab, self.aliases):
                yield from assertions_of(booked.extension, draft.reference, self.references, self.calendar)
        treated = {session.encounter for session in visits.sessions}
        for reference, (visit, known) in visits.encounters.items():
            if visit.extension and (known.work_rehab or reference in treated):
                yield from assertions_of(visit.extension, reference, self.references, self.calendar)

    def _requests(
        self,
        asked_for: Iterable[tuple[str, ServiceRequestResource, ServiceMeaning]],
        plans: Iterable[PlanOfCare],
        charges: ChargesOnRecord,
    ) -> Requests:
        """What was asked of payers, and what carries their numbers."""
        claims = {
            f"Claim/{key}": record
            for key, record in self.prefetch.of(ClaimResource).items()
            if record.patient is None
            or not record.patient.reference
            or self.references[record.patient.reference] == f"Patient/{self.patient}"
        }
        ordered = {reference: meaning for reference, _, meaning in asked_for}
        answers = self.prefetch.of(ClaimResponseResource).values()
        requests = Requests(claims, answers, self.references, ordered)
        for _, record, meaning in asked_for:
            requests.order(record, meaning)
        written = self.prefetch.of(CarePlanResource)
        for plan in plans:
            known = written.get(plan.reference.partition("/")[2]) if plan.work_rehab else None
            if known is not None:
                requests.plan(known)
        for claim in charges.claims:
            for number in claim.authorization_numbers:
                requests.carry_number(number, {line.code for line in claim.lines})
        return requests

    def _conditions(self) -> list[tuple[str, ConditionResource]]:
        return [
            (reference, record)
            for reference, record in self.own.of(ConditionResource)
            if not _has_status(record.verification_status, _NOT_TRUE)
        ]

    def _coverages(self) -> list[Coverage]:
        organizations = self.prefetch.of(OrganizationResource)
        return [
            payers.coverage_of(record, reference, organizations, self.references, self.calendar)
            for reference, record in self.own.of(CoverageResource)
            if self._is_active(record, reference)
            and payers.pays_therapy(record)
            and self.own.has_readable_period(record, reference)
        ]

    def _is_active(self, coverage: CoverageResource, reference: str) -> bool:
        """Whether a coverage is active, or does not say that it is not."""
        status = (coverage.status or "active").strip().lower()
        if status not in payers.STATUSES:
            self.own.leave_out(CoverageResource, reference, "its status is none that FHIR knows")
        return status == "active"

    def _plans(self, ordered: Mapping[str, ServiceMeaning]) -> tuple[list[PlanOfCare], list[InjuryEvidence]]:
        plans_of_care: list[PlanOfCare] = []
        evidence: list[InjuryEvidence] = []
        for reference, record in self.own.of(CarePlanResource):
            if record.status == "entered-in-error":
                continue
            evidence.extend(injury.of_plan(record, reference))
            if not self.own.has_readable_period(record, reference):
                continue
            plan = plans.plan_of_care(
                record, reference, self.people, self.references, self.meanings, ordered, self.calendar
            )
            if plan is not None:
                plans_of_care.append(plan)
        return plans_of_care, evidence

    def _claim_numbers(
        self, conditions: Iterable[tuple[str, ConditionResource]], of_claims: Iterable[ClaimNumber]
    ) -> Iterator[ClaimNumber]:
        for reference, coverage in self.prefetch.of(CoverageResource).items():
            if coverage.identifier or coverage.classes:
                yield from claim_facts.numbers_of_coverage(coverage, reference_of("Coverage", reference))
        for reference, condition in conditions:
            yield from claim_facts.numbers_of(condition.identifier, reference)
        yield from of_claims

    def _facility(self, encounter: EncounterResource) -> Facility | None:
        return claim_facts.facility_of(encounter, self.prefetch.of(LocationResource), self.references)

    def _goals(self) -> Iterator[Goal]:
        for reference, record in self.own.of(GoalResource):
            yield from clinical.goals_of(record, reference, self.calendar)

    def _answers(self, requests: Requests) -> Iterator[Authorization]:
        for reference, record in self.own.of(ClaimResponseResource):
            unread = authorizations.unread_as(record)
            if unread is not None:
                self.own.leave_out(ClaimResponseResource, reference, unread)
            if not authorizations.is_preauthorization(record):
                continue
            answers = authorizations.of_response(record, reference, self.calendar, requests)
            if isinstance(answers, str):
                self.own.leave_out(ClaimResponseResource, reference, answers)
            else:
                yield from answers


def _planned(
    orders: Iterable[Order], asked_for: Iterable[tuple[str, ServiceRequestResource, ServiceMeaning]]
) -> Iterator[PlanOfCare]:
    """Plans among the orders on record."""
    as_asked = {reference: record for reference, record, _ in asked_for}
    return filter(None, (plan_of_order(as_asked[order.reference], order) for order in orders))


def _reasons(encounters: Mapping[str, tuple[EncounterResource, Encounter]]) -> Iterator[InjuryEvidence]:
    for reference, (record, _) in encounters.items():
        if record.reason_code:
            yield from injury.of_encounter(record, reference)


def _has_status(status: Category | None, codes: frozenset[str]) -> bool:
    return status is not None and any(coding.code in codes for coding in status.coding)


def _active(conditions: Iterable[tuple[str, ConditionResource]]) -> Iterator[str]:
    """Active conditions other than the bare external cause."""
    for reference, record in conditions:
        if _has_status(record.clinical_status, _ACTIVE) and not is_work_activity(record.code):
            yield reference


def _has_orders(drafts: Iterable[Draft]) -> bool:
    return any(isinstance(draft.record, ServiceRequestResource) for draft in drafts)
