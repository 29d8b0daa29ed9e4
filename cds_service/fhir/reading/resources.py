"""FHIR R4 resources as far as the rules need them: typed records decoded straight from the request's bytes.

Elements that no rule reads are skipped by the decoder. Dates stay text, because FHIR dates may be partial. All
records are read-only and hold no cycles, so the garbage collector need not follow them.
"""

from typing import TYPE_CHECKING, Any, Final, TypeAlias, Union

import msgspec


class Record(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """Base of all records: camelCase names, unknown elements ignored."""


class Coding(Record, frozen=True):
    """FHIR Coding."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Record, frozen=True):
    """FHIR CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class BareCoding(Record, frozen=True):
    """A Coding of which only the code is read."""

    code: str | None = None


class Category(Record, frozen=True):
    """A CodeableConcept of which only codes and text are read."""

    coding: tuple[BareCoding, ...] = ()
    text: str | None = None


class Ref(Record, frozen=True):
    """FHIR Reference of which only the literal reference is read."""

    reference: str | None = None


class Identifier(Record, frozen=True):
    """FHIR Identifier."""

    system: str | None = None
    value: str | None = None


class TypedIdentifier(Identifier, frozen=True):
    """FHIR Identifier with what it is called."""

    type: CodeableConcept | None = None


class NamedRef(Record, frozen=True):
    """FHIR Reference with the name and identifier of its target."""

    reference: str | None = None
    display: str | None = None
    identifier: Identifier | None = None


class PrimitiveElement(Record, frozen=True):
    """What stands beside a primitive value, under the same name with an underscore."""

    extension: tuple["Extension", ...] = ()


class Period(Record, frozen=True):
    """FHIR Period, as written."""

    start: str | None = None
    end: str | None = None
    start_element: PrimitiveElement | None = msgspec.field(default=None, name="_start")
    end_element: PrimitiveElement | None = msgspec.field(default=None, name="_end")


class Quantity(Record, frozen=True):
    """FHIR Quantity."""

    value: float | None = None
    unit: str | None = None
    code: str | None = None


class QuantityRange(Record, frozen=True):
    """FHIR Range."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Record, frozen=True):
    """FHIR Ratio."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class SampledData(Record, frozen=True):
    """FHIR SampledData of which only the samples are read."""

    data: str | None = None


class Annotation(Record, frozen=True):
    """FHIR Annotation."""

    text: str | None = None


class Repeat(Record, frozen=True):
    """FHIR Timing.repeat."""

    bounds_period: Period | None = None
    bounds_duration: Quantity | None = None
    count: int | None = None
    duration: float | None = None
    duration_max: float | None = None
    duration_unit: str | None = None
    frequency: float | None = None
    period: float | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()


class Timing(Record, frozen=True):
    """FHIR Timing."""

    event: tuple[str, ...] = ()
    repeat: Repeat | None = None


class Address(Record, frozen=True):
    """FHIR Address down to the state."""

    use: str | None = None
    state: str | None = None
    country: str | None = None
    period: Period | None = None


class Extension(Record, frozen=True):
    """FHIR Extension with the value types that prior authorization uses."""

    url: str | None = None
    extension: tuple["Extension", ...] = ()
    value_string: str | None = None
    value_code: str | None = None
    value_date: str | None = None
    value_date_time: str | None = None
    value_reference: Ref | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_coding: Coding | None = None
    value_quantity: Quantity | None = None
    value_period: Period | None = None


def _tag(name: str) -> str:
    """The FHIR resource type of ``CoverageResource`` is Coverage."""
    return name.removesuffix("Resource")


class Resource(Record, frozen=True, tag_field="resourceType", tag=_tag):
    """Base of all resources: each is named by its FHIR type with ``Resource`` behind; the tag is the type."""

    id: str | None = None


class DomainResource(Resource, frozen=True):
    """A resource whose contained resources are decoded only when something refers to them."""

    contained: tuple[msgspec.Raw, ...] = ()


class PatientResource(Resource, frozen=True):
    """FHIR Patient: identity and state of residence only."""

    address: tuple[Address, ...] = ()


class CoverageClass(Record, frozen=True):
    """Coverage.class: group, plan and the like, with their names and numbers."""

    type: Category | None = None
    value: str | None = None
    name: str | None = None


class CoverageResource(DomainResource, frozen=True):
    """FHIR Coverage."""

    identifier: tuple[TypedIdentifier, ...] = ()
    status: str | None = None
    type: CodeableConcept | None = None
    subscriber_id: str | None = None
    beneficiary: Ref | None = None
    period: Period | None = None
    payor: tuple[NamedRef, ...] = ()
    classes: tuple[CoverageClass, ...] = msgspec.field(default=(), name="class")
    order: int | None = None
    network: str | None = None


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


class ObservationResource(Resource, frozen=True):
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


class Adjudication(Record, frozen=True):
    """ClaimResponse.item.adjudication."""

    extension: tuple[Extension, ...] = ()
    category: CodeableConcept | None = None
    reason: CodeableConcept | None = None
    value: float | None = None


class ClaimResponseItem(Record, frozen=True):
    """ClaimResponse.item."""

    item_sequence: int | None = None
    extension: tuple[Extension, ...] = ()
    adjudication: tuple[Adjudication, ...] = ()


class AddedDetail(Record, frozen=True):
    """ClaimResponse.addItem.detail."""

    product_or_service: CodeableConcept | None = None
    quantity: Quantity | None = None
    adjudication: tuple[Adjudication, ...] = ()


class AddedItem(Record, frozen=True):
    """ClaimResponse.addItem."""

    item_sequence: tuple[int, ...] = ()
    extension: tuple[Extension, ...] = ()
    product_or_service: CodeableConcept | None = None
    serviced_date: str | None = None
    serviced_period: Period | None = None
    quantity: Quantity | None = None
    adjudication: tuple[Adjudication, ...] = ()
    detail: tuple[AddedDetail, ...] = ()


class ClaimResponseResource(DomainResource, frozen=True):
    """FHIR ClaimResponse with the extensions of Da Vinci Prior Authorization Support."""

    extension: tuple[Extension, ...] = ()
    status: str | None = None
    use: str | None = None
    patient: Ref | None = None
    request: NamedRef | None = None
    created: str | None = None
    outcome: str | None = None
    disposition: str | None = None
    pre_auth_ref: str | None = None
    pre_auth_period: Period | None = None
    item: tuple[ClaimResponseItem, ...] = ()
    add_item: tuple[AddedItem, ...] = ()
    adjudication: tuple[Adjudication, ...] = ()


class OrderedService(CodeableConcept, frozen=True):
    """ServiceRequest.code, with the codes it may be billed with as extensions."""

    extension: tuple[Extension, ...] = ()


class ServiceRequestResource(DomainResource, frozen=True):
    """FHIR ServiceRequest."""

    extension: tuple[Extension, ...] = ()
    status: str | None = None
    intent: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    do_not_perform: bool | None = None
    code: OrderedService | None = None
    order_detail: tuple[CodeableConcept, ...] = ()
    quantity_quantity: Quantity | None = None
    subject: Ref | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    occurrence_timing: Timing | None = None
    performer_type: CodeableConcept | None = None
    performer: tuple[NamedRef, ...] = ()
    reason_reference: tuple[Ref, ...] = ()
    insurance: tuple[Ref, ...] = ()
    note: tuple[Annotation, ...] = ()


class Accident(Record, frozen=True):
    """Claim.accident."""

    date: str | None = None
    type: CodeableConcept | None = None
    location_address: Address | None = None
    location_reference: Ref | None = None


class ClaimInsurance(Record, frozen=True):
    """Claim.insurance; ``identifier`` is the claim number that the payer assigned beforehand."""

    identifier: Identifier | None = None
    coverage: Ref | None = None
    pre_auth_ref: tuple[str, ...] = ()


class ClaimItem(Record, frozen=True):
    """Claim.item."""

    extension: tuple[Extension, ...] = ()
    sequence: int | None = None
    category: CodeableConcept | None = None
    product_or_service: CodeableConcept | None = None
    modifier: tuple[CodeableConcept, ...] = ()
    serviced_date: str | None = None
    serviced_period: Period | None = None
    quantity: Quantity | None = None
    location_codeable_concept: CodeableConcept | None = None
    encounter: tuple[Ref, ...] = ()


class ClaimResource(DomainResource, frozen=True):
    """FHIR Claim."""

    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    use: str | None = None
    patient: Ref | None = None
    billable_period: Period | None = None
    insurance: tuple[ClaimInsurance, ...] = ()
    accident: Accident | None = None
    item: tuple[ClaimItem, ...] = ()


class ExplanationOfBenefitResource(ClaimResource, frozen=True):
    """FHIR ExplanationOfBenefit: what it says of the claim that it settles; ``claim`` refers to that."""

    claim: Ref | None = None
    pre_auth_ref: tuple[str, ...] = ()


class ChargeItemResource(Resource, frozen=True):
    """FHIR ChargeItem."""

    status: str | None = None
    code: CodeableConcept | None = None
    subject: Ref | None = None
    context: Ref | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    quantity: Quantity | None = None


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


class AppointmentParticipant(Record, frozen=True):
    """Appointment.participant."""

    actor: Ref | None = None


class AppointmentResource(DomainResource, frozen=True):
    """FHIR Appointment."""

    extension: tuple[Extension, ...] = ()
    status: str | None = None
    service_type: tuple[CodeableConcept, ...] = ()
    appointment_type: CodeableConcept | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    description: str | None = None
    start: str | None = None
    start_element: PrimitiveElement | None = msgspec.field(default=None, name="_start")
    end: str | None = None
    based_on: tuple[Ref, ...] = ()
    participant: tuple[AppointmentParticipant, ...] = ()
    requested_period: tuple[Period, ...] = ()


class PractitionerRoleResource(Resource, frozen=True):
    """FHIR PractitionerRole."""

    active: bool | None = None
    practitioner: NamedRef | None = None
    code: tuple[CodeableConcept, ...] = ()
    specialty: tuple[CodeableConcept, ...] = ()


class Qualification(Record, frozen=True):
    """Practitioner.qualification."""

    code: CodeableConcept | None = None
    identifier: tuple[Identifier, ...] = ()


class PersonName(Record, frozen=True):
    """What a HumanName says of a profession."""

    text: str | None = None
    suffix: tuple[str, ...] = ()


class PractitionerResource(Resource, frozen=True):
    """FHIR Practitioner."""

    name: tuple[PersonName, ...] = ()
    qualification: tuple[Qualification, ...] = ()


class OrganizationResource(Resource, frozen=True):
    """FHIR Organization."""

    extension: tuple[Extension, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    name: str | None = None
    alias: tuple[str, ...] = ()
    address: tuple[Address, ...] = ()


class LocationResource(Resource, frozen=True):
    """FHIR Location."""

    extension: tuple[Extension, ...] = ()
    type: tuple[CodeableConcept, ...] = ()
    address: Address | None = None


class Issue(Record, frozen=True):
    """OperationOutcome.issue without its free text, which may name the patient."""

    severity: str | None = None
    code: str | None = None


class OperationOutcomeResource(Resource, frozen=True):
    """FHIR OperationOutcome."""

    issue: tuple[Issue, ...] = ()


class BundleLink(Record, frozen=True):
    """Bundle.link."""

    relation: str | None = None
    url: str | None = None


class BundleEntry(Record, frozen=True):
    """Bundle.entry."""

    full_url: str | None = None
    resource: Union["AnyResource", None] = None


class BundleResource(Resource, frozen=True):
    """FHIR Bundle."""

    total: int | float | str | None = None
    link: tuple[BundleLink, ...] = ()
    entry: tuple[BundleEntry, ...] = ()


class OtherResource(Resource, frozen=True):
    """A resource of a type that no rule reads."""


_OTHER_TYPES: Final = (
    "Account", "ActivityDefinition", "AdministrableProductDefinition", "AdverseEvent", "AllergyIntolerance",
    "AppointmentResponse", "AuditEvent", "Basic", "Binary", "BiologicallyDerivedProduct", "BodyStructure",
    "CapabilityStatement", "CareTeam", "CatalogEntry", "ChargeItemDefinition",
    "ChemicalSubstance", "Citation", "ClinicalImpression", "ClinicalUseDefinition", "CodeSystem",
    "Communication", "CommunicationRequest", "CompartmentDefinition", "Composition", "ConceptMap", "Consent",
    "Contract", "CoverageEligibilityRequest", "CoverageEligibilityResponse", "DetectedIssue", "Device",
    "DeviceDefinition", "DeviceMetric", "DeviceRequest", "DeviceUseStatement", "DiagnosticReport",
    "DocumentManifest", "EffectEvidenceSynthesis", "Endpoint", "EnrollmentRequest",
    "EnrollmentResponse", "EpisodeOfCare", "EventDefinition", "Evidence", "EvidenceReport", "EvidenceVariable",
    "ExampleScenario", "FamilyMemberHistory", "Flag", "GraphDefinition", "Group",
    "GuidanceResponse", "HealthcareService", "ImagingStudy", "Immunization", "ImmunizationEvaluation",
    "ImmunizationRecommendation", "ImplementationGuide", "Ingredient", "InsurancePlan", "Invoice", "Library",
    "Linkage", "List", "ManufacturedItemDefinition", "Measure", "MeasureReport", "Media", "Medication",
    "MedicationAdministration", "MedicationDispense", "MedicationKnowledge", "MedicationRequest",
    "MedicationStatement", "MedicinalProductDefinition", "MessageDefinition", "MessageHeader",
    "MolecularSequence", "NamingSystem", "NutritionOrder", "NutritionProduct", "ObservationDefinition",
    "OperationDefinition", "OrganizationAffiliation", "PackagedProductDefinition", "Parameters",
    "PaymentNotice", "PaymentReconciliation", "Person", "PlanDefinition", "Provenance", "Questionnaire",
    "RegulatedAuthorization", "RelatedPerson", "RequestGroup", "ResearchDefinition",
    "ResearchElementDefinition", "ResearchStudy", "ResearchSubject", "RiskAssessment", "RiskEvidenceSynthesis",
    "Schedule", "SearchParameter", "Slot", "Specimen", "SpecimenDefinition", "StructureDefinition",
    "StructureMap", "Subscription", "SubscriptionStatus", "SubscriptionTopic", "Substance",
    "SubstanceDefinition", "SupplyDelivery", "SupplyRequest", "Task", "TerminologyCapabilities", "TestReport",
    "TestScript", "ValueSet", "VerificationResult", "VisionPrescription",
)  # fmt: skip

RESOURCES_READ: Final[tuple[type[Resource], ...]] = (
    PatientResource, CoverageResource, CarePlanResource, EncounterResource, ProcedureResource, ConditionResource,
    GoalResource, ObservationResource, QuestionnaireResponseResource, ClaimResponseResource, ServiceRequestResource,
    ClaimResource, ExplanationOfBenefitResource, ChargeItemResource, DocumentReferenceResource, AppointmentResource,
    PractitionerRoleResource, PractitionerResource, OrganizationResource, LocationResource, OperationOutcomeResource,
    BundleResource,
)  # fmt: skip
RECORD_OF: Final = {_tag(record.__name__): record for record in RESOURCES_READ}

if TYPE_CHECKING:
    AnyResource: TypeAlias = Resource
else:
    AnyResource = Union[
        (
            *RESOURCES_READ,
            *(msgspec.defstruct(name, [], bases=(OtherResource,), frozen=True, gc=False) for name in _OTHER_TYPES),
        )
    ]


def type_name(kind: type[Resource]) -> str:
    """The FHIR resource type of a record's class."""
    return str(kind.__struct_config__.tag)


def type_of(resource: Resource) -> str:
    """The FHIR resource type of a record."""
    return type_name(type(resource))
