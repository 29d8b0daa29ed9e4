"""What keeps a bill from being certain."""

from cds_service.domain.case import Case
from cds_service.domain.chart import Fact, Gap
from cds_service.domain.payment import CLAIM_FIRST, REFUSES, claim_to_look_for, compensation_after, payer_caveats
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView


def payer_doubts(case: Case, policy: PolicyView) -> tuple[Gap, ...]:
    """All that keeps a suggestion which rests on the payer from being recommended."""
    return (*payer_caveats(case), *_payment_doubts(case, policy))


def _payment_doubts(case: Case, policy: PolicyView) -> tuple[Gap, ...]:
    """Why the payer in line may not pay: none in force, the wrong one first, one that refuses, or no work injury."""
    if Fact.COVERAGE in case.chart.unavailable:
        return ()
    payer = case.payer
    if payer is None:
        return (Gap(Fact.COVERAGE, "no coverage is in force on the date of service"),)
    if compensation_after(case) is not None:
        return (Gap(Fact.COVERAGE, "another payer is listed before workers' compensation", payer.reference),)
    position = policy.get(params.COVERAGE_POSITION)
    refuses = REFUSES.get(position.value) if position is not None else None
    doubts = (
        Gap(Fact.COVERAGE, CLAIM_FIRST, payer.reference) if claim_to_look_for(case) else None,
        _no_injury(case),
        Gap(Fact.COVERAGE, refuses, payer.reference) if refuses is not None else None,
    )
    return tuple(doubt for doubt in doubts if doubt is not None)


def _no_injury(case: Case) -> Gap | None:
    """That nothing shows that the injury is from work, or None where something does (WR-CODE-2)."""
    if case.chart.injury:
        return None
    about = "check whether the injury is from work: "
    return case.chart.unread(Fact.INJURY, about) or Gap(Fact.INJURY, f"{about}nothing on record shows it")
