"""The charges of a visit and the modifiers of its lines; what several rules reason about, computed one way."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, TypeVar

from cds_service.domain.bill import Bill
from cds_service.domain.case import Case
from cds_service.domain.chart import Fact, Gap
from cds_service.domain.codes import DISCIPLINE_OF_MODIFIER, Discipline
from cds_service.domain.findings import Amount, ChargeLine, Evidence
from cds_service.domain.frozen import dataclass
from cds_service.domain.intervals import MINUTE
from cds_service.domain.treating import alone, only_assistants
from cds_service.domain.units import TimeRule, Units, units
from cds_service.domain.values import PolicyValue
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Giver
from cds_service.rules.companions import NONE, Companions, companions_of
from cds_service.rules.rule import values
from cds_service.rules.treated import NO_SINGLE_PLAN, Division, divided, treating_gaps

T = TypeVar("T")

CONTESTED_FROM: Final = 30


@dataclass(frozen=True, slots=True)
class TimeThresholds:
    """The payer's time rule with the policy values it comes from."""

    rule: TimeRule
    full: PolicyValue[int]
    minimum: PolicyValue[int]
    additional: PolicyValue[int]

    @property
    def values(self) -> tuple[PolicyValue[Any], ...]:
        """All three."""
        return (self.full, self.minimum, self.additional)

    @property
    def of_first_block(self) -> tuple[PolicyValue[Any], ...]:
        """What decides about the first block."""
        return (self.full, self.minimum)

    def deciding(self, minutes: int) -> tuple[PolicyValue[Any], ...]:
        """The values that made the units of so many minutes.

        Readings of a further hour begin to differ at 30 minutes of it (T-3): below that no conflict is to be told.
        """
        if minutes < self.rule.full:
            return self.of_first_block
        if minutes == self.rule.full:
            return (self.full,)
        contested = (minutes - self.rule.full) % 60 >= CONTESTED_FROM
        return (self.full, self.additional if contested else undisputed(self.additional))


@lru_cache(maxsize=256)
def undisputed(value: PolicyValue[T]) -> PolicyValue[T]:
    """The value without the conflict of its sources, for where all of them come to the same."""
    return replace(value, conflict=None) if value.conflict is not None else value


def time_thresholds(policy: PolicyView) -> TimeThresholds | None:
    """The thresholds in force, or None when a policy defines none (T-2, T-3)."""
    full = policy.get(params.FIRST_UNIT_FULL)
    minimum = policy.get(params.FIRST_UNIT_MINIMUM)
    additional = policy.get(params.ADDITIONAL_UNIT_MINIMUM)
    if full is None or minimum is None or additional is None:
        return None
    return _thresholds(full, minimum, additional)


@lru_cache(maxsize=256)
def _thresholds(full: PolicyValue[int], minimum: PolicyValue[int], additional: PolicyValue[int]) -> TimeThresholds:
    return TimeThresholds(TimeRule(full.value, minimum.value, additional.value), full, minimum, additional)


@dataclass(frozen=True, slots=True)
class Modifiers:
    """Modifiers in the order they are sent, what could not be decided, and the policy values behind them.

    ``left_to_drafter`` are those that stay as somebody drafted them, as only the site knows.
    """

    codes: tuple[str, ...]
    undecided: tuple[Gap, ...]
    values: tuple[PolicyValue[Any], ...]
    left_to_drafter: frozenset[str] = frozenset()


def program_modifiers(case: Case, policy: PolicyView) -> Modifiers:
    """Program or state modifier, then accreditation (M-6)."""
    codes: list[str] = []
    undecided: list[Gap] = []
    program = policy.get(params.PROGRAM_MODIFIERS)
    accredited_modifier = policy.get(params.ACCREDITED_MODIFIER)
    accredited = policy.get(params.PROGRAM_ACCREDITED)
    if program is not None and program.value:
        if case.program in program.value:
            codes.append(program.value[case.program])
        else:
            undecided.append(Gap(Fact.PROGRAM, "the chart does not say whether this is conditioning or hardening"))
        if accredited_modifier is not None and accredited is not None and accredited.value:
            codes.append(accredited_modifier.value)

    wanted = program if program is not None and program.value else None
    used = values(wanted, accredited_modifier if accredited else None, accredited)
    only_site_knows = wanted is not None and accredited_modifier is not None and accredited is None
    left = (
        frozenset({accredited_modifier.value}) if only_site_knows and accredited_modifier is not None else frozenset()
    )
    return Modifiers(tuple(codes), tuple(undecided), used, left)


def givers(visit: Visit, policy: PolicyView) -> tuple[tuple[PolicyValue[tuple[Giver, ...]], ...], tuple[Gap, ...]]:
    """The payer's list of who may give the program and a gap, where time was given by someone who is not on it."""
    allowed = policy.get(params.PROGRAM_GIVEN_BY)
    if (
        allowed is None
        or "assistant" in allowed.value
        or not (alone(visit.time_by_roles, tuple(Discipline)) or only_assistants(visit.sessions))
    ):
        return (), ()
    why = "the payer's rule names licensed therapists: ask whether it pays time that an assistant gave alone"
    return (allowed,), (Gap(Fact.PERFORMERS, why),)


def shared_modifiers(case: Case, policy: PolicyView) -> tuple[str, ...]:
    """Modifiers of lines whoever gives them: program, accreditation, the single plan's discipline (M-1, M-6)."""
    return (*program_modifiers(case, policy).codes, *discipline_modifier(case.discipline, policy))


def discipline_modifier(discipline: Discipline | None, policy: PolicyView) -> tuple[str, ...]:
    """GP, GO or GN where the payer wants it and the discipline is known."""
    required = policy.get(params.DISCIPLINE_REQUIRED)
    return (discipline.modifier,) if discipline is not None and required is not None and required.value else ()


@dataclass(frozen=True, slots=True)
class Charges:
    """What a visit makes: units and lines of work rehabilitation, ``others`` beside them, and what stays undecided."""

    minutes: int
    units: Units
    lines: tuple[ChargeLine, ...]
    division: Division
    program_undecided: tuple[Gap, ...]
    modifier_values: tuple[PolicyValue[Any], ...]
    thresholds: TimeThresholds
    others: Companions = NONE
    left_to_drafter: frozenset[str] = frozenset()

    @property
    def undecided(self) -> tuple[Gap, ...]:
        """What keeps the whole claim from being certain."""
        return (*self.program_undecided, *self.others.undecided)

    @property
    def values(self) -> tuple[PolicyValue[Any], ...]:
        """The policy values that made the lines, the time rule first."""
        return (*self.thresholds.deciding(self.minutes), *self.modifier_values, *self.others.values)


def charges_of(case: Case, visit: Visit, policy: PolicyView) -> Charges | None:
    """The lines for the visit's countable time; None when no policy defines the time rule."""
    key = (charges_of, visit.date)
    if key not in case.shared:
        case.shared[key] = _charges_of(case, visit, policy)
    found = case.shared[key]
    return found if isinstance(found, Charges) else None


def _charges_of(case: Case, visit: Visit, policy: PolicyView) -> Charges | None:
    thresholds = time_thresholds(policy)
    if thresholds is None:
        return None
    program = program_modifiers(case, policy)
    division = divided(case, visit, policy, thresholds.rule)
    lines = tuple(
        ChargeLine(
            part.code,
            (*program.codes, *discipline_modifier(part.discipline, policy), *filter(None, (part.assistant,))),
            part.units,
            visit.date,
        )
        for part in division.parts
    )
    required = policy.get(params.DISCIPLINE_REQUIRED)
    assisted = any(part.assistant for part in division.parts)
    used_assistant = values(policy.get(params.ASSISTANT_DE_MINIMIS)) if assisted else ()
    unread = case.chart.unread(Fact.PLAN_OF_CARE, f"{NO_SINGLE_PLAN}: ")
    if unread is None or required is None or not required.value:
        of_plan = division.gaps
    else:
        of_plan = (replace(unread, fact=Fact.DISCIPLINE), *(() if unread.is_doubt else division.gaps))
    program_codes = list(dict.fromkeys(line.code for line in lines))
    allowed, may_not = givers(visit, policy)
    return Charges(
        minutes=visit.minutes,
        units=units(visit.minutes, thresholds.rule),
        lines=lines,
        division=division,
        left_to_drafter=program.left_to_drafter,
        program_undecided=(*program.undecided, *of_plan, *treating_gaps(case, visit, policy), *may_not),
        modifier_values=(*program.values, *values(required), *used_assistant, *allowed),
        thresholds=thresholds,
        others=companions_of(case, visit, policy, program_codes) if visit.services or visit.included else NONE,
    )


def visit_caveats(case: Case, visit: Visit, bill: Bill) -> tuple[Gap, ...]:
    """What keeps the charges of a visit from being certain: its time and its payer."""
    caveats = [
        *bill.payer_doubts,
        *case.chart.cut_short(Fact.PLAN_OF_CARE, Fact.AUTHORIZATIONS, Fact.CHARGES),
    ]
    if visit.from_encounter and visit.minutes:
        caveats.append(
            Gap(Fact.SESSION_TIME, "no treatment has start and stop times, so the time of the encounter is used")
        )
    elif visit.untimed and visit.timed:
        caveats.extend(
            Gap(
                Fact.SESSION_TIME,
                f"one treatment is not counted: {session.time_problem or 'no start and stop'}",
                session.reference,
            )
            for session in visit.untimed
        )
    caveats.extend(Gap(Fact.SESSIONS, why, one.reference) for one in visit.sessions for why in one.doubts)
    caveats.extend(Gap(Fact.SESSIONS, why, one.reference) for one in visit.services for why in one.doubts)
    caveats.extend(_plan_caveats(case, visit))
    caveats.extend(_injury_caveats(case))
    caveats.extend(filter(None, (case.chart.unread(Fact.CHARGES, "check whether the visit is charged already: "),)))
    caveats.extend(gap for gap in case.chart.gaps if gap.fact is Fact.CHARGES)
    if case.in_series:
        caveats.extend(
            Gap(
                Fact.CHARGES,
                "a claim line without a date may be for this visit; its encounter holds several",
                claim.reference,
            )
            for claim in case.chart.claims
            if case.encounter in claim.encounters and any(line.date is None for line in claim.lines)
        )
    caveats.extend(
        Gap(Fact.CHARGES, "a claim line over several days may include this visit", claim.reference)
        for claim in case.chart.claims
        if any(one.date and one.last and one.date <= visit.date <= one.last for one in claim.lines)
    )
    return tuple(caveats)


def _plan_caveats(case: Case, visit: Visit) -> Iterator[Gap]:
    """A plan that cannot be read, and treatments whose code carries the modifier of another discipline than it has."""
    if case.unread_plan is not None:
        yield case.unread_plan
    if not case.active_plans:
        yield from (gap for gap in case.chart.gaps if gap.fact is Fact.PLAN_OF_CARE)
    planned = {discipline for discipline, _, _ in case.disciplines}
    for session in visit.sessions:
        other = [one for one in session.modifiers if DISCIPLINE_OF_MODIFIER.get(one) not in {None, *planned}]
        if other and planned:
            names = " and ".join(sorted(one.value for one in planned))
            recorded = f"recorded with {', '.join(other)}, but the plan or therapist is {names}"
            why = f"{recorded}: check under which plan it was given"
            yield Gap(Fact.DISCIPLINE, why, session.reference)


def _injury_caveats(case: Case) -> tuple[Gap, ...]:
    """Two injuries treated on one date are two claims; the one in question has only the time that is for it."""
    if len(case.injuries) < 2:  # noqa: PLR2004 - one injury is the rule
        return ()
    names = case.chart.condition_names
    injuries = [" with ".join(sorted(names.get(one, one) for one in injury)) for injury in case.injuries]
    ours = [name for name, injury in zip(injuries, case.injuries, strict=True) if injury & case.conditions]
    why = f"two injuries were treated ({'; '.join(injuries)}): each needs a claim of its own"
    if len(ours) == 1:
        why = f"{why}; these charges are for {ours[0]}"
    return (Gap(Fact.INJURY, why),)


def time_evidence(case: Case, visit: Visit) -> tuple[Evidence, ...]:
    """The minutes and the recorded times they come from, in the time of the place."""
    found = [Evidence("time counted", Amount(visit.minutes, "minutes"))]
    if visit.from_encounter:
        spans = [(one.reference, one.period) for one in visit.encounters if one.length is None]
        what = "encounter"
        found.extend(
            Evidence("length of the encounter", Amount(encounter.length // MINUTE, "minutes"), encounter.reference)
            for encounter in visit.encounters
            if encounter.length is not None
        )
    else:
        spans = [(one.reference, one.period) for one in visit.timed]
        what = "treated"
    found.extend(Evidence(what, case.clock(period), reference) for reference, period in spans if period is not None)
    if visit.minutes_excluded:
        found.append(Evidence("billed separately", Amount(visit.minutes_excluded, "minutes")))
    return tuple(found)
