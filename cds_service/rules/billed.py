"""The codes that a date is billed with: proposed, drafted on a claim, or documented as a Procedure."""

from typing import NamedTuple

from cds_service.domain.case import Case
from cds_service.domain.codes import SEPARATE_SERVICES
from cds_service.policies.model import PolicyView
from cds_service.rules.charging import charges_of


class BilledCode(NamedTuple):
    """A code of the date: proposed, drafted on a claim, documented as a Procedure, or ordered."""

    code: str
    reference: str
    claim: str | None = None
    sequence: int | None = None
    order: str | None = None
    modifiers: tuple[str, ...] = ()


def codes_of_date(case: Case, policy: PolicyView) -> tuple[BilledCode, ...]:
    """Every code the date is billed with, as far as the chart knows; a drafted line stands before its Procedure.

    Of several lines of one code one that nobody attested to be separate stands for all.
    """
    if codes_of_date not in case.shared:
        case.shared[codes_of_date] = _codes_of_date(case, policy)
    found = case.shared[codes_of_date]
    return found if isinstance(found, tuple) else ()


def _codes_of_date(case: Case, policy: PolicyView) -> tuple[BilledCode, ...]:
    found: dict[str, BilledCode] = {}
    for claim, indexes in case.claims_of_date:
        for line in (claim.lines[index] for index in indexes):
            editable = claim.reference if claim.status == "draft" else None
            before = found.get(line.code)
            if before is None or SEPARATE_SERVICES.intersection(before.modifiers):
                found[line.code] = BilledCode(line.code, claim.reference, editable, line.sequence, None, line.modifiers)
    visit = case.visit
    if visit is not None:
        for service in visit.services:
            found.setdefault(service.code, BilledCode(service.code, service.reference))
        charges = charges_of(case, visit, policy)
        for line_ in charges.lines if charges is not None else ():
            found.setdefault(line_.code, BilledCode(line_.code, visit.sessions[0].reference))
    return tuple(found.values())
