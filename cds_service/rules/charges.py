"""Units of a closing visit: the charges, a first block that is not full, and codes recorded otherwise."""

from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.domain.bill import Bill, ClaimVersion, VisitBill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import FIRST_BLOCK, WORK_REHAB
from cds_service.domain.findings import Evidence, Proposal, Severity, Topic
from cds_service.domain.payment import law_evidence
from cds_service.domain.values import values
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import BelowFirstUnit
from cds_service.rules.applies import the_visit
from cds_service.rules.authorization import APPROVAL, approval_doubts
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

NO_TIME = Unknown(Fact.SESSION_TIME, "neither the treatments nor the encounter have start and stop times")
MORE_THAN_A_DAY = Doubt(Fact.SESSION_TIME, "the times recorded for the day add up to more than 24 hours")
NO_TIME_RULE = Unknown(Fact.POLICY, "no policy on file sets the time rule")
CHOICES_IN_WORDS: Final[Mapping[BelowFirstUnit, str]] = {
    "modifier-52": "97545 with modifier 52 (reduced service)",
    "fifteen-minute-codes": "15-minute codes, only for minutes of direct one-on-one contact",
    "prorate": "a pro-rated 97545",
    "not-billable": "not billable",
}
CHOICES_IN_SHORT: Final[Mapping[BelowFirstUnit, str]] = {
    "modifier-52": "52",
    "fifteen-minute-codes": "timed codes",
    "prorate": "pro-rated",
    "not-billable": "not billable",
}


def check_visit_charges(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """The countable minutes of one date make 97545 once and 97546 for each further hour, with their modifiers.

    Time is the union of the recorded treatment times, without separately billed services (T-5). One unit of 97545
    covers the first two hours, 97546 each further hour (T-1 to T-3), never without 97545 (E-1). Silent when the
    charges already drafted say the same.

    Other therapy services of the date join the claim with their units: codes of 15 minutes by the payer's method
    (T-6), all others once. What makes no unit, and what a payer that enforces the national edits never pays beside
    them, is left out and named; where it stands on the draft to be changed, it is taken off.
    Whether a Medicare line needs KX is asked: the year's amounts are not known here (M-5).
    """
    visit, billed = case.visit, bill.visit
    if visit is None or billed is None or not visit.minutes:
        yield _nothing_to_charge(case, bill)
        return
    if not billed.program.fills_first_block:
        yield NotApplicable("the first block is not full; first-unit answers")
        return
    version = billed.versions[0]
    if version.settled:
        yield from billed.kept
        yield from billed.overfull
        yield from billed.modifiers_untold
        yield from billed.number_doubts
        return
    yield _charges_to_make(case, policy, billed, version)


def _charges_to_make(case: Case, policy: PolicyView, billed: VisitBill, version: ClaimVersion) -> Answer:
    """The lines that the claim does not have yet, recommended where nothing about them is open."""
    open_points = (
        *billed.program.undecided,
        *billed.other_services.undecided,
        *billed.kept,
        *billed.kx.gaps,
        *version.change.gaps,
        *billed.number_doubts,
    )
    undecided = tuple(gap.why for gap in open_points)
    proposal = Proposal(
        "charges",
        version.change.changes,
        recommended=not any(gap.unsettles for gap in open_points),
        facts={"undecided": undecided},
    )
    return Answer(
        kind="submitted" if billed.submitted else "change" if billed.on_claim else "draft",
        severity=Severity.WARNING if billed.submitted else Severity.INFO,
        subject=case.date_of_service.isoformat(),
        facts={**_charges_facts(case, billed, version), "undecided": undecided},
        values=(*billed.program.values, *billed.other_services.values, *values(billed.kx.threshold)),
        evidence=(*billed.evidence, *law_evidence(case)),
        proposals=() if billed.submitted else (proposal,),
        caveats=(*billed.doubts, *approval_doubts(case, policy), *open_points),
        absent=(Fact.SESSIONS,),
    )


def _charges_facts(case: Case, billed: VisitBill, version: ClaimVersion) -> dict[str, object]:
    return {
        "lines": version.change.lines,
        "program_lines": billed.program_lines,
        "to_add": () if billed.on_claim else version.change.to_add,
        "others": billed.other_lines,
        "left_out": billed.other_services.left_out,
        "minutes": billed.program.minutes,
        "full": billed.program.thresholds.rule.full,
        "drafted": billed.on_claim,
        "kx": billed.kx.amount,
        "series": case.date_of_service if case.in_series else "",
        "uncharged": case.uncharged_days if case.in_series else 0,
    }


def check_first_unit(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Less than two hours does not plainly fill 97545; what a payer takes then is the payer's choice (T-2, T-4).

    From the policy's minimum to the full block, 97545 and 97545 with modifier 52 are both offered and neither is
    recommended. Below the minimum no 97545 is proposed at all: the payer's choices are named in words, and other
    therapy services that the date is documented with are offered by themselves.
    """
    visit, billed = case.visit, bill.visit
    if visit is None or billed is None or not visit.minutes:
        yield _nothing_to_charge(case, bill)
        return
    if billed.program.fills_first_block:
        return
    partial = billed.program.minutes >= billed.program.thresholds.rule.minimum
    if partial and any(version.settled for version in billed.versions):
        yield from billed.overfull
        return
    yield _first_block_not_full(case, policy, billed, partial=partial)


def _first_block_not_full(case: Case, policy: PolicyView, billed: VisitBill, *, partial: bool) -> Answer:
    """What may be billed: ``partial`` blocks in two ways, below the minimum other services alone."""
    below = policy.get(params.BELOW_FIRST_UNIT)
    choices = below.value if below is not None else ()
    fifteen = policy.get(params.FIFTEEN_MINUTE_METHOD) if "fifteen-minute-codes" in choices else None
    thresholds = billed.program.thresholds
    ways = [version for version in billed.versions if version.lines]
    offered = [version for version in ways if partial or not version.settled]
    return Answer(
        kind="partial" if partial else "below",
        severity=Severity.WARNING,
        subject=case.date_of_service.isoformat(),
        facts={
            "minutes": billed.program.minutes,
            "minimum": thresholds.rule.minimum,
            "full": thresholds.rule.full,
            "choices": tuple(CHOICES_IN_WORDS[choice] for choice in choices),
            "short": tuple(CHOICES_IN_SHORT[choice] for choice in choices),
            "left_out": billed.other_services.left_out,
            "kx": billed.kx.amount,
        },
        values=(
            thresholds.minimum,
            thresholds.full,
            *values(below, fifteen),
            *billed.other_services.values,
            *values(billed.kx.threshold),
            *(billed.program.modifier_values if partial else ()),
        ),
        evidence=billed.evidence,
        proposals=()
        if billed.submitted
        else tuple(Proposal(way.key, way.change.changes, facts={"lines": way.change.lines}) for way in offered),
        caveats=(
            *billed.doubts,
            *approval_doubts(case, policy),
            *(billed.program.undecided if partial else ()),
            *billed.other_services.undecided,
            *billed.kept,
            *billed.kx.gaps,
            *dict.fromkeys(gap for way in ways for gap in way.change.gaps),
        ),
        absent=(Fact.SESSIONS,),
    )


def _nothing_to_charge(case: Case, bill: Bill) -> Caveat:
    """Why there is nothing to charge: no time rule, no time on record, or one that cannot be."""
    if bill.visit is None:
        return NO_TIME_RULE
    return MORE_THAN_A_DAY if the_visit(case).more_than_a_day else NO_TIME


def check_program_code_of_visit(bill: Bill, visit: Visit) -> Iterator[Result]:
    """Sessions of the visit that carry no work-rehab code, or another one; told on the card of the charges.

    Silent when the charges drafted have the code, and when the time earns none.
    """
    wrong = [session for session in visit.sessions if not WORK_REHAB & set(session.codes)]
    charges = bill.visit.program if bill.visit is not None else None
    earned = charges is None or not visit.minutes or charges.lines
    if not wrong or not earned or bill.program_on_claim:
        return
    card = "time-documentation"
    if visit.minutes:
        card = "first-unit" if charges is not None and not charges.fills_first_block else "visit-charges"
    found = tuple(dict.fromkeys(code for session in wrong for code in session.codes))
    yield Answer(
        kind="visit",
        severity=Severity.INFO,
        subject=visit.date.isoformat(),
        facts={"found": found, "code": FIRST_BLOCK, "sessions": len(wrong)},
        evidence=tuple(
            Evidence("code recorded", ", ".join(session.codes) or "none", session.reference) for session in wrong
        ),
        joins=card,
    )


_TIME = (params.FIRST_UNIT_FULL, params.FIRST_UNIT_MINIMUM, params.ADDITIONAL_UNIT_MINIMUM)
_CLOSE = frozenset({Moment.VISIT_CLOSE})

RULES = (
    Rule(
        id="visit-charges",
        topic=Topic.UNITS,
        title="Charges of the visit",
        moments=_CLOSE,
        facts=(Fact.SESSIONS,),
        parameters=(*_TIME, *APPROVAL),
        sources=("T-1", "T-2", "T-3", "T-5", "T-6", "M-1", "M-2", "M-5", "M-6", "E-1", "E-5"),
        check=check_visit_charges,
        about=("visit",),
        uses_bill=True,
    ),
    Rule(
        id="first-unit",
        topic=Topic.UNITS,
        title="First block not full",
        moments=_CLOSE,
        facts=(Fact.SESSIONS,),
        parameters=(*_TIME, params.BELOW_FIRST_UNIT, params.FIFTEEN_MINUTE_METHOD, *APPROVAL),
        sources=("T-2", "T-4"),
        check=check_first_unit,
        about=("visit",),
        uses_bill=True,
    ),
)
