"""What keeps a bill from being certain: its payer, the time, the plan, the injury, charges on record, KX."""

from collections.abc import Iterable, Iterator

from cds_service.domain.bill import KxQuestion
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import DISCIPLINE_OF_MODIFIER, Discipline, PayerClass
from cds_service.domain.findings import ChargeLine
from cds_service.domain.payment import CLAIM_FIRST, REFUSES, claim_to_look_for, compensation_after, payer_caveats
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView


def payer_doubts(case: Case, policy: PolicyView) -> tuple[Caveat, ...]:
    """All that keeps a suggestion which rests on the payer from being recommended."""
    return (*payer_caveats(case), *_payment_doubts(case, policy))


def _payment_doubts(case: Case, policy: PolicyView) -> tuple[Caveat, ...]:
    """Why the payer in line may not pay: none in force, the wrong one first, one that refuses, or no work injury."""
    if Fact.COVERAGE in case.chart.unavailable:
        return ()
    payer = case.payer
    if payer is None:
        return (Doubt(Fact.COVERAGE, "no coverage is in force on the date of service"),)
    if compensation_after(case) is not None:
        return (Doubt(Fact.COVERAGE, "another payer is listed before workers' compensation", payer.reference),)
    position = policy.get(params.COVERAGE_POSITION)
    refuses = REFUSES.get(position.value) if position is not None else None
    doubts = (
        Doubt(Fact.COVERAGE, CLAIM_FIRST, payer.reference) if claim_to_look_for(case) else None,
        _no_injury(case),
        Doubt(Fact.COVERAGE, refuses, payer.reference) if refuses is not None else None,
    )
    return tuple(doubt for doubt in doubts if doubt is not None)


def _no_injury(case: Case) -> Caveat | None:
    """That nothing shows that the injury is from work, or None where something does (WR-CODE-2)."""
    if case.chart.injury:
        return None
    about = "check whether the injury is from work: "
    return case.chart.unread(Fact.INJURY, about) or Unknown(Fact.INJURY, f"{about}nothing on record shows it")


def visit_doubts(case: Case, visit: Visit) -> tuple[Caveat, ...]:
    """What keeps the bill of a visit from being certain, beside its payer: time, plan, injury, charges on record."""
    return (
        *case.chart.cut_short(Fact.PLAN_OF_CARE, Fact.AUTHORIZATIONS, Fact.CHARGES),
        *_time_doubts(visit),
        *(Doubt(Fact.SESSIONS, why, session.reference) for session in visit.sessions for why in session.doubts),
        *(Doubt(Fact.SESSIONS, why, service.reference) for service in visit.services for why in service.doubts),
        *_plan_doubts(case, visit),
        *_injury_doubts(case),
        *_charge_doubts(case, visit),
    )


def _time_doubts(visit: Visit) -> Iterator[Caveat]:
    if visit.from_encounter and visit.minutes:
        why = "no treatment has start and stop times, so the time of the encounter is used"
        yield Unknown(Fact.SESSION_TIME, why)
    elif visit.untimed and visit.timed:
        for session in visit.untimed:
            why = f"one treatment is not counted: {session.time_problem or 'no start and stop'}"
            yield Unknown(Fact.SESSION_TIME, why, session.reference)


def _plan_doubts(case: Case, visit: Visit) -> Iterator[Caveat]:
    """A plan that cannot be read, and treatments whose code carries the modifier of another discipline than it has."""
    if case.unread_plan is not None:
        yield case.unread_plan
    if not case.active_plans:
        yield from (gap for gap in case.chart.gaps if gap.fact is Fact.PLAN_OF_CARE)
    planned = {discipline for discipline, _, _ in case.disciplines}
    for session in visit.sessions:
        foreign = [m for m in session.modifiers if DISCIPLINE_OF_MODIFIER.get(m) not in {None, *planned}]
        if foreign and planned:
            names = " and ".join(sorted(discipline.value for discipline in planned))
            recorded = f"recorded with {', '.join(foreign)}, but the plan or therapist is {names}"
            why = f"{recorded}: check under which plan it was given"
            yield Doubt(Fact.DISCIPLINE, why, session.reference)


def _injury_doubts(case: Case) -> tuple[Caveat, ...]:
    """Two injuries treated on one date are two claims; the one in question has only the time that is for it."""
    if len(case.injuries) < 2:  # noqa: PLR2004 - one injury is the rule
        return ()
    names = case.chart.condition_names
    injuries = [
        " with ".join(sorted(names.get(condition, condition) for condition in injury)) for injury in case.injuries
    ]
    billed = [name for name, injury in zip(injuries, case.injuries, strict=True) if injury & case.conditions]
    why = f"two injuries were treated ({'; '.join(injuries)}): each needs a claim of its own"
    if len(billed) == 1:
        why = f"{why}; these charges are for {billed[0]}"
    return (Doubt(Fact.INJURY, why),)


def _charge_doubts(case: Case, visit: Visit) -> Iterator[Caveat]:
    """What is open about charges on record, of which some may be for this visit."""
    unread = case.chart.unread(Fact.CHARGES, "check whether the visit is charged already: ")
    if unread is not None:
        yield unread
    yield from (gap for gap in case.chart.gaps if gap.fact is Fact.CHARGES)
    for claim in case.chart.claims if case.in_series else ():
        if case.encounter in claim.encounters and any(line.date is None for line in claim.lines):
            why = "a claim line without a date may be for this visit; its encounter holds several"
            yield Unknown(Fact.CHARGES, why, claim.reference)
    for claim in case.history.claims_over_days:
        if any(line.date and line.last and line.date <= visit.date <= line.last for line in claim.lines):
            yield Unknown(Fact.CHARGES, "a claim line over several days may include this visit", claim.reference)


def kx_question(case: Case, policy: PolicyView, lines: Iterable[ChargeLine]) -> KxQuestion:
    """What is asked about KX on these lines: the lowest amount of their disciplines; a year without one is a gap."""
    modifiers = {modifier for line in lines for modifier in line.modifiers}
    disciplines = [discipline for discipline in Discipline if discipline.modifier in modifiers]
    threshold = policy.get(params.KX_THRESHOLD)
    if threshold is None:
        medicare = case.payer is not None and case.payer.payer_class is PayerClass.MEDICARE
        year = case.date_of_service.year
        why = f"the KX threshold of {year} is not on file: check whether the other lines need KX"
        return KxQuestion(gaps=(Unknown(Fact.POLICY, why),) if medicare and disciplines else ())
    amounts = [threshold.value[discipline] for discipline in disciplines if discipline in threshold.value]
    return KxQuestion(min(amounts), threshold) if amounts else KxQuestion()
