"""The bill of a case, and the case as its payer counts it."""

from dataclasses import replace

from cds_service.billing.grounds import payer_doubts
from cds_service.domain.bill import NOTHING_BILLED, Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.codes import MODALITIES
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView


def as_paid(case: Case, policy: PolicyView) -> Case:
    """The case with what the payer counts as part of the program: its time stays in, and it gets no line (COV-4)."""
    included = policy.get(params.MODALITY_INCLUDED)
    return replace(case, included=MODALITIES, shared={}) if included is not None and included.value else case


def bill_of(case: Case, policy: PolicyView) -> Bill:
    """What the visit that closes or the drafts in question come to; nothing at other moments."""
    if case.moment not in {Moment.ORDER, Moment.VISIT_CLOSE}:
        return NOTHING_BILLED
    return Bill(payer_doubts=payer_doubts(case, policy))
