"""Encounters and procedures: visits, work-rehab sessions, other services and evaluations."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from cds_service.domain.care import Assessment, Encounter, Performer, PlanOfCare, Service, Session, TelehealthSign
from cds_service.domain.codes import PERFORMANCE_TEST, Program
from cds_service.domain.intervals import Interval
from cds_service.fhir.chart import encounters as clinical
from cds_service.fhir.chart.order_of_time import LONGEST_PAUSE, join_after_midnight, sort_by_time
from cds_service.fhir.chart.patients_own import Meanings, Own
from cds_service.fhir.chart.people import People
from cds_service.fhir.chart.places import Places
from cds_service.fhir.chart.visit_bounds import TreatedConditions, UnreadTreatment, doubt_beside_unread
from cds_service.fhir.reading.calendar import Calendar, length_of
from cds_service.fhir.reading.clinical_resources import ConditionResource, EncounterResource, ProcedureResource
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.evaluations import names_capacity_test
from cds_service.fhir.reading.meanings import called_off, program_of
from cds_service.fhir.reading.set_aside import OTHER_VERSION
from cds_service.fhir.reading.telehealth_words import BY_CLASS, is_virtual, telehealth_of

if TYPE_CHECKING:
    from cds_service.fhir.reading.elements import CodeableConcept, Ref

_TREATED: Final = frozenset({*clinical.DONE_OR_UNDER_WAY, "stopped"})
_PROCEDURE_STATUS: Final = frozenset(
    {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"}
)
_NOT_HELD: Final = frozenset({"planned", "cancelled", "entered-in-error"})
_ENCOUNTER_STATUS: Final = frozenset({*clinical.TOOK_PLACE, *_NOT_HELD})
_NOT_HELD_ELSEWHERE: Final = frozenset(
    {"noshow", "no-show", "no-showed", "canceled", "booked", "proposed", "pending", "waitlist", "scheduled"}
    | {"rescheduled", "missed", "did-not-arrive", "not-arrived", "left-without-being-seen", "deleted", "void", "voided"}
)
"""What other systems call an encounter that did not take place."""
_R5_STATUS: Final = frozenset({"on-hold", "discharged", "completed", "discontinued"})
_STOPPED: Final = (
    "check how long was treated: the treatment was stopped before its end; its recorded minutes are counted"
)
_NOT_DONE: Final = "check whether the treatment was given: it is recorded as not done"
_APART: Final = "check which times are right: the encounter has other times of the day than its treatment"


class Visits:
    """Encounters and procedures of one chart; used once.

    ``encounters`` has the visits by reference, each with the record it was read from.
    """

    def __init__(
        self,
        own: Own,
        people: People,
        places: Places,
        meanings: Meanings,
        conditions: Mapping[str, ConditionResource],
        calendar: Calendar,
    ) -> None:
        self.encounters: dict[str, tuple[EncounterResource, Encounter]] = {}
        self.visits: list[Encounter] = []
        self.sessions: list[Session] = []
        self.services: list[Service] = []
        self.evaluations: list[Assessment] = []
        self._own = own
        self._people = people
        self._places = places
        self._meanings = meanings
        self._conditions = conditions
        self._calendar = calendar
        self._not_held: dict[str, str] = {}
        self._unread: list[UnreadTreatment] = []
        self._not_done: set[str] = set()
        self._conditions_treated = TreatedConditions()
        self._identified: dict[str, tuple[str, Interval | None, str | None, CodeableConcept | None]] = {}

    def read(self, plans: list[PlanOfCare]) -> None:
        """Read everything, in order of date; ``plans`` are the patient's."""
        self._read_encounters()
        self._read_procedures(plans)
        doubt_beside_unread(self.sessions, self._unread)
        for gap in (*self._conditions_treated.gaps, *self._people.not_read.values()):
            self._own.left_out.add(gap)
        self.sessions.extend(self._sessions_of_encounters())
        self.visits = [visit for _, visit in self.encounters.values()]
        self.visits.sort(key=_by_date)
        sort_by_time(self.sessions)
        sort_by_time(self.services)
        join_after_midnight(self.sessions)
        join_after_midnight(self.services)

    def _read_encounters(self) -> None:
        references, meanings, calendar = self._own.references, self._meanings, self._calendar
        abouts: dict[object, tuple[clinical.About, TelehealthSign | None, bool]] = {}
        for reference, record in self._own.of(EncounterResource, may_be_silent=True):
            if record.status not in clinical.TOOK_PLACE:
                if record.status not in _ENCOUNTER_STATUS:
                    self._own.leave_out(EncounterResource, reference, _why_left_out(record))
                status = "-".join((record.status or "").lower().replace("_", " ").split())
                if status in _NOT_HELD or status in _NOT_HELD_ELSEWHERE:
                    self._not_held[reference] = status.replace("-", " ")
                continue
            if record.actual_period is not None and record.period is None:
                self._own.leave_out(EncounterResource, reference, OTHER_VERSION)
                continue
            # The visits of a program are about the same; working it out anew takes ten times the look-up.
            key = record.type, record.service_type, record.reason_code, record.reason_reference, record.diagnosis
            known = abouts.get(key)
            if known is None:
                about = clinical.about(record, references, meanings, self._conditions)
                off = any(called_off(text) for concept in record.type for text in texts(concept))
                known = abouts[key] = about, telehealth_of((*record.type, record.service_type)), off
            about, words, off = known
            if off:
                self._not_held[reference] = "called off by its type"
            span = calendar.span(record.period)
            provider = record.service_provider
            self.encounters[reference] = (
                record,
                Encounter(
                    reference,
                    span.date,
                    span.period,
                    about.work_rehab,
                    about.program,
                    about.conditions,
                    about.diagnoses,
                    references[provider.reference] if provider is not None and provider.reference else None,
                    self._places.of_encounter(record),
                    record.status == "finished" or (record.period is not None and record.period.end is not None),
                    span.last,
                    length_of(record.length),
                    BY_CLASS if is_virtual(record.encounter_class) else words,
                    span.period is not None or _tells_end(record, calendar),
                ),
            )

    def _read_procedures(self, plans: list[PlanOfCare]) -> None:
        own, references, meanings, people = self._own, self._own.references, self._meanings, self._people
        concerns: dict[tuple[Ref, ...], tuple[str, ...]] = {}
        work_rehab_plans = [plan for plan in plans if plan.work_rehab]
        planned = work_rehab_plans[0].conditions if len(work_rehab_plans) == 1 else ()
        for reference, record in own.of(ProcedureResource):
            if record.status not in _TREATED or record.code is None:
                self._leave_out(record, reference)
                continue
            codes, work_rehab, program, evaluation, modifiers, doubts = meanings[record.code]
            if not work_rehab and (record.status == "stopped" or not (codes or evaluation)):
                continue
            span = self._calendar.span(record.performed_period, record.performed_date_time)
            period = span.period
            at = record.encounter
            visit = references[at.reference] if at is not None and at.reference else None
            visited = self.encounters[visit][1] if visit in self.encounters else None
            day = span.date or _day_of_visit(record, visited)
            if day is None:
                why = OTHER_VERSION if _is_of_r5(record) else span.problem or "no date is recorded"
                own.leave_out(ProcedureResource, reference, why)
                continue
            treated_by = people.performers(record) if record.performer else ()
            of_encounter = False
            if not treated_by:
                treated_by = self._participants(visit)
                of_encounter = bool(treated_by)
            if work_rehab:
                concerned = concerns.get(record.reason_reference)
                if concerned is None:
                    concerned = clinical.names_of(record.reason_reference, references, "Condition/")
                    concerns[record.reason_reference] = concerned = self._conditions_treated.few(concerned)
                self.sessions.append(
                    Session(
                        reference,
                        day,
                        program if program is not Program.UNKNOWN or not record.note else _noted_program(record),
                        codes,
                        period,
                        span.problem,
                        treated_by,
                        visit,
                        concerned
                        or (self._conditions_treated.few(visited.conditions) if visited is not None else ())
                        or planned,
                        bool(record.note) and (bool(record.note[0].text) or any(note.text for note in record.note)),
                        of_encounter,
                        modifiers,
                        self._doubts(record, reference, visited, visit, period, doubts),
                    )
                )
                continue
            capacity = PERFORMANCE_TEST in codes and names_capacity_test(
                (*texts(record.code), *(note.text or "" for note in record.note))
            )
            self.services.extend(
                Service(reference, day, code, period, visit, treated_by, capacity, of_encounter, doubts)
                for code in codes
            )
            if evaluation is not None and record.status == "completed":
                self.evaluations.append(Assessment(reference, day, evaluation, codes[0] if codes else None))

    def _leave_out(self, record: ProcedureResource, reference: str) -> None:
        """Leave out a procedure that was not carried out, or cannot be read: treatments of its visit rest on that."""
        if record.status in _PROCEDURE_STATUS - _TREATED:
            at = record.encounter
            if (
                record.status == "not-done"
                and at is not None
                and at.reference
                and self._meanings[record.code].work_rehab
            ):
                self._not_done.add(self._own.references[at.reference])
            return
        why = "does not say what was done" if record.status in _TREATED else "has no FHIR status"
        self._own.leave_out(ProcedureResource, reference, why)
        visit = (
            self._own.references[record.encounter.reference]
            if record.encounter and record.encounter.reference
            else None
        )
        day = self._calendar.span(record.performed_period, record.performed_date_time).date
        self._unread.append(UnreadTreatment(reference, visit, day))

    def _participants(self, visit: str | None) -> tuple[Performer, ...]:
        """Who treated in the encounter of a treatment that names nobody."""
        return self._people.participants(self.encounters[visit][0]) if visit in self.encounters else ()

    def _doubts(
        self,
        record: ProcedureResource,
        reference: str,
        visited: Encounter | None,
        visit: str | None,
        period: Interval | None,
        doubts: tuple[str, ...],
    ) -> tuple[str, ...]:
        """Those of its code, and why a treatment may not have been given as recorded."""
        if record.status == "stopped":
            doubts = (*doubts, _STOPPED)
        if visit in self._not_held:
            status = self._not_held[visit]
            doubts = (
                *doubts,
                f"check whether the visit took place: its encounter is {status}, but a treatment is recorded",
            )
        if visited is not None and _hours_apart(visited.period, period):
            doubts = (*doubts, _APART)
        doubts = (*doubts, *self._people.doubts_about(reference, visit))
        for identifier in record.identifier:
            if identifier.value:
                _, at, system, code = self._identified.setdefault(
                    identifier.value, (reference, period, identifier.system, record.code)
                )
                if at != period and system == identifier.system and code == record.code:
                    why = "check which times are right: another record of the same treatment has other times"
                    doubts = (*doubts, why)
        return doubts

    def _sessions_of_encounters(self) -> Iterator[Session]:
        """Work-rehab encounters on dates without any work-rehab procedure."""
        treated = {session.date for session in self.sessions}
        for record, encounter in self.encounters.values():
            if encounter.work_rehab and encounter.date is not None and encounter.date not in treated:
                treated_by = self._people.participants(record)
                session = clinical.session_of_encounter(encounter, encounter.date, treated_by)
                doubts = (*self._people.doubts_about(encounter.reference), *self._undone(encounter))
                yield session._replace(doubts=(*session.doubts, *doubts)) if doubts else session

    def _undone(self, encounter: Encounter) -> tuple[str, ...]:
        return (_NOT_DONE,) if encounter.reference in self._not_done else ()


def _tells_end(encounter: EncounterResource, calendar: Calendar) -> bool:
    period = encounter.period
    return period is not None and period.end is not None and calendar.day(period.end) is not None


def _why_left_out(encounter: EncounterResource) -> str:
    """Why an encounter with a status that R4 does not know is left out."""
    of_r5 = encounter.actual_period is not None or encounter.status in _R5_STATUS
    return OTHER_VERSION if of_r5 else "has no FHIR status"


def _is_of_r5(procedure: ProcedureResource) -> bool:
    return procedure.occurrence_period is not None or procedure.occurrence_date_time is not None


def _day_of_visit(procedure: ProcedureResource, visit: Encounter | None) -> date | None:
    """The day of a treatment that tells none itself: that of its visit, unless it is a series of visits."""
    if visit is None or visit.last is not None or _is_of_r5(procedure):
        return None
    return visit.date


def _hours_apart(visit: Interval | None, treatment: Interval | None) -> bool:
    """Whether a treatment lies an hour or more before or after the visit that it is recorded under."""
    if visit is None or treatment is None:
        return False
    return treatment.start - visit.end >= LONGEST_PAUSE or visit.start - treatment.end >= LONGEST_PAUSE


def _noted_program(record: ProcedureResource) -> Program:
    """The kind that the notes name where the code does not."""
    return program_of((), (note.text for note in record.note))


def _by_date(encounter: Encounter) -> tuple[date, str]:
    return encounter.date or date.min, encounter.reference
