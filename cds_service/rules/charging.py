"""The charges of a visit and the modifiers of its lines; what several rules reason about, computed one way."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from cds_service.domain.case import Case
from cds_service.domain.chart import Fact, Gap
from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR
from cds_service.domain.findings import ChargeLine, Evidence
from cds_service.domain.intervals import MINUTE
from cds_service.domain.units import TimeRule, Units, units
from cds_service.domain.values import PolicyValue
from cds_service.domain.visit import Visit, only_assistants
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Giver
from cds_service.rules.companions import NONE, Companions, companions_of
from cds_service.rules.payment import caveats_of_payer
from cds_service.rules.rule import values

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
    return TimeThresholds(TimeRule(full.value, minimum.value, additional.value), full, minimum, additional)


@dataclass(frozen=True, slots=True)
class Modifiers:
    """Modifiers all lines carry, in the order they are sent, and what could not be decided."""

    codes: tuple[str, ...]
    undecided: tuple[Gap, ...]
    values: tuple[PolicyValue[Any], ...]


def shared_modifiers(case: Case, policy: PolicyView) -> Modifiers:
    """Program or state modifier, accreditation, then discipline (M-1, M-6)."""
    codes: list[str] = []
    undecided: list[Gap] = []
    program = policy.get(params.PROGRAM_MODIFIERS)
    accredited_modifier = policy.get(params.ACCREDITED_MODIFIER)
    accredited = policy.get(params.PROGRAM_ACCREDITED)
    if program is not None and program.value:
        if case.program in program.value:
            codes.append(program.value[case.program])
        else:
            undecided.append(Gap(Fact.PROGRAM, "the chart does not tell conditioning from hardening"))
        if accredited_modifier is not None and accredited is not None and accredited.value:
            codes.append(accredited_modifier.value)
    required = policy.get(params.DISCIPLINE_REQUIRED)
    if required is not None and required.value:
        if case.discipline is not None:
            codes.append(case.discipline.modifier)
        unread = case.chart.unavailable.get(Fact.PLAN_OF_CARE)
        if case.discipline is None or unread is not None:
            why = "no single plan of care decides GP, GO or GN"
            undecided.append(Gap(Fact.DISCIPLINE, why if unread is None else f"{why}: {unread}"))
    wanted = program if program is not None and program.value else None
    used = values(wanted, accredited_modifier if accredited else None, accredited, required)
    return Modifiers(tuple(codes), tuple(undecided), used)


def givers(visit: Visit, policy: PolicyView) -> tuple[tuple[PolicyValue[tuple[Giver, ...]], ...], tuple[Gap, ...]]:
    """The payer's list of who may give the program and a gap, where time was given by someone who is not on it."""
    allowed = policy.get(params.PROGRAM_GIVEN_BY)
    if (
        allowed is None
        or "assistant" in allowed.value
        or not (visit.assistant_alone or only_assistants(visit.sessions))
    ):
        return (), ()
    why = "whether this payer pays time that an assistant alone gave: its rule names licensed therapists"
    return (allowed,), (Gap(Fact.PERFORMERS, why),)


class AssistantShare(NamedTuple):
    """Assistant-alone share of one line's time, in minutes, and the modifier the policy wants for it (M-2)."""

    code: str
    alone: float
    total: float
    modifier: str | None


def assistant_shares(case: Case, visit: Visit, policy: PolicyView, rule: TimeRule) -> tuple[AssistantShare, ...]:
    """Judge each line by the minutes that belong to it: the first block, then the further hours.

    Time that makes no unit has no line. Where only assistants treated, all time is theirs, whoever had which minutes.
    """
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    percent = policy.get(params.ASSISTANT_DE_MINIMIS)
    modifier = wanted.value.get(case.discipline) if wanted is not None and case.discipline is not None else None
    nobody_else = only_assistants(visit.sessions)
    shares = []
    parts = zip((FIRST_BLOCK, FURTHER_HOUR), units(visit.minutes, rule), visit.assistant_shares(rule.full), strict=True)
    for code, count, (recorded, total) in parts:
        if not count:
            continue
        alone = total if nobody_else else recorded
        over = percent is not None and alone * 100 > total * percent.value
        shares.append(
            AssistantShare(code, alone.total_seconds() / 60, total.total_seconds() / 60, modifier if over else None)
        )
    return tuple(shares)


def assistant_gap(visit: Visit, policy: PolicyView) -> Gap | None:
    """Why the assistant's modifier cannot be decided, or None when it can or the payer wants none (M-2)."""
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    if wanted is None or not wanted.value or policy.get(params.ASSISTANT_DE_MINIMIS) is None:
        return None
    performers = [(session, one) for session in visit.sessions for one in session.performers]
    if not performers:
        return Gap(Fact.PERFORMERS, "nobody is recorded as having treated")
    unknown = next((one for _, one in performers if one.role is None), None)
    if unknown is not None:
        return Gap(Fact.PERFORMERS, "the profession of a treating person is not known", unknown.reference)
    untimed = any(session.period is None and one.role and one.role.assistant for session, one in performers)
    if untimed and not only_assistants(visit.sessions):
        return Gap(Fact.PERFORMERS, "the minutes of the assistant alone are not recorded")
    return None


@dataclass(frozen=True, slots=True)
class Charges:
    """What a visit makes: units and lines of work rehabilitation, ``others`` beside them, and what stays undecided."""

    minutes: int
    units: Units
    lines: tuple[ChargeLine, ...]
    assistant_shares: tuple[AssistantShare, ...]
    program_undecided: tuple[Gap, ...]
    modifier_values: tuple[PolicyValue[Any], ...]
    thresholds: TimeThresholds
    others: Companions = NONE

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
    found = units(visit.minutes, thresholds.rule)
    modifiers = shared_modifiers(case, policy)
    shares = assistant_shares(case, visit, policy, thresholds.rule)
    assistant = {share.code: share.modifier for share in shares}
    lines = tuple(
        ChargeLine(code, with_assistant(modifiers.codes, assistant.get(code)), count, visit.date)
        for code, count in ((FIRST_BLOCK, found.first), (FURTHER_HOUR, found.further))
        if count
    )
    used_assistant = values(policy.get(params.ASSISTANT_DE_MINIMIS)) if any(assistant.values()) else ()
    treated_by = assistant_gap(visit, policy)
    beside = visit.services or visit.included
    others = companions_of(case, visit, policy, [line.code for line in lines]) if beside else NONE
    allowed, may_not = givers(visit, policy)
    return Charges(
        minutes=visit.minutes,
        units=found,
        lines=lines,
        assistant_shares=shares,
        program_undecided=(*modifiers.undecided, *((treated_by,) if treated_by is not None else ()), *may_not),
        modifier_values=(*modifiers.values, *used_assistant, *allowed),
        thresholds=thresholds,
        others=others,
    )


def with_assistant(modifiers: tuple[str, ...], assistant: str | None) -> tuple[str, ...]:
    """Modifiers with the assistant's one in its place, after the discipline."""
    return (*modifiers, assistant) if assistant else modifiers


def visit_caveats(case: Case, visit: Visit, policy: PolicyView) -> tuple[Gap, ...]:
    """What keeps the charges of a visit from being certain: its time and its payer."""
    caveats = [*caveats_of_payer(case, policy)]
    if visit.from_encounter and visit.minutes:
        caveats.append(
            Gap(Fact.SESSION_TIME, "no treatment has start and stop times: the time is that of the encounter")
        )
    elif visit.untimed and visit.timed:
        caveats.extend(
            Gap(Fact.SESSION_TIME, f"not counted, {session.time_problem or 'no start and stop'}", session.reference)
            for session in visit.untimed
        )
    if Fact.CHARGES in case.chart.unavailable:
        why = f"whether the visit is charged already: {case.chart.unavailable[Fact.CHARGES]}"
        caveats.append(Gap(Fact.CHARGES, why))
    caveats.extend(gap for gap in case.chart.gaps if gap.fact is Fact.CHARGES)
    if case.in_series:
        caveats.extend(
            Gap(
                Fact.CHARGES,
                "a line without a date may be of this visit, whose encounter holds several",
                claim.reference,
            )
            for claim in case.chart.claims
            if case.encounter in claim.encounters and any(line.date is None for line in claim.lines)
        )
    caveats.extend(
        Gap(Fact.CHARGES, "a line that is charged over several days may hold this visit as well", claim.reference)
        for claim in case.chart.claims
        if any(one.date and one.last and one.date <= visit.date <= one.last for one in claim.lines)
    )
    return tuple(caveats)


def time_evidence(case: Case, visit: Visit) -> tuple[Evidence, ...]:
    """The minutes and the recorded times they come from, in the time of the place."""
    found = [Evidence("countable time", f"{visit.minutes} min")]
    if visit.from_encounter:
        spans = [(one.reference, one.period) for one in visit.encounters if one.length is None]
        what = "encounter"
        found.extend(
            Evidence("length of the encounter", f"{encounter.length // MINUTE} min", encounter.reference)
            for encounter in visit.encounters
            if encounter.length is not None
        )
    else:
        spans = [(one.reference, one.period) for one in visit.timed]
        what = "treated"
    found.extend(Evidence(what, case.clock(period), reference) for reference, period in spans if period is not None)
    if visit.minutes_excluded:
        found.append(Evidence("left out, billed separately", f"{visit.minutes_excluded} min"))
    return tuple(found)
