"""FHIR R4 resources of people and places: patients, practitioners, organizations, locations."""

from cds_service.fhir.reading.elements import (
    Address,
    CodeableConcept,
    Extension,
    Identifier,
    NamedRef,
    Record,
    Resource,
)


class PatientResource(Resource, frozen=True):
    """FHIR Patient: identity and state of residence only."""

    address: tuple[Address, ...] = ()


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
    name: str | None = None
    type: tuple[CodeableConcept, ...] = ()
    physical_type: CodeableConcept | None = None
    address: Address | None = None
