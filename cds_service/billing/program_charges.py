"""Lines of 97545 and 97546 that the countable time of a visit makes, with their modifiers (T-1 to T-3, M-1 to M-6)."""

from dataclasses import replace

from cds_service.billing.line_modifiers import discipline_modifier, program_modifiers
from cds_service.billing.treating_people import givers, treating_gaps
from cds_service.billing.unit_division import NO_SINGLE_PLAN, divided
from cds_service.domain.bill import ProgramCharges, UnitDivision
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Fact
from cds_service.domain.findings import ChargeLine
from cds_service.domain.values import values
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.time_rule import time_thresholds


def program_charges(case: Case, visit: Visit, policy: PolicyView) -> ProgramCharges | None:
    """The lines for the visit's countable time; None when no policy defines the time rule."""
    thresholds = time_thresholds(policy)
    if thresholds is None:
        return None
    program = program_modifiers(case, policy)
    division = divided(case, visit, policy, thresholds.rule)
    lines = tuple(
        ChargeLine(
            share.code,
            (*program.codes, *discipline_modifier(share.discipline, policy), *filter(None, (share.assistant,))),
            share.units,
            visit.date,
        )
        for share in division.shares
    )
    assisted = any(share.assistant for share in division.shares)
    allowed, may_not = givers(visit, policy)
    of_plan = _plan_gaps(case, division, policy)
    return ProgramCharges(
        minutes=visit.minutes,
        lines=lines,
        division=division,
        undecided=(*program.undecided, *of_plan, *treating_gaps(case, visit, policy), *may_not),
        modifier_values=(
            *program.values,
            *values(
                policy.get(params.DISCIPLINE_REQUIRED), policy.get(params.ASSISTANT_DE_MINIMIS) if assisted else None
            ),
            *allowed,
        ),
        thresholds=thresholds,
        left_to_drafter=program.left_to_drafter,
    )


def _plan_gaps(case: Case, division: UnitDivision, policy: PolicyView) -> tuple[Caveat, ...]:
    """What is open about the discipline of the units; plans that nobody could deliver are a reason of their own."""
    required = policy.get(params.DISCIPLINE_REQUIRED)
    unread = case.chart.unread(Fact.PLAN_OF_CARE, f"{NO_SINGLE_PLAN}: ")
    if unread is None or required is None or not required.value:
        return division.gaps
    return (replace(unread, fact=Fact.DISCIPLINE), *(() if unread.unsettles else division.gaps))
