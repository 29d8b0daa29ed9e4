"""What is modeled of which payer, and what is not: the facts of ``/coverage`` and of ``policies coverage``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

from cds_service.domain.codes import PayerClass
from cds_service.domain.jurisdictions import STATES, name_of
from cds_service.domain.values import Confidence
from cds_service.policies.model import Policy, PolicyView, Status, in_force
from cds_service.policies.owners.capabilities import CAPABILITIES, Capability
from cds_service.policies.owners.describe import applies_to
from cds_service.policies.owners.effective import meant_by
from cds_service.policies.owners.not_modelled import not_modelled
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PolicyStack

Modeled: TypeAlias = Literal["verified", "partly", "default", "asked", "not-in-force", "general", "none"]
_GENERAL: Final[frozenset[Confidence]] = frozenset({"seed", "default"})


@dataclass(frozen=True, slots=True)
class LegendRow:
    """What a status of the matrix means; ``mark`` stands for it in a narrow column."""

    status: Modeled
    mark: str
    meaning: str


LEGEND: Final = (
    LegendRow("verified", "V", "every value in force was read in the payer's or the law's own text or table"),
    LegendRow("partly", "P", "values in force of different certainty: the page of the policy tells them apart"),
    LegendRow("default", "D", "coding guide, recommendation or a third party's text; applied, and the card says so"),
    LegendRow("asked", "?", "unverified only: shown as a question to the payer, never applied"),
    LegendRow("not-in-force", "x", "values of past or future dates only; on this date as if it had none"),
    LegendRow("general", "g", "nothing of its own: the more general policies, or the site's, decide"),
    LegendRow("none", "-", "no policy that applies has a value: nothing is checked against the payer's rule"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One capability of one policy; ``values`` counts those of its own that are in force."""

    status: Modeled
    values: int


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One policy, its cells by the id of the capability, and what is known to be left out of it."""

    id: str
    title: str
    applies_to: str
    status: Status
    cells: Mapping[str, Cell]
    not_modelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CapabilityColumn:
    """A column of the matrix with the parameters that it stands for."""

    id: str
    title: str
    short: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """A jurisdiction without policy; ``why`` where it was searched."""

    jurisdiction: str
    name: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Statements:
    """What holds for those without a policy, in sentences."""

    not_modelled: str
    not_searched: str
    payers: str


@dataclass(frozen=True, slots=True)
class CoverageMatrix:
    """The matrix of one date of service, least specific policy first, and who has no policy at all."""

    on: date
    capabilities: tuple[CapabilityColumn, ...]
    legend: tuple[LegendRow, ...]
    policies: tuple[MatrixRow, ...]
    not_modelled: tuple[Left, ...]
    not_searched: tuple[Left, ...]
    statements: Statements


def coverage_matrix(stack: PolicyStack, on: date) -> CoverageMatrix:
    """What the policies model on a date of service, and which jurisdictions and payers have none."""
    searched = not_modelled()
    without = [place for place in _jurisdictions() if not _has_policy(stack, place)]
    return CoverageMatrix(
        on=on,
        capabilities=tuple(
            CapabilityColumn(capability.id, capability.title, capability.short, capability.parameters)
            for capability in CAPABILITIES
        ),
        legend=LEGEND,
        policies=tuple(_row(stack, policy, on) for policy in stack.policies),
        not_modelled=tuple(Left(place, name_of(place), searched[place]) for place in without if place in searched),
        not_searched=tuple(Left(place, name_of(place)) for place in without if place not in searched),
        statements=Statements(
            not_modelled="Searched, and no policy was written. The generic defaults are used, and the cards say so.",
            not_searched="Nobody has searched for rules of these. The generic defaults are used, and the cards say so.",
            payers=_payers(stack.policies),
        ),
    )


def _row(stack: PolicyStack, policy: Policy, on: date) -> MatrixRow:
    view = meant_by(stack, policy, on)
    cells = {capability.id: _cell(policy, capability, view) for capability in CAPABILITIES}
    return MatrixRow(policy.id, policy.title, applies_to(policy), policy.status, cells, policy.not_modelled)


def _cell(policy: Policy, capability: Capability, view: PolicyView) -> Cell:
    own = [name for name in capability.parameters if name in policy.values]
    now = [value for name in own for value in policy.values[name] if in_force(value, view.on)]
    if now:
        return Cell(_of({value.confidence for value in now}), len(now))
    if own:
        return Cell("not-in-force", 0)
    general = any(view.get(PARAMETERS[name]) is not None for name in capability.parameters)
    return Cell("general" if general else "none", 0)


def _of(confidences: set[Confidence]) -> Modeled:
    if confidences == {"verified"}:
        return "verified"
    if confidences == {"unverified"}:
        return "asked"
    return "default" if confidences <= _GENERAL else "partly"


def _jurisdictions() -> tuple[str, ...]:
    """All states and territories, and whatever else is declared, by name."""
    return tuple(sorted({*(f"US-{state}" for state in STATES), *not_modelled()}, key=name_of))


def _has_policy(stack: PolicyStack, jurisdiction: str) -> bool:
    """Whether a policy stands for workers' compensation there, whoever the insurer is."""
    return any(
        policy.match.jurisdiction is not None
        and policy.match.applies(PayerClass.WORKERS_COMPENSATION, (), jurisdiction)
        for policy in stack.policies
    )


def _payers(policies: Sequence[Policy]) -> str:
    named = ", ".join(policy.title for policy in policies if policy.match.payers)
    opening = (
        f"Only these are for payers by name: {named}. For all others" if named else "No policy is for a payer by name:"
    )
    return f"{opening} the generic defaults and those of the payer's class or state are used, and the cards say so."
