"""From records to the chart of one patient: what is relevant, is this patient's, and took place."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Final, TypeVar

from cds_service.domain.chart import (
    Assessment,
    Authorization,
    ChargedLine,
    Chart,
    Claim,
    Coverage,
    Encounter,
    Fact,
    Gap,
    Goal,
    InjuryEvidence,
    Order,
    PlanOfCare,
    Service,
    Session,
)
from cds_service.domain.codes import WORK_REHAB, Program
from cds_service.fhir import authorizations, clinical, dates, injury, payers, records
from cds_service.fhir.availability import unavailable
from cds_service.fhir.concepts import Meaning, diagnosis_codes, is_work_activity, meaning, procedure_codes, program_of
from cds_service.fhir.orders import appointments_of, is_order, may_be_of, modifiers_of, of_patient, order, orders_of
from cds_service.fhir.people import People
from cds_service.fhir.places import Places, place_of
from cds_service.fhir.reading import FACT_OF_TYPE, Draft, Prefetch, Quarantine, aliases_of
from cds_service.fhir.records import CodeableConcept, Ref, Resource
from cds_service.fhir.references import References, named

__all__ = ["appointments_of", "build_chart", "orders_of"]

T = TypeVar("T", Service, Encounter)

MIXED_OFFSETS: Final = "times with and without UTC offset are mixed on this date"
_NOT_TRUE: Final = frozenset({"entered-in-error", "refuted"})
_ACTIVE: Final = frozenset({"active", "recurrence", "relapse"})
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_CHARGES: Final = frozenset({"draft", "active"})
_PROCEDURE_STATUS: Final = frozenset(
    {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"}
)
_ENCOUNTER_STATUS: Final = frozenset({*clinical.TOOK_PLACE, "planned", "cancelled", "entered-in-error"})


def build_chart(
    patient_id: str,
    prefetch: Prefetch,
    drafts: Sequence[Draft] = (),
    clients_jurisdiction: str | None = None,
    encounter_id: str | None = None,
) -> Chart:
    """Read the chart of one patient out of what was given.

    Args:
        patient_id: The patient of the call; nothing of anybody else is used.
        prefetch: What was given, as read.
        drafts: Resources of the hook's context.
        clients_jurisdiction: Jurisdiction of the client's profile, when nothing in the chart tells.
        encounter_id: The encounter of the call; its place comes before that of other encounters.
    """
    return _Builder(patient_id, prefetch, drafts).chart(clients_jurisdiction, encounter_id)


class _Builder:
    """One reading of one chart; used once."""

    def __init__(self, patient_id: str, prefetch: Prefetch, drafts: Sequence[Draft]) -> None:
        self.patient = patient_id.rpartition("/")[2]
        self.prefetch = prefetch
        self.drafts = drafts
        self.aliases = {**aliases_of(drafts), **prefetch.aliases}
        self.references = References(self.aliases)
        self.people = People(prefetch, self.references)
        self.places = Places(prefetch, self.references)
        self.left_out = Quarantine()
        self._whose: dict[str, bool] = {}
        self._meanings: dict[CodeableConcept, Meaning] = {}
        self._zoneless: set[str] = set()

    def chart(self, clients_jurisdiction: str | None, encounter_id: str | None) -> Chart:
        """Read everything."""
        self._check_drafts()
        patient = self._patient()
        orders, ordered, from_orders = self._orders()
        conditions = self._conditions()
        coverages = self._coverages()
        plans, plan_evidence = self._plans(ordered)
        encounters = self._encounters(conditions)
        sessions, services, tests = self._procedures(encounters, plans)
        sessions.extend(self._sessions_of_encounters(encounters, sessions))
        visits = [one for _, one in encounters.values()]
        mixed = self._dates_with_mixed_offsets(sessions, services, visits)
        if mixed:
            sessions = [_untimed(one, mixed) for one in sessions]
            services = [self._agreeing(one, mixed) for one in services]
            visits = [self._agreeing(one, mixed) for one in visits]
        visits.sort(key=_by_date)
        measured = self._measurements()
        charges = self._claims()
        answers = [*self._answers(), *from_orders]
        answers.extend(authorizations.of_numbers(charges.numbers, answers))
        evidence = (
            *injury.of_coverages(coverages),
            *(
                one
                for key, record in conditions.items()
                for one in injury.of_condition(record, _name("Condition", key))
            ),
            *(
                one
                for record, visit in encounters.values()
                if record.reason_code
                for one in injury.of_encounter(record, visit.reference)
            ),
            *plan_evidence,
            *charges.evidence,
        )
        asked = f"Encounter/{encounter_id.rpartition('/')[2]}" if encounter_id else None
        return Chart(
            patient=f"Patient/{self.patient}",
            coverages=tuple(coverages),
            injury=tuple(dict.fromkeys(evidence)),
            plans=tuple(sorted(plans, key=lambda one: (one.start or date.min, one.reference))),
            encounters=tuple(visits),
            sessions=tuple(sorted(sessions, key=_by_time)),
            services=tuple(sorted(services, key=_by_time)),
            goals=tuple(self._goals()),
            assessments=tuple(sorted((*tests, *measured), key=lambda one: (one.date, one.reference))),
            authorizations=tuple(answers),
            orders=tuple(orders),
            claims=tuple(charges.claims),
            place=place_of(
                charges.accidents,
                sorted(visits, key=lambda one: (one.reference == asked, one.date or date.min), reverse=True),
                patient,
                clients_jurisdiction,
            ),
            deficits=(*(one.reference for one in measured), *_active(conditions)),
            unavailable=unavailable(
                self.prefetch.slots, injury_shown=bool(evidence), drafts_given=_has_orders(self.drafts)
            ),
            gaps=(*self.prefetch.gaps, *self.left_out.gaps),
        )

    def _mine(self, record: Resource, key: str, subject: Ref | None, *, may_be_silent: bool = False) -> bool:
        """Whether a resource is the patient's; one that is not becomes a gap."""
        if subject is None or not subject.reference:
            if may_be_silent:
                return True
            self._leave_out(record, key, "does not say which patient it belongs to")
            return False
        mine = self._whose.get(subject.reference)
        if mine is None:
            mine = self.references.normal(subject.reference) == f"Patient/{self.patient}"
            self._whose[subject.reference] = mine
        if not mine:
            self._leave_out(record, key, "belongs to another patient")
        return mine

    def _leave_out(self, record: Resource, key: str, why: str, fact: Fact | None = None) -> None:
        kind = records.type_of(record)
        fact = fact or FACT_OF_TYPE[kind]
        if self.left_out.full(fact):
            self.left_out.add(Gap(fact, why))
        else:
            self.left_out.add(Gap(fact, why, _name(kind, key)))

    def _meaning(self, concept: CodeableConcept | None) -> Meaning:
        if concept is None:
            return meaning(None)
        known = self._meanings.get(concept)
        if known is None:
            known = self._meanings[concept] = meaning(concept)
        return known

    def _check_drafts(self) -> None:
        for draft in self.drafts:
            record, theirs = draft.record, False
            if draft.gap is not None:
                self.left_out.add(draft.gap)
            elif isinstance(record, records.ServiceRequest):
                theirs = not may_be_of(record.subject, self.patient, self.aliases)
            elif isinstance(record, records.Appointment):
                theirs = not of_patient(record, self.patient, self.aliases)
            if theirs and record is not None:
                fact = FACT_OF_TYPE[records.type_of(record)]
                self.left_out.add(Gap(fact, "belongs to another patient", draft.reference))

    def _patient(self) -> records.Patient | None:
        found = None
        for key, record in self.prefetch.of(records.Patient).items():
            if key == self.patient:
                found = record
            else:
                self._leave_out(record, key, "is another patient")
        return found

    def _orders(self) -> tuple[list[Order], dict[str, Meaning], list[Authorization]]:
        """Orders on record, what all orders mean, and authorizations that payers put on them."""
        orders: list[Order] = []
        told: dict[str, Meaning] = {}
        answers: list[Authorization] = []
        for draft in self.drafts:
            record = draft.record
            if isinstance(record, records.ServiceRequest) and is_order(record):
                if not may_be_of(record.subject, self.patient, self.aliases):
                    continue
                told[draft.reference] = self._meaning(record.code)
                if told[draft.reference].work_rehab:
                    answers.extend(authorizations.of_order(record, draft.reference))
        for key, record in self.prefetch.of(records.ServiceRequest).items():
            reference = _name("ServiceRequest", key)
            if reference in told or not self._mine(record, key, record.subject) or not is_order(record):
                continue
            told[reference] = self._meaning(record.code)
            orders.append(order(record, reference, self.references))
            if told[reference].work_rehab:
                answers.extend(authorizations.of_order(record, reference))
        return orders, told, answers

    def _conditions(self) -> dict[str, records.Condition]:
        return {
            key: record
            for key, record in self.prefetch.of(records.Condition).items()
            if self._mine(record, key, record.subject) and not _has_status(record.verification_status, _NOT_TRUE)
        }

    def _coverages(self) -> list[Coverage]:
        organizations = self.prefetch.of(records.Organization)
        found = []
        for key, record in self.prefetch.of(records.Coverage).items():
            if not self._mine(record, key, record.beneficiary) or record.status not in {"active", None}:
                continue
            if self._readable_period(record, key, record.period):
                found.append(payers.coverage(record, _name("Coverage", key), organizations, self.references))
        return found

    def _readable_period(self, record: Resource, key: str, period: records.Period | None) -> bool:
        """Whether the dates of a period can be read; if not the resource is left out as a gap."""
        problem = dates.problem_of(period)
        if problem is not None:
            self._leave_out(record, key, f"period {problem}")
        return problem is None

    def _plans(self, ordered: dict[str, Meaning]) -> tuple[list[PlanOfCare], list[InjuryEvidence]]:
        plans: list[PlanOfCare] = []
        evidence: list[InjuryEvidence] = []
        for key, record in self.prefetch.of(records.CarePlan).items():
            if not self._mine(record, key, record.subject) or record.status == "entered-in-error":
                continue
            reference = _name("CarePlan", key)
            evidence.extend(injury.of_plan(record, reference))
            if not self._readable_period(record, key, record.period):
                continue
            plan = clinical.plan_of_care(record, reference, self.people, self.references, ordered)
            if plan is not None:
                plans.append(plan)
        return plans, evidence

    def _encounters(self, conditions: dict[str, records.Condition]) -> dict[str, tuple[records.Encounter, Encounter]]:
        found: dict[str, tuple[records.Encounter, Encounter]] = {}
        diagnosed = cache(lambda names: _diagnoses(names, conditions))
        for key, record in self.prefetch.of(records.Encounter).items():
            if not self._mine(record, key, record.subject, may_be_silent=True):
                continue
            if record.status not in clinical.TOOK_PLACE:
                if record.status not in _ENCOUNTER_STATUS:
                    self._leave_out(record, key, "has no FHIR status")
                continue
            reference = _name("Encounter", key)
            state = self.places.of_encounter(record)
            told = [self._meaning(concept) for concept in clinical.concepts_of(record)]
            one, span = clinical.encounter(record, reference, self.references, told, diagnosed, state)
            self._note_offset(reference, span)
            found[reference] = record, one
        return found

    def _procedures(
        self, encounters: dict[str, tuple[records.Encounter, Encounter]], plans: list[PlanOfCare]
    ) -> tuple[list[Session], list[Service], list[Assessment]]:
        sessions: list[Session] = []
        services: list[Service] = []
        tests: list[Assessment] = []
        ours = [plan for plan in plans if plan.work_rehab]
        planned = ours[0].conditions if len(ours) == 1 else ()
        for key, record in self.prefetch.of(records.Procedure).items():
            if not self._mine(record, key, record.subject) or not self._took_place(record, key):
                continue
            told = self._meaning(record.code)
            if not (told.work_rehab or told.codes or told.evaluation):
                continue
            span = dates.span(record.performed_period, record.performed_date_time)
            visit = self._reference(record.encounter)
            visited = encounters[visit][1] if visit in encounters else None
            day = span.date or (visited.date if visited is not None else None)
            if day is None:
                self._leave_out(record, key, span.problem or "no date is recorded")
                continue
            reference = _name("Procedure", key)
            self._note_offset(reference, span)
            if told.work_rehab:
                conditions = (visited.conditions if visited is not None else ()) or planned
                sessions.append(self._session(record, reference, told, span, day, visit, conditions))
                continue
            services.extend(Service(reference, day, code, span.period, visit) for code in told.codes)
            if told.evaluation is not None and record.status == "completed":
                tests.append(Assessment(reference, day, told.evaluation, next(iter(told.codes), None)))
        return sessions, services, tests

    def _took_place(self, record: records.Procedure, key: str) -> bool:
        if record.status in clinical.RECORDED:
            return True
        if record.status not in _PROCEDURE_STATUS:
            self._leave_out(record, key, "has no FHIR status")
        return False

    def _session(
        self,
        record: records.Procedure,
        reference: str,
        told: Meaning,
        span: dates.Span,
        day: date,
        visit: str | None,
        conditions: tuple[str, ...],
    ) -> Session:
        return Session(
            reference=reference,
            date=day,
            program=_program(record, told),
            codes=told.codes,
            period=span.period,
            time_problem=span.problem,
            performers=clinical.performers_of(record, self.people),
            encounter=visit,
            conditions=clinical.names_of(record.reason_reference, self.references, "Condition/") or conditions,
            described=bool(record.note) and any(note.text for note in record.note),
        )

    def _reference(self, ref: Ref | None) -> str | None:
        return self.references.normal(ref.reference) if ref is not None and ref.reference else None

    def _sessions_of_encounters(
        self, encounters: dict[str, tuple[records.Encounter, Encounter]], sessions: list[Session]
    ) -> Iterator[Session]:
        """Work-rehab encounters on dates without any work-rehab procedure."""
        treated = {one.date for one in sessions}
        for record, one in encounters.values():
            if one.work_rehab and one.date is not None and one.date not in treated:
                yield clinical.session_of_encounter(one, one.date, clinical.attending_of(record, self.people))

    def _note_offset(self, reference: str, span: dates.Span) -> None:
        if span.period is not None and not span.zoned:
            self._zoneless.add(reference)

    def _dates_with_mixed_offsets(
        self, sessions: list[Session], services: list[Service], visits: list[Encounter]
    ) -> set[date]:
        """Dates with sessions on which some times have a UTC offset and some have none: their order is not known."""
        if not self._zoneless:
            return set()
        seen: dict[date, set[bool]] = {one.date: set() for one in sessions}
        dated = {one.date for one in sessions if one.period is not None}
        instead = [one for one in visits if one.date is not None and one.date not in dated]
        timed: tuple[Session | Service | Encounter, ...] = (*sessions, *services, *instead)
        for one in timed:
            if one.period is not None and one.date in seen:
                seen[one.date].add(one.reference in self._zoneless)
        return {day for day, zoned in seen.items() if len(zoned) > 1}

    def _agreeing(self, one: T, mixed: set[date]) -> T:
        """A service or encounter, without its time where that has no offset on a date on which others have."""
        if one.date in mixed and one.reference in self._zoneless:
            return replace(one, period=None)
        return one

    def _measurements(self) -> list[Assessment]:
        found: list[Assessment] = []
        for key, observation in self.prefetch.of(records.Observation).items():
            if self._mine(observation, key, observation.subject) and clinical.is_measurement(observation):
                self._keep(found, observation, key, clinical.measurement(observation, _name("Observation", key)))
        for key, answers in self.prefetch.of(records.QuestionnaireResponse).items():
            if self._mine(answers, key, answers.subject) and answers.status in clinical.ANSWERED:
                read = clinical.questionnaire(answers, _name("QuestionnaireResponse", key))
                self._keep(found, answers, key, read)
        return found

    def _keep(self, found: list[Assessment], record: Resource, key: str, read: Assessment | str) -> None:
        if isinstance(read, str):
            self._leave_out(record, key, read)
        else:
            found.append(read)

    def _goals(self) -> Iterator[Goal]:
        for key, record in self.prefetch.of(records.Goal).items():
            if self._mine(record, key, record.subject):
                yield from clinical.goals_of(record, _name("Goal", key))

    def _answers(self) -> Iterator[Authorization]:
        for key, record in self.prefetch.of(records.ClaimResponse).items():
            if not self._mine(record, key, record.patient) or not authorizations.is_preauthorization(record):
                continue
            answers = authorizations.of_response(record, _name("ClaimResponse", key))
            if isinstance(answers, str):
                self._leave_out(record, key, answers)
            else:
                yield from answers

    def _claims(self) -> "_Claims":
        found = _Claims()
        for key, record in self.prefetch.of(records.Claim).items():
            if not self._mine(record, key, record.patient) or record.status not in _CHARGES:
                continue
            reference = _name("Claim", key)
            claim = self._claim(record, reference)
            found.evidence.extend(injury.of_claim(record, reference))
            found.accidents.append((reference, self.places.of_accident(record)))
            if not claim.lines or any(line.code in WORK_REHAB for line in claim.lines):
                found.numbers.extend((reference, number) for number in claim.authorization_numbers)
            if record.use == "claim":
                found.claims.append(claim)
        return found

    def _claim(self, record: records.Claim, reference: str) -> Claim:
        lines = []
        for position, item in enumerate(record.item, start=1):
            codes = procedure_codes(item.product_or_service)
            if not codes:
                continue
            period = item.serviced_period or records.Period()
            quantity = item.quantity.value if item.quantity is not None else None
            lines.append(
                ChargedLine(
                    sequence=item.sequence if item.sequence is not None else position,
                    code=codes[0],
                    modifiers=tuple(modifiers_of(item.modifier)),
                    units=quantity if quantity is not None else 1.0,
                    date=dates.day(item.serviced_date or period.start),
                )
            )
        return Claim(
            reference=reference,
            status=record.status or "unknown",
            lines=tuple(lines),
            encounters=clinical.names_of((one for item in record.item for one in item.encounter), self.references),
            authorization_numbers=tuple(
                dict.fromkeys(number for one in record.insurance for number in one.pre_auth_ref if number)
            ),
        )


@dataclass
class _Claims:
    """What the claims tell: charges, authorization numbers, accidents and evidence of an injury."""

    claims: list[Claim] = field(default_factory=list)
    numbers: list[tuple[str, str]] = field(default_factory=list)
    accidents: list[tuple[str, str | None]] = field(default_factory=list)
    evidence: list[InjuryEvidence] = field(default_factory=list)


def _name(kind: str, key: str) -> str:
    """Reference of a resource kept under its id, or under its place where it has none."""
    if key.startswith("no id "):
        return named(kind, None, key)
    return named(kind, key)


def _diagnoses(names: tuple[str, ...], conditions: dict[str, records.Condition]) -> tuple[str, ...]:
    """ICD-10-CM codes of the conditions named, each once."""
    known = (conditions.get(name.removeprefix("Condition/")) for name in names)
    return tuple(dict.fromkeys(code for one in known if one is not None for code in diagnosis_codes(one.code)))


def _program(record: records.Procedure, told: Meaning) -> Program:
    """The kind that the code names, else the notes."""
    if told.program is not Program.UNKNOWN or not record.note:
        return told.program
    return program_of((), (note.text for note in record.note))


def _has_status(status: records.Category | None, codes: frozenset[str]) -> bool:
    return status is not None and any(coding.code in codes for coding in status.coding)


def _active(conditions: dict[str, records.Condition]) -> Iterator[str]:
    """Active conditions other than the bare external cause."""
    for key, record in conditions.items():
        if _has_status(record.clinical_status, _ACTIVE) and not is_work_activity(record.code):
            yield _name("Condition", key)


def _has_orders(drafts: Iterable[Draft]) -> bool:
    return any(isinstance(draft.record, records.ServiceRequest) for draft in drafts)


def _untimed(session: Session, mixed: set[date]) -> Session:
    """A session without its time, when the times of its date cannot be put in order."""
    if session.date in mixed and session.period is not None:
        return replace(session, period=None, time_problem=MIXED_OFFSETS)
    return session


def _by_date(one: Encounter) -> tuple[date, str]:
    return one.date or date.min, one.reference


def _by_time(one: Session | Service) -> tuple[date, datetime, str]:
    return one.date, one.period.start if one.period is not None else _EARLIEST, one.reference
