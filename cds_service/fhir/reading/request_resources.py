"""FHIR R4 resources that ask for treatment: orders and bookings."""

import msgspec

from cds_service.fhir.reading.elements import (
    Annotation,
    CodeableConcept,
    DomainResource,
    Extension,
    Period,
    PrimitiveElement,
    Quantity,
    Record,
    Ref,
    Timing,
)


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
    reason_reference: tuple[Ref, ...] = ()
    insurance: tuple[Ref, ...] = ()
    note: tuple[Annotation, ...] = ()


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
