"""What holds for one payer on one date: the value that decides, what it overrides, and what is only asked about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from cds_service.domain.codes import Program
from cds_service.domain.values import Json, Parameter, PolicyValue, Source
from cds_service.policies.model import Policy, PolicyView
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PolicyStack

_NOT_TOLD: Final = frozenset({"parameter", "value", "plain", "policy", "source", "unverified"})


@dataclass(frozen=True, slots=True)
class Effective:
    """One parameter on one date.

    ``value`` decides; None when nobody set one that may. ``overridden`` are the values in force of less specific
    layers, the most specific first. ``questions`` are unverified values of more specific layers: they are asked about.
    ``of_one_program`` are values for conditioning or hardening alone, where the kind of program is left open.
    """

    parameter: Parameter[Any]
    value: PolicyValue[Any] | None
    overridden: tuple[PolicyValue[Any], ...] = ()
    questions: tuple[PolicyValue[Any], ...] = ()
    of_one_program: tuple[PolicyValue[Any], ...] = ()

    @property
    def layer(self) -> str | None:
        """Id of the policy that gives the value."""
        return self.value.policy if self.value is not None else None

    @property
    def plain(self) -> Json:
        """The value as a policy file writes it; None where nothing decides."""
        return self.value.plain if self.value is not None else None


@dataclass(frozen=True, slots=True)
class Difference:
    """A parameter that is decided, or asked about, in one way here and in another there."""

    first: Effective
    second: Effective


def meant_by(stack: PolicyStack, policy: Policy, on: date, program: Program = Program.UNKNOWN) -> PolicyView:
    """The values in force for whoever the policy's own match means."""
    match = policy.match
    return stack.select(match.payer_class, match.payers, match.jurisdiction, on, program)


def effective(stack: PolicyStack, view: PolicyView) -> tuple[Effective, ...]:
    """Every parameter that a layer of the view speaks of, in the order of the registry."""
    every = (effective_value(stack, view, parameter) for parameter in PARAMETERS.values())
    return tuple(row for row in every if row.value is not None or row.questions or row.of_one_program)


def effective_value(stack: PolicyStack, view: PolicyView, parameter: Parameter[Any]) -> Effective:
    """What one parameter comes to in a view of the stack."""
    value = view.get(parameter)
    below: list[PolicyValue[Any]] = []
    for layer in view.layers if value is not None else ():
        if value is not None and layer == value.policy:
            break
        policy = stack.policy(layer)
        found = policy.value_on(parameter.name, view.on, view.program) if policy is not None else None
        if found is not None:
            below.insert(0, found)
    return Effective(
        parameter,
        value,
        tuple(below),
        tuple(question.of for question in view.questions(parameter)),
        view.of_one_program(parameter),
    )


def differences(first: Iterable[Effective], second: Iterable[Effective]) -> Iterator[Difference]:
    """Parameters that differ in the value that decides, or in what is asked, in the order of the registry."""
    here, there = ({row.parameter.name: row for row in rows} for rows in (first, second))
    for name, parameter in PARAMETERS.items():
        undecided = Effective(parameter, None)
        left, right = here.get(name, undecided), there.get(name, undecided)
        if _said(left) != _said(right):
            yield Difference(left, right)


def _said(row: Effective) -> tuple[Json, list[Json], list[tuple[Json, Program | None]]]:
    return (
        row.plain,
        [value.plain for value in row.questions],
        [(value.plain, value.program) for value in row.of_one_program],
    )


def cited(source: Source) -> str:
    """Like ``28 TAC 134.230, (2)(A)``."""
    return ", ".join(filter(None, (source.title, source.paragraph)))


def remarks(value: PolicyValue[Any]) -> dict[str, str]:
    """What a value says in words besides its source, by key: its note."""
    parts = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: part for name, part in parts if isinstance(part, str) and name not in _NOT_TOLD | {"confidence"}}


def as_json(row: Effective) -> dict[str, Any]:
    """A row for machines; what is not known is left out."""
    decided = _value_as_json(row.value) if row.value is not None else {}
    lists = {
        name: [_value_as_json(value) for value in values]
        for name, values in (
            ("overridden", row.overridden),
            ("questions", row.questions),
            ("of_one_program", row.of_one_program),
        )
        if values
    }
    return {"parameter": row.parameter.name, "unit": row.parameter.unit, **decided, **lists}


def _value_as_json(value: PolicyValue[Any]) -> dict[str, Any]:
    shown = {name: part for name, part in _filled(value).items() if name not in _NOT_TOLD}
    return {"value": value.plain, "layer": value.policy, **shown, "source": _filled(value.source)}


def _filled(record: PolicyValue[Any] | Source) -> Mapping[str, Any]:
    parts = {field.name: getattr(record, field.name) for field in fields(record)}
    return {
        name: part.isoformat() if isinstance(part, date) else part for name, part in parts.items() if part is not None
    }
