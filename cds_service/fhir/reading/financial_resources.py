"""FHIR R4 resources of payers and bills: coverages, claims, charges, answers to requests."""

import msgspec

from cds_service.fhir.reading.elements import (
    Address,
    Category,
    CodeableConcept,
    DomainResource,
    Extension,
    Identifier,
    NamedRef,
    Period,
    Quantity,
    Record,
    Ref,
    Resource,
    TypedIdentifier,
)


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


class Accident(Record, frozen=True):
    """Claim.accident."""

    date: str | None = None
    type: CodeableConcept | None = None
    location_address: Address | None = None
    location_reference: Ref | None = None


class ClaimInsurance(Record, frozen=True):
    """Claim.insurance; ``identifier`` is the claim number that the payer assigned beforehand."""

    identifier: Identifier | None = None
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


class BenefitItem(ClaimItem, frozen=True):
    """ExplanationOfBenefit.item."""

    adjudication: tuple[Adjudication, ...] = ()


class ExplanationOfBenefitResource(ClaimResource, frozen=True):
    """FHIR ExplanationOfBenefit: what it says of the claim that it settles, or of the request that it answers.

    ``claim`` and ``claim_response`` refer to that claim or request and to the payer's answer.
    """

    extension: tuple[Extension, ...] = ()
    created: str | None = None
    claim: Ref | None = None
    claim_response: Ref | None = None
    outcome: str | None = None
    disposition: str | None = None
    pre_auth_ref: tuple[str, ...] = ()
    pre_auth_ref_period: tuple[Period, ...] = ()
    item: tuple[BenefitItem, ...] = ()
    add_item: tuple[AddedItem, ...] = ()
    adjudication: tuple[Adjudication, ...] = ()


class ChargeItemResource(Resource, frozen=True):
    """FHIR ChargeItem."""

    status: str | None = None
    code: CodeableConcept | None = None
    subject: Ref | None = None
    context: Ref | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    quantity: Quantity | None = None
