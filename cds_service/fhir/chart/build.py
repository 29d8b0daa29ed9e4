"""From records to the chart of one patient: what is relevant, is this patient's, and took place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Final

from cds_service.domain.care import Assessment, Encounter, Goal, Order, PlanOfCare
from cds_service.domain.chart import Chart, Facility, Fact, Unknown
from cds_service.domain.coverage_and_claims import (
    Authorization,
    CoverageAssertion,
    InjuryDate,
    InjuryEvidence,
)
from cds_service.fhir.chart import claim_facts, injury, payers
from cds_service.fhir.chart import encounters as clinical
from cds_service.fhir.chart.assessments import assessments_of
from cds_service.fhir.chart.availability import in_part, kept_elsewhere, unavailable
from cds_service.fhir.chart.carried_numbers import of_numbers
from cds_service.fhir.chart.claims import ChargesOnRecord, charges_on_record
from cds_service.fhir.chart.documents import hints_of
from cds_service.fhir.chart.ordered_plans import plan_of_order
from cds_service.fhir.chart.patients_own import Meanings, Own, reference_of
from cds_service.fhir.chart.payer_exchange import AskedFor, answers_on_record, assertions_on_record
from cds_service.fhir.chart.people import People
from cds_service.fhir.chart.places import Places, place_of
from cds_service.fhir.chart.plans import plan_of_care
from cds_service.fhir.chart.request_answers import request_answers_of
from cds_service.fhir.chart.service_requests import (
    is_order,
    may_be_of,
    of_patient,
    order_of,
)
from cds_service.fhir.chart.sites import zones_at
from cds_service.fhir.chart.visits import Visits
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import (
    CarePlanResource,
    ConditionResource,
    EncounterResource,
    GoalResource,
)
from cds_service.fhir.reading.code_spelling import plain_code
from cds_service.fhir.reading.conditions import is_work_activity, name_of_condition
from cds_service.fhir.reading.drafts import Draft, aliases_of
from cds_service.fhir.reading.elements import Category, type_of
from cds_service.fhir.reading.person_resources import LocationResource, PatientResource
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.prefetch_keys import FACT_OF_TYPE
from cds_service.fhir.reading.references import References
from cds_service.fhir.reading.request_resources import AppointmentResource, ServiceRequestResource

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
        conditions = self._conditions()
        coverages = payers.coverages_of(self.own, self.references, self.calendar)
        therapy_plans, plan_evidence = self._plans(orders, asked_for)
        visits = self._visits(conditions, therapy_plans)
        measured = list(self._measured(visits))
        charges = charges_on_record(self.own, self.places, self.calendar)
        assertions = self._assertions(asked_for, visits)
        answers = self._answers(asked_for, therapy_plans, charges, assertions)
        evidence = [
            *injury.of_coverages(coverages),
            *(indication for reference, record in conditions for indication in injury.of_condition(record, reference)),
            *_reasons(visits.encounters),
            *plan_evidence,
            *charges.evidence,
        ]
        lacking = unavailable(self.prefetch.slots, injury_shown=bool(evidence), drafts_given=_has_orders(self.drafts))
        hints = [*hints_of(self.own, self.calendar, answers, therapy_plans, (*visits.evaluations, *measured))]
        if Fact.PLAN_OF_CARE in lacking and any(plan.reference.startswith("ServiceRequest/") for plan in therapy_plans):
            hints.append(Unknown(Fact.PLAN_OF_CARE, lacking.pop(Fact.PLAN_OF_CARE)))
        parts = in_part(self.prefetch.slots)
        asked = visits.encounters.get(f"Encounter/{encounter_id.rpartition('/')[2]}") if encounter_id else None
        visit = asked[1] if asked is not None else None
        return Chart(
            patient=f"Patient/{self.patient}",
            coverages=tuple(coverages),
            injury=tuple(dict.fromkeys(evidence)),
            injury_dates=(*self._injury_dates(conditions), *charges.injury_dates),
            plans=tuple(sorted(therapy_plans, key=lambda plan: (plan.start or date.min, plan.reference))),
            encounters=tuple(visits.visits),
            sessions=tuple(visits.sessions),
            services=tuple(visits.services),
            goals=tuple(self._goals()),
            assessments=tuple(sorted((*visits.evaluations, *measured), key=_DATE)),
            authorizations=tuple(answers),
            assertions=assertions,
            orders=tuple(orders),
            claims=tuple(charges.claims),
            place=place_of(charges.accidents, visit, visits.visits, patient, clients_jurisdiction),
            diagnosis_codes=claim_facts.codes_of_conditions(conditions),
            claim_numbers=(*claim_facts.claim_numbers_of(self.own, conditions), *charges.claim_numbers),
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
            request_answers=tuple(request_answers_of(self.own)),
        )

    def _visits(self, conditions: Iterable[tuple[str, ConditionResource]], therapy_plans: list[PlanOfCare]) -> Visits:
        known = {f"Condition/{record.id}": record for _, record in conditions if record.id is not None}
        visits = Visits(self.own, self.people, self.places, self.meanings, known, self.calendar)
        visits.read(therapy_plans)
        return visits

    def _measured(self, visits: Visits) -> Iterable[Assessment]:
        first_treated = min((session.date for session in visits.sessions), default=None)
        return assessments_of(self.own, self.calendar, first_treated)

    def _assertions(self, asked_for: list[AskedFor], visits: Visits) -> tuple[CoverageAssertion, ...]:
        treated = frozenset(session.encounter for session in visits.sessions)
        return tuple(assertions_on_record(self.own, self.calendar, asked_for, self.drafts, visits.encounters, treated))

    def _answers(
        self,
        asked_for: list[AskedFor],
        therapy_plans: list[PlanOfCare],
        charges: ChargesOnRecord,
        assertions: Iterable[CoverageAssertion],
    ) -> list[Authorization]:
        """Authorizations on record, and numbers on claims that no answer or assertion explains."""
        answers = list(answers_on_record(self.own, self.calendar, asked_for, therapy_plans, charges))
        explained = (*(answer.number for answer in answers), *(assertion.number for assertion in assertions))
        return [*answers, *of_numbers(charges.numbers, explained)]

    def _injury_dates(self, conditions: Iterable[tuple[str, ConditionResource]]) -> Iterator[InjuryDate]:
        for reference, record in conditions:
            yield from injury.date_of_condition(record, reference, self.calendar)

    def _plans(
        self, orders: Iterable[Order], asked_for: Iterable[AskedFor]
    ) -> tuple[list[PlanOfCare], list[InjuryEvidence]]:
        """Plans of care, without any those among the orders; and what plans say of an injury at work."""
        ordered = {reference: record for reference, record, _ in asked_for}
        therapy_plans: list[PlanOfCare] = []
        evidence: list[InjuryEvidence] = []
        for reference, record in self.own.of(CarePlanResource):
            if record.status == "entered-in-error":
                continue
            evidence.extend(injury.of_plan(record, reference))
            if not self.own.has_readable_period(record, reference):
                continue
            plan = plan_of_care(record, reference, self.people, self.references, self.meanings, ordered, self.calendar)
            if plan is not None:
                therapy_plans.append(plan)
        return therapy_plans or list(_planned(orders, asked_for)), evidence

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

    def _orders(self) -> tuple[list[Order], list[AskedFor]]:
        """Orders on record, and all orders as given with their meaning."""
        orders: list[Order] = []
        asked_for: list[AskedFor] = []
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

    def _conditions(self) -> list[tuple[str, ConditionResource]]:
        return [
            (reference, record)
            for reference, record in self.own.of(ConditionResource)
            if not _has_status(record.verification_status, _NOT_TRUE)
        ]

    def _facility(self, encounter: EncounterResource) -> Facility | None:
        return claim_facts.facility_of(encounter, self.prefetch.of(LocationResource), self.references)

    def _goals(self) -> Iterator[Goal]:
        for reference, record in self.own.of(GoalResource):
            yield from clinical.goals_of(record, reference, self.calendar)


def _reasons(encounters: Mapping[str, tuple[EncounterResource, Encounter]]) -> Iterator[InjuryEvidence]:
    for reference, (record, _) in encounters.items():
        if record.reason_code:
            yield from injury.of_encounter(record, reference)


def _has_status(status: Category | None, codes: frozenset[str]) -> bool:
    if status is None:
        return False
    written = (*(coding.code for coding in status.coding), status.text)
    return any(plain_code(code) in codes for code in written if code)


def _active(conditions: Iterable[tuple[str, ConditionResource]]) -> Iterator[str]:
    """Active conditions other than the bare external cause."""
    for reference, record in conditions:
        if _has_status(record.clinical_status, _ACTIVE) and not is_work_activity(record.code):
            yield reference


def _has_orders(drafts: Iterable[Draft]) -> bool:
    return any(isinstance(draft.record, ServiceRequestResource) for draft in drafts)


def _planned(orders: Iterable[Order], asked_for: Iterable[AskedFor]) -> Iterator[PlanOfCare]:
    """Plans among the orders on record."""
    as_asked = {reference: record for reference, record, _ in asked_for}
    return filter(None, (plan_of_order(as_asked[order.reference], order) for order in orders))
