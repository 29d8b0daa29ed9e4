"""FHIR R4 resources of treatment: plans, visits, procedures, conditions, goals, measurements, documents."""

from typing import Any

import msgspec

from cds_service.fhir.reading.elements import (
    Annotation,
    Category,
    CodeableConcept,
    Coding,
    DomainResource,
    Extension,
    Identifier,
    NamedRef,
    Period,
    Quantity,
    QuantityRange,
    Ratio,
    Record,
    Ref,
    Resource,
    SampledData,
    Timing,
    TypedIdentifier,
)


class ActivityDetail(Record, frozen=True):
    """CarePlan.activity.detail."""

    code: CodeableConcept | None = None
    status: str | None = None
    scheduled_timing: Timing | None = None
    scheduled_period: Period | None = None
    scheduled_string: str | None = None
    daily_amount: Quantity | None = None
    quantity: Quantity | None = None
    description: str | None = None


class Activity(Record, frozen=True):
    """CarePlan.activity."""

    reference: Ref | None = None
    detail: ActivityDetail | None = None


class Narrative(Record, frozen=True):
    """Narrative: what a person reads of a resource, as XHTML."""

    div: str | None = None


class CarePlanResource(DomainResource, frozen=True):
    """FHIR CarePlan."""

    text: Narrative | None = None
    based_on: tuple[Ref, ...] = ()
    replaces: tuple[Ref, ...] = ()
    part_of: tuple[Ref, ...] = ()
    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    title: str | None = None
    description: str | None = None
    subject: Ref | None = None
    period: Period | None = None
    author: NamedRef | None = None
    contributor: tuple[NamedRef, ...] = ()
    addresses: tuple[Ref, ...] = ()
    goal: tuple[Ref, ...] = ()
    activity: tuple[Activity, ...] = ()
    note: tuple[Annotation, ...] = ()


class EncounterDiagnosis(Record, frozen=True):
    """Encounter.diagnosis."""

    condition: Ref | None = None


class EncounterLocation(Record, frozen=True):
    """Encounter.location."""

    location: Ref | None = None


class Participant(Record, frozen=True):
    """Encounter.participant."""

    type: tuple[CodeableConcept, ...] = ()
    individual: NamedRef | None = None


class EncounterResource(DomainResource, frozen=True):
    """FHIR Encounter; ``actual_period`` is what FHIR R5 calls its period.

    ``encounter_class`` is as received: a Coding, and in R5 a list of concepts.
    """

    extension: tuple[Extension, ...] = ()
    status: str | None = None
    encounter_class: Any = msgspec.field(default=None, name="class")
    type: tuple[CodeableConcept, ...] = ()
    service_type: CodeableConcept | None = None
    subject: Ref | None = None
    participant: tuple[Participant, ...] = ()
    period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Ref, ...] = ()
    diagnosis: tuple[EncounterDiagnosis, ...] = ()
    length: Quantity | None = None
    location: tuple[EncounterLocation, ...] = ()
    service_provider: Ref | None = None
    actual_period: Period | None = None


class ProcedurePerformer(Record, frozen=True):
    """Procedure.performer."""

    function: CodeableConcept | None = None
    actor: NamedRef | None = None


class ProcedureResource(DomainResource, frozen=True):
    """FHIR Procedure; ``occurrence_…`` is what FHIR R5 calls its time."""

    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Ref | None = None
    encounter: Ref | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    performer: tuple[ProcedurePerformer, ...] = ()
    reason_reference: tuple[Ref, ...] = ()
    note: tuple[Annotation, ...] = ()
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None


class ConditionResource(Resource, frozen=True):
    """FHIR Condition."""

    identifier: tuple[TypedIdentifier, ...] = ()
    clinical_status: Category | None = None
    verification_status: Category | None = None
    code: CodeableConcept | None = None
    subject: Ref | None = None
    onset_date_time: str | None = None
    note: tuple[Annotation, ...] = ()


class GoalTarget(Record, frozen=True):
    """Goal.target."""

    measure: CodeableConcept | None = None
    detail_quantity: Quantity | None = None
    detail_range: QuantityRange | None = None
    detail_integer: float | None = None
    due_date: str | None = None


class GoalResource(Resource, frozen=True):
    """FHIR Goal."""

    lifecycle_status: str | None = None
    description: CodeableConcept | None = None
    subject: Ref | None = None
    target: tuple[GoalTarget, ...] = ()


class Component(Record, frozen=True):
    """Observation.component."""

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: float | None = None
    value_range: QuantityRange | None = None
    value_ratio: Ratio | None = None
    value_sampled_data: SampledData | None = None
    value_time: str | None = None
    data_absent_reason: CodeableConcept | None = None


class ObservationResource(DomainResource, frozen=True):
    """FHIR Observation."""

    status: str | None = None
    category: tuple[Category, ...] = ()
    code: CodeableConcept | None = None
    subject: Ref | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    body_site: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: float | None = None
    value_range: QuantityRange | None = None
    value_ratio: Ratio | None = None
    value_sampled_data: SampledData | None = None
    value_time: str | None = None
    data_absent_reason: CodeableConcept | None = None
    component: tuple[Component, ...] = ()


class DiagnosticReportResource(DomainResource, frozen=True):
    """FHIR DiagnosticReport: what was tested and when; results are those that it contains or refers to."""

    status: str | None = None
    category: tuple[Category, ...] = ()
    code: CodeableConcept | None = None
    subject: Ref | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    result: tuple[Ref, ...] = ()


class ItemAnswer(Record, frozen=True):
    """QuestionnaireResponse.item.answer, as far as it can be a score or a choice."""

    value_decimal: float | None = None
    value_integer: float | None = None
    value_quantity: Quantity | None = None
    value_coding: Coding | None = None
    value_string: str | None = None
    item: tuple["AnsweredItem", ...] = ()


class AnsweredItem(Record, frozen=True):
    """QuestionnaireResponse.item."""

    link_id: str | None = None
    text: str | None = None
    answer: tuple[ItemAnswer, ...] = ()
    item: tuple["AnsweredItem", ...] = ()


class QuestionnaireName(Record, frozen=True):
    """Extensions of QuestionnaireResponse.questionnaire: the questionnaire's title, as US Core has it."""

    extension: tuple[Extension, ...] = ()


class QuestionnaireResponseResource(Resource, frozen=True):
    """FHIR QuestionnaireResponse."""

    questionnaire: str | None = None
    questionnaire_name: QuestionnaireName | None = msgspec.field(default=None, name="_questionnaire")
    status: str | None = None
    subject: Ref | None = None
    authored: str | None = None
    item: tuple[AnsweredItem, ...] = ()


class Attachment(Record, frozen=True):
    """FHIR Attachment without its data."""

    title: str | None = None
    creation: str | None = None


class DocumentContent(Record, frozen=True):
    """DocumentReference.content."""

    attachment: Attachment | None = None


class DocumentReferenceResource(Resource, frozen=True):
    """FHIR DocumentReference: what a document is called and its date, never its content."""

    status: str | None = None
    type: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    subject: Ref | None = None
    date: str | None = None
    description: str | None = None
    content: tuple[DocumentContent, ...] = ()
