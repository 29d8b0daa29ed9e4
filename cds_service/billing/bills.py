"""The bill of a case, and the case as its payer counts it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from cds_service.billing.billed_codes import codes_of_date, codes_of_orders
from cds_service.billing.claim_change import claim_change
from cds_service.billing.grounds import kx_question, payer_doubts, visit_doubts
from cds_service.billing.on_claim import (
    kept_as_charged,
    lines_on_claim,
    modifiers_untold,
    on_claim_of,
    other_lines_to_charge,
    other_number,
    overfull,
    program_lines_to_charge,
    reduced,
    same_charges,
    unsupported,
)
from cds_service.billing.order_review import order_reviewer
from cds_service.billing.other_lines import other_services_of
from cds_service.billing.program_charges import program_charges
from cds_service.billing.treating_people import minutes_of_assistants_open
from cds_service.domain.bill import (
    NO_OTHER_SERVICES,
    NOTHING_BILLED,
    Bill,
    BilledCode,
    ClaimVersion,
    LineOnClaim,
    ProgramCharges,
    VersionKey,
    VisitBill,
)
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat
from cds_service.domain.codes import WORK_REHAB
from cds_service.domain.findings import ChargeLine, Evidence, EvidenceLine
from cds_service.domain.values import Parameter
from cds_service.domain.visit import Visit
from cds_service.domain.visit_evidence import people_evidence, time_evidence
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.pair_edits import pair_edits

BILL_PARAMETERS: Final[tuple[Parameter[Any], ...]] = (
    params.FIRST_UNIT_FULL,
    params.FIRST_UNIT_MINIMUM,
    params.ADDITIONAL_UNIT_MINIMUM,
    params.FIFTEEN_MINUTE_METHOD,
    params.PROGRAM_MODIFIERS,
    params.ACCREDITED_MODIFIER,
    params.PROGRAM_ACCREDITED,
    params.DISCIPLINE_REQUIRED,
    params.ASSISTANT_MODIFIERS,
    params.ASSISTANT_DE_MINIMIS,
    params.PROGRAM_GIVEN_BY,
    params.TEST_MODIFIER,
    params.KX_THRESHOLD,
    params.EDIT_PAIRS,
    params.EDITS_APPLY,
    params.EDIT_SETTING,
    params.SAME_DAY_EVALUATION,
    params.MODALITY_INCLUDED,
    params.COVERAGE_POSITION,
)
"""All that a bill reads from a policy: reading another parameter is refused in tests."""
BILL_READS: Final = frozenset(parameter.name for parameter in BILL_PARAMETERS)


def as_paid(case: Case, policy: PolicyView) -> Case:
    """The case with what the payer counts as part of the program: its time stays in, and it gets no line (COV-4)."""
    included = policy.get(params.MODALITY_INCLUDED)
    return replace(case, modalities_included=True) if included is not None and included.value else case


def bill_of(case: Case, policy: PolicyView) -> Bill:
    """What the visit that closes or the drafts in question come to; nothing at other moments."""
    if case.moment is Moment.ORDER:
        return _bill_of_orders(case, policy)
    if case.moment is Moment.VISIT_CLOSE and case.visit is not None:
        return _bill_of_visit(case, case.visit, policy)
    return NOTHING_BILLED


def _bill_of_orders(case: Case, policy: PolicyView) -> Bill:
    if not case.work_rehab_orders:
        return NOTHING_BILLED
    reviewer = order_reviewer(case, policy)
    edits = pair_edits(policy)
    codes: tuple[BilledCode, ...] = ()
    complete = True
    if edits is not None and edits.by_codes:
        codes, complete = codes_of_orders(case, reviewer, WORK_REHAB.union(*edits.by_codes))
    return Bill(
        payer_doubts=payer_doubts(case, policy),
        program_on_claim=lines_on_claim(case),
        codes=codes,
        all_codes=complete,
        order_reviews=tuple(map(reviewer.review, case.work_rehab_orders)),
        order_modifiers=reviewer.modifiers,
    )


def _bill_of_visit(case: Case, visit: Visit, policy: PolicyView) -> Bill:
    charges = program_charges(case, visit, policy)
    doubts = payer_doubts(case, policy)
    return Bill(
        payer_doubts=doubts,
        visit=visit_bill(case, visit, charges, doubts, policy) if charges is not None else None,
        program_on_claim=lines_on_claim(case),
        codes=codes_of_date(case, visit, charges),
        assistant_minutes_open=minutes_of_assistants_open(visit, policy),
    )


def visit_bill(
    case: Case, visit: Visit, charges: ProgramCharges, doubts: tuple[Caveat, ...], policy: PolicyView
) -> VisitBill:
    """The bill of a visit with these lines of work rehabilitation; ``doubts`` are those about its payer."""
    program_codes = list(dict.fromkeys(line.code for line in charges.lines))
    services = NO_OTHER_SERVICES
    if visit.services or visit.included:
        services = other_services_of(case, visit, policy, program_codes)
    program_lines = program_lines_to_charge(charges, lines_on_claim(case))
    other_lines = other_lines_to_charge(case, services)
    removed = unsupported(case, services)
    on_claim = on_claim_of(case, other_lines, removed)

    def version(key: VersionKey, lines: tuple[ChargeLine, ...]) -> ClaimVersion:
        change = claim_change(case, visit, lines, on_claim)
        return ClaimVersion(key, lines, same_charges(on_claim, lines), change)

    return VisitBill(
        program=charges,
        other_services=services,
        program_lines=program_lines,
        other_lines=other_lines,
        on_claim=on_claim,
        versions=tuple(version(key, lines) for key, lines in _ways_to_bill(charges, program_lines, other_lines)),
        kept=tuple(kept_as_charged(case, services, other_lines)),
        kx=kx_question(case, policy, other_lines),
        doubts=(*doubts, *visit_doubts(case, visit)),
        number_doubts=tuple(other_number(case, visit, on_claim)),
        overfull=tuple(overfull(on_claim)),
        modifiers_untold=tuple(modifiers_untold(on_claim)),
        evidence=(
            *people_evidence(visit),
            *time_evidence(case, visit),
            *services.evidence,
            *_evidence_of_claim(on_claim),
        ),
    )


def _ways_to_bill(
    charges: ProgramCharges, program_lines: Sequence[ChargeLine], other_lines: Sequence[ChargeLine]
) -> Iterator[tuple[VersionKey, tuple[ChargeLine, ...]]]:
    """The lines as charged; below the full first block in two ways, and below its minimum those of other services."""
    whole = (*program_lines, *other_lines)
    if charges.fills_first_block:
        yield "charges", whole
    elif charges.minutes >= charges.thresholds.rule.minimum:
        yield "full", whole
        yield "reduced", reduced(whole)
    else:
        yield "others", tuple(other_lines)


def _evidence_of_claim(on_claim: Sequence[LineOnClaim]) -> Iterator[Evidence]:
    for line in on_claim:
        what = "submitted" if line.status != "draft" else "drafted"
        yield Evidence(what, EvidenceLine(line.code, line.modifiers, line.units), line.claim)
