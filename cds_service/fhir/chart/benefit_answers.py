"""Answers to requests for approval that payers give as explanations of benefits (A-1).

Da Vinci Payer Data Exchange (profile pdex-priorauthorization) tells prior authorizations as ExplanationOfBenefit with
``use`` preauthorization: the period in ``preAuthRefPeriod``, services as requested items, the decision as review action
of an adjudication, the amount as adjudication ``allowedunits``. One with ``use`` claim is a settled bill and no answer.
"""

from typing import Final

from cds_service.fhir.chart.decisions import number_in
from cds_service.fhir.reading.elements import CodeableConcept, NamedRef
from cds_service.fhir.reading.financial_resources import (
    AddedItem,
    BenefitItem,
    ClaimResponseResource,
    ExplanationOfBenefitResource,
)

SEVERAL: Final = (
    "gives several approval numbers or periods and does not say which is for what, so it is not read as an answer"
)
_NO_CODE: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def is_answer(record: ExplanationOfBenefitResource) -> bool:
    """Whether it tells the state of a request for approval rather than what was paid for a bill."""
    return record.use == "preauthorization"


def answer_of(record: ExplanationOfBenefitResource) -> ClaimResponseResource | None:
    """The same answer as a ClaimResponse; None where it could be about more than one approval.

    What was asked for is no amount: only what the payer allows counts.
    """
    numbers = set(filter(None, map(number_in, record.pre_auth_ref)))
    periods = set(record.pre_auth_ref_period)
    if len(numbers) > 1 or len(periods) > 1:
        return None
    return ClaimResponseResource(
        id=record.id,
        contained=record.contained,
        extension=record.extension,
        status=record.status,
        use=record.use,
        patient=record.patient,
        request=NamedRef(record.claim.reference) if record.claim is not None else None,
        created=record.created,
        outcome=record.outcome,
        disposition=record.disposition,
        pre_auth_ref=next(iter(numbers), None) or next(iter(record.pre_auth_ref), None),
        pre_auth_period=next(iter(periods), None),
        add_item=(*map(_as_added, record.item), *record.add_item),
        adjudication=record.adjudication,
    )


def _as_added(item: BenefitItem) -> AddedItem:
    return AddedItem(
        item_sequence=(item.sequence,) if item.sequence is not None else (),
        extension=item.extension,
        product_or_service=_service(item),
        adjudication=item.adjudication,
    )


def _service(item: BenefitItem) -> CodeableConcept | None:
    """What an item is for: its code or words, else, where the code is said to be absent, its type of service."""
    product = item.product_or_service
    if product is None or (product.coding and all(coding.system == _NO_CODE for coding in product.coding)):
        return item.category
    return product
