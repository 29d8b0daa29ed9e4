"""Units of a closing visit: the charges, a first block that is not full, and codes recorded otherwise."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from cds_service.domain.bill import Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Gap
from cds_service.domain.codes import FIRST_BLOCK, WORK_REHAB, Discipline, PayerClass
from cds_service.domain.findings import ChargeLine, Evidence, EvidenceLine, Proposal, Severity, Topic
from cds_service.domain.payment import law_evidence
from cds_service.domain.values import PolicyValue
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import BelowFirstUnit
from cds_service.rules.authorization import APPROVAL, approval_doubts
from cds_service.rules.charging import Charges, charges_of, time_evidence, visit_caveats
from cds_service.rules.claim_change import claim_change, overfull
from cds_service.rules.claim_head import to_add
from cds_service.rules.drafted import (
    DraftedLine,
    companion_lines,
    drafted_lines,
    drafted_of,
    left_alone,
    lines_to_charge,
    modifiers_untold,
    other_number,
    reduced,
    same_charges,
    unsupported,
)
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule, values
from cds_service.rules.treated import people_evidence

NO_VISIT = NotApplicable("no work-rehab service on this date of service")
NO_TIME = Gap(Fact.SESSION_TIME, "neither the treatments nor the encounter have start and stop times")
MORE_THAN_A_DAY = Gap(Fact.SESSION_TIME, "the times recorded for the day add up to more than 24 hours")
NO_TIME_RULE = Gap(Fact.POLICY, "no policy on file sets the time rule")
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


def _charged(case: Case, policy: PolicyView) -> tuple[Visit, Charges] | Gap | NotApplicable:
    """The visit with what its time makes, or why there is nothing to charge."""
    visit = case.visit
    if visit is None:
        return NO_VISIT
    charges = charges_of(case, visit, policy)
    if charges is None:
        return NO_TIME_RULE
    if visit.minutes:
        return visit, charges
    return MORE_THAN_A_DAY if visit.more_than_a_day else NO_TIME


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
    charged = _charged(case, policy)
    if not isinstance(charged, tuple):
        yield charged
        return
    visit, charges = charged
    if visit.minutes < charges.thresholds.rule.full:
        yield NotApplicable("the first block is not full; first-unit answers")
        return
    others = companion_lines(case, charges)
    program_lines = lines_to_charge(charges, drafted_lines(case))
    lines = (*program_lines, *others)
    removed = unsupported(case, charges)
    drafted = drafted_of(case, lines, removed)
    kept = tuple(left_alone(case, charges))
    if same_charges(drafted, lines):
        yield from kept
        yield from overfull(drafted)
        yield from modifiers_untold(drafted)
        yield from other_number(case, visit, drafted)
        return
    kx = kx_of(case, policy, others)
    change = claim_change(case, visit, lines, removed)
    open_points = (*charges.undecided, *kept, *kx.gaps, *change.gaps, *other_number(case, visit, drafted))
    submitted = any(line.status != "draft" for line in drafted)
    kind = "submitted" if submitted else "change" if drafted else "draft"
    proposal = Proposal(
        "charges",
        change.changes,
        recommended=not any(gap.is_doubt for gap in open_points),
        facts={"undecided": tuple(gap.why for gap in open_points)},
    )
    yield Answer(
        kind=kind,
        severity=Severity.WARNING if submitted else Severity.INFO,
        subject=visit.date.isoformat(),
        facts={
            "lines": change.lines,
            "program_lines": program_lines,
            "to_add": to_add(case, change.head) if kind == "draft" else (),
            "others": others,
            "left_out": charges.others.left_out,
            "minutes": charges.minutes,
            "full": charges.thresholds.rule.full,
            "drafted": drafted,
            "undecided": tuple(gap.why for gap in open_points),
            "kx": kx.amount,
            "series": visit.date if case.in_series else "",
            "uncharged": case.uncharged_days if case.in_series else 0,
        },
        values=(*charges.values, *values(kx.threshold)),
        evidence=(
            *people_evidence(visit),
            *time_evidence(case, visit),
            *charges.others.evidence,
            *_drafted_evidence(drafted),
            *law_evidence(case),
        ),
        proposals=() if submitted else (proposal,),
        caveats=(*visit_caveats(case, visit, bill), *approval_doubts(case, policy), *open_points),
        absent=(Fact.SESSIONS,),
    )


class Kx(NamedTuple):
    """The year's amount in dollars beyond which other lines need KX; 0 where none is asked about (M-5)."""

    amount: int = 0
    threshold: PolicyValue[Mapping[Discipline, int]] | None = None
    gaps: tuple[Gap, ...] = ()


def kx_of(case: Case, policy: PolicyView, others: Iterable[ChargeLine]) -> Kx:
    """What is asked about KX on these lines: the lowest amount of their disciplines; a year without one is a gap."""
    modifiers = {modifier for line in others for modifier in line.modifiers}
    disciplines = [one for one in Discipline if one.modifier in modifiers]
    threshold = policy.get(params.KX_THRESHOLD)
    if threshold is None:
        medicare = case.payer is not None and case.payer.payer_class is PayerClass.MEDICARE
        year = case.date_of_service.year
        why = f"the KX threshold of {year} is not on file: check whether the other lines need KX"
        return Kx(gaps=(Gap(Fact.POLICY, why),) if medicare and disciplines else ())
    amounts = [threshold.value[one] for one in disciplines if one in threshold.value]
    return Kx(min(amounts), threshold) if amounts else Kx()


def check_first_unit(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Less than two hours does not plainly fill 97545; what a payer takes then is the payer's choice (T-2, T-4).

    From the policy's minimum to the full block, 97545 and 97545 with modifier 52 are both offered and neither is
    recommended. Below the minimum no 97545 is proposed at all: the payer's choices are named in words, and other
    therapy services that the date is documented with are offered by themselves.
    """
    charged = _charged(case, policy)
    if not isinstance(charged, tuple):
        yield charged
        return
    visit, charges = charged
    time_rule = charges.thresholds.rule
    if visit.minutes >= time_rule.full:
        return
    others = companion_lines(case, charges)
    removed = unsupported(case, charges)
    drafted = drafted_of(case, others, removed)
    kept = tuple(left_alone(case, charges))
    kx = kx_of(case, policy, others)
    below = policy.get(params.BELOW_FIRST_UNIT)
    choices = below.value if below is not None else ()
    facts = {
        "minutes": visit.minutes,
        "minimum": time_rule.minimum,
        "full": time_rule.full,
        "choices": tuple(CHOICES_IN_WORDS[choice] for choice in choices),
        "short": tuple(CHOICES_IN_SHORT[choice] for choice in choices),
        "left_out": charges.others.left_out,
        "kx": kx.amount,
    }
    fifteen = policy.get(params.FIFTEEN_MINUTE_METHOD) if "fifteen-minute-codes" in choices else None
    time_values = (charges.thresholds.minimum, charges.thresholds.full)
    used = (*time_values, *values(below, fifteen), *charges.others.values, *values(kx.threshold))
    evidence = (
        *people_evidence(visit),
        *time_evidence(case, visit),
        *charges.others.evidence,
        *_drafted_evidence(drafted),
    )
    submitted = any(line.status != "draft" for line in drafted)
    if visit.minutes < time_rule.minimum:
        change = claim_change(case, visit, others, removed)
        yield Answer(
            kind="below",
            severity=Severity.WARNING,
            subject=visit.date.isoformat(),
            facts=facts,
            values=used,
            evidence=evidence,
            proposals=()
            if submitted or not others or same_charges(drafted, others)
            else (Proposal("others", change.changes, facts={"lines": change.lines}),),
            caveats=(
                *visit_caveats(case, visit, bill),
                *approval_doubts(case, policy),
                *charges.others.undecided,
                *left_alone(case, charges),
                *kx.gaps,
                *(change.gaps if others else ()),
            ),
            absent=(Fact.SESSIONS,),
        )
        return
    whole = (*lines_to_charge(charges, drafted_lines(case)), *others)
    options = {"full": whole, "reduced": reduced(whole)}
    if any(same_charges(drafted, lines) for lines in options.values()):
        yield from overfull(drafted)
        return
    changes = {key: claim_change(case, visit, lines, removed) for key, lines in options.items()}
    gaps = dict.fromkeys(gap for change in changes.values() for gap in change.gaps)
    yield Answer(
        kind="partial",
        severity=Severity.WARNING,
        subject=visit.date.isoformat(),
        facts=facts,
        values=(*used, *charges.modifier_values),
        evidence=evidence,
        proposals=()
        if submitted
        else tuple(Proposal(key, change.changes, facts={"lines": change.lines}) for key, change in changes.items()),
        caveats=(
            *visit_caveats(case, visit, bill),
            *approval_doubts(case, policy),
            *charges.undecided,
            *kept,
            *kx.gaps,
            *gaps,
        ),
        absent=(Fact.SESSIONS,),
    )


def check_program_code_of_visit(case: Case, visit: Visit, policy: PolicyView) -> Iterator[Result]:
    """Sessions of the visit that carry no work-rehab code, or another one; told on the card of the charges.

    Silent when the charges drafted have the code, and when the time earns none.
    """
    wrong = [session for session in visit.sessions if not WORK_REHAB & set(session.codes)]
    charges = charges_of(case, visit, policy)
    earned = charges is None or not visit.minutes or charges.lines
    if not wrong or not earned or drafted_lines(case):
        return
    card = "time-documentation"
    if visit.minutes:
        partial = charges is not None and visit.minutes < charges.thresholds.rule.full
        card = "first-unit" if partial else "visit-charges"
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


def _drafted_evidence(drafted: tuple[DraftedLine, ...]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            "submitted" if line.status != "draft" else "drafted",
            EvidenceLine(line.code, line.modifiers, line.units),
            line.claim,
        )
        for line in drafted
    )


_TIME = (params.FIRST_UNIT_FULL, params.FIRST_UNIT_MINIMUM, params.ADDITIONAL_UNIT_MINIMUM)
_MODIFIERS = (
    params.PROGRAM_MODIFIERS,
    params.ACCREDITED_MODIFIER,
    params.PROGRAM_ACCREDITED,
    params.DISCIPLINE_REQUIRED,
    params.ASSISTANT_MODIFIERS,
    params.ASSISTANT_DE_MINIMIS,
    params.PROGRAM_GIVEN_BY,
)
_OTHERS = (
    params.FIFTEEN_MINUTE_METHOD,
    params.TEST_MODIFIER,
    params.SAME_DAY_EVALUATION,
    params.EDIT_PAIRS,
    params.EDITS_APPLY,
    params.EDIT_SETTING,
    params.KX_THRESHOLD,
    params.MODALITY_INCLUDED,
)
_CLOSE = frozenset({Moment.VISIT_CLOSE})

RULES = (
    Rule(
        id="visit-charges",
        topic=Topic.UNITS,
        title="Charges of the visit",
        moments=_CLOSE,
        facts=(Fact.SESSIONS,),
        parameters=(*_TIME, *_MODIFIERS, *_OTHERS, params.COVERAGE_POSITION, *APPROVAL),
        sources=("T-1", "T-2", "T-3", "T-5", "T-6", "M-1", "M-2", "M-5", "M-6", "E-1", "E-5"),
        check=check_visit_charges,
    ),
    Rule(
        id="first-unit",
        topic=Topic.UNITS,
        title="First block not full",
        moments=_CLOSE,
        facts=(Fact.SESSIONS,),
        parameters=(
            *_TIME,
            params.BELOW_FIRST_UNIT,
            *_MODIFIERS,
            *_OTHERS,
            params.COVERAGE_POSITION,
            *APPROVAL,
        ),
        sources=("T-2", "T-4"),
        check=check_first_unit,
    ),
)
