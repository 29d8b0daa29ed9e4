"""Modifiers of a line: program or state, accreditation, discipline, assistant (M-1, M-2, M-6)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Fact, Unknown
from cds_service.domain.codes import ASSISTANT_BESIDE, Discipline
from cds_service.domain.frozen import dataclass
from cds_service.domain.values import PolicyValue, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView


@dataclass(frozen=True, slots=True)
class ProgramModifiers:
    """Modifiers in the order they are sent, what could not be decided, and the policy values behind them.

    ``left_to_drafter`` are those that stay as somebody drafted them, as only the site knows.
    """

    codes: tuple[str, ...]
    undecided: tuple[Caveat, ...]
    values: tuple[PolicyValue[Any], ...]
    left_to_drafter: frozenset[str] = frozenset()


def program_modifiers(case: Case, policy: PolicyView) -> ProgramModifiers:
    """Program or state modifier, then accreditation (M-6)."""
    codes: list[str] = []
    undecided: list[Caveat] = []
    program = policy.get(params.PROGRAM_MODIFIERS)
    accredited_modifier = policy.get(params.ACCREDITED_MODIFIER)
    accredited = policy.get(params.PROGRAM_ACCREDITED)
    if program is not None and program.value:
        if case.program in program.value:
            codes.append(program.value[case.program])
        else:
            undecided.append(Unknown(Fact.PROGRAM, "the chart does not say whether this is conditioning or hardening"))
        if accredited_modifier is not None and accredited is not None and accredited.value:
            codes.append(accredited_modifier.value)

    wanted = program if program is not None and program.value else None
    used = values(wanted, accredited_modifier if accredited else None, accredited)
    only_site_knows = wanted is not None and accredited_modifier is not None and accredited is None
    left = (
        frozenset({accredited_modifier.value}) if only_site_knows and accredited_modifier is not None else frozenset()
    )
    return ProgramModifiers(tuple(codes), tuple(undecided), used, left)


def shared_modifiers(case: Case, policy: PolicyView) -> tuple[str, ...]:
    """Modifiers of lines whoever gives them: program, accreditation, the single plan's discipline (M-1, M-6)."""
    return (*program_modifiers(case, policy).codes, *discipline_modifier(case.discipline, policy))


def discipline_modifier(discipline: Discipline | None, policy: PolicyView) -> tuple[str, ...]:
    """GP, GO or GN where the payer wants it and the discipline is known."""
    required = policy.get(params.DISCIPLINE_REQUIRED)
    return (discipline.modifier,) if discipline is not None and required is not None and required.value else ()


def assistant_modifier(discipline: Discipline | None, policy: PolicyView) -> str | None:
    """The payer's modifier for assistants on a line of this discipline; CQ stands only with GP, CO only with GO."""
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    if wanted is None or discipline is None:
        return None
    return _assistants(discipline, wanted, policy.get(params.DISCIPLINE_REQUIRED))[0]


def assistants_of(discipline: Discipline | None, policy: PolicyView) -> frozenset[Discipline]:
    """The disciplines whose assistants the modifier of this discipline's lines is for: one, or all that share M3."""
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    if wanted is None or discipline is None:
        return frozenset()
    return _assistants(discipline, wanted, policy.get(params.DISCIPLINE_REQUIRED))[1]


@lru_cache(maxsize=256)
def _assistants(
    discipline: Discipline,
    wanted: PolicyValue[Mapping[Discipline, str]],
    required: PolicyValue[bool] | None,
) -> tuple[str | None, frozenset[Discipline]]:
    """The modifier of assistants on lines of a discipline, and the disciplines that share it."""
    modifier = wanted.value.get(discipline)
    on_line = discipline.modifier if required is not None and required.value else None
    if modifier is None or ASSISTANT_BESIDE.get(modifier, on_line) != on_line:
        return None, frozenset()
    return modifier, frozenset(sharing for sharing, of_sharing in wanted.value.items() if of_sharing == modifier)
