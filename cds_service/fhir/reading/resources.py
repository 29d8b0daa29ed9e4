"""The FHIR R4 resources that are read, and how JSON is told apart by its resource type."""

from typing import TYPE_CHECKING, Final, TypeAlias, Union

import msgspec

from cds_service.fhir.reading.clinical_resources import (
    CarePlanResource,
    ConditionResource,
    DiagnosticReportResource,
    DocumentReferenceResource,
    EncounterResource,
    GoalResource,
    ObservationResource,
    ProcedureResource,
    QuestionnaireResponseResource,
)
from cds_service.fhir.reading.elements import Record, Resource, type_name
from cds_service.fhir.reading.financial_resources import (
    ChargeItemResource,
    ClaimResource,
    ClaimResponseResource,
    CoverageResource,
    ExplanationOfBenefitResource,
)
from cds_service.fhir.reading.person_resources import (
    LocationResource,
    OrganizationResource,
    PatientResource,
    PractitionerResource,
    PractitionerRoleResource,
)
from cds_service.fhir.reading.request_resources import AppointmentResource, ServiceRequestResource


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
    """Bundle.entry; ``resource_type`` where a resource stands in place of an entry."""

    resource_type: str | None = None
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
    "DeviceDefinition", "DeviceMetric", "DeviceRequest", "DeviceUseStatement",
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
    DiagnosticReportResource,
    PractitionerRoleResource, PractitionerResource, OrganizationResource, LocationResource, OperationOutcomeResource,
    BundleResource,
)  # fmt: skip
RECORD_OF: Final = {type_name(kind): kind for kind in RESOURCES_READ}

if TYPE_CHECKING:
    AnyResource: TypeAlias = Resource
else:
    AnyResource = Union[
        (
            *RESOURCES_READ,
            *(msgspec.defstruct(name, [], bases=(OtherResource,), frozen=True, gc=False) for name in _OTHER_TYPES),
        )
    ]
