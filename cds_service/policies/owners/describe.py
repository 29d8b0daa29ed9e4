"""Policies in words and rows, for the command line and the knowledge pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Any, Final

from cds_service.domain.codes import Program
from cds_service.domain.jurisdictions import name_of
from cds_service.domain.values import BASE, Confidence, Json, PolicyValue
from cds_service.policies.model import Policy, Status, Tier
from cds_service.policies.owners.capabilities import CAPABILITY_OF
from cds_service.policies.owners.effective import Effective, cited, effective, meant_by
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PolicyStack

STATUS_MEANS: Final[Mapping[Status, str]] = {
    "complete": "what its sources say about work rehabilitation is here",
    "partial": "only what is listed was found and read; the rest is left to more general policies",
    "historical": "its source is no longer current; for visits of its own time",
}


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One dated value of a policy with its citation; ``dated``, ``conflict`` and ``program`` as in ``PolicyValue``."""

    policy: str
    parameter: str
    label: str
    capability: str
    meaning: str
    unit: str
    value: Json
    since: date
    until: date | None
    dated: bool
    confidence: Confidence
    citation: str
    href: str | None
    retrieved: date
    note: str | None
    conflict: str | None
    program: Program | None


@dataclass(frozen=True, slots=True)
class EffectiveRow:
    """What decides one parameter on a date; ``own`` when the policy itself gives the value.

    ``value`` is None where nothing decides. ``asked`` are unverified values, which never decide. ``of_one_program``
    decide for conditioning or hardening alone.
    """

    parameter: str
    label: str
    capability: str
    own: bool
    value: ValueRow | None
    asked: tuple[ValueRow, ...]
    of_one_program: tuple[ValueRow, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A policy among those that apply, least specific first."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class PolicyPicture:
    """A policy as its reader needs it: its own values of all dates, and what holds on one date with all layers.

    ``layers`` apply to everyone to whom it applies. ``changes`` are the dates on which its own values change.
    """

    id: str
    title: str
    applies_to: str
    status: Status
    status_means: str
    supersedes: str | None
    not_modelled: tuple[str, ...]
    on: date
    values: tuple[ValueRow, ...]
    layers: tuple[Layer, ...]
    effective: tuple[EffectiveRow, ...]
    changes: tuple[date, ...]


def describe(policy: Policy) -> list[ValueRow]:
    """One row per dated value, in the order of the parameter registry, oldest first."""
    return [value_row(value) for name in PARAMETERS for value in policy.values.get(name, ())]


def value_row(value: PolicyValue[Any]) -> ValueRow:
    """The row of one value."""
    parameter = PARAMETERS[value.parameter]
    return ValueRow(
        policy=value.policy,
        parameter=parameter.name,
        label=parameter.label,
        capability=CAPABILITY_OF[parameter.name].id,
        meaning=parameter.meaning,
        unit=parameter.unit,
        value=value.plain,
        since=value.since,
        until=value.until,
        dated=value.dated,
        confidence=value.confidence,
        citation=cited(value.source),
        href=value.source.href,
        retrieved=value.source.retrieved,
        note=value.note,
        conflict=value.conflict,
        program=value.program,
    )


def picture(stack: PolicyStack, policy: Policy, on: date) -> PolicyPicture:
    """The whole picture of a policy on a date of service."""
    view = meant_by(stack, policy, on)
    titles = {policy.id: policy.title for policy in stack.policies}
    return PolicyPicture(
        id=policy.id,
        title=policy.title,
        applies_to=applies_to(policy),
        status=policy.status,
        status_means=STATUS_MEANS[policy.status],
        supersedes=policy.supersedes,
        not_modelled=policy.not_modelled,
        on=on,
        values=tuple(describe(policy)),
        layers=tuple(Layer(layer, titles[layer]) for layer in view.layers),
        effective=tuple(_effective(policy, row) for row in effective(stack, view)),
        changes=tuple(sorted(set(_changes(policy)))),
    )


def _effective(policy: Policy, row: Effective) -> EffectiveRow:
    return EffectiveRow(
        parameter=row.parameter.name,
        label=row.parameter.label,
        capability=CAPABILITY_OF[row.parameter.name].id,
        own=row.layer == policy.id,
        value=value_row(row.value) if row.value is not None else None,
        asked=tuple(map(value_row, row.questions)),
        of_one_program=tuple(map(value_row, row.of_one_program)),
    )


def _changes(policy: Policy) -> Iterator[date]:
    for value in chain.from_iterable(policy.values.values()):
        if value.dated:
            yield value.since
        if value.until is not None and value.until < date.max:
            yield value.until + timedelta(days=1)


def applies_to(policy: Policy) -> str:
    """To whom a policy applies: ``workers' compensation in Texas``, ``Cigna (a commercial plan)``."""
    if policy.id == BASE:
        return "everyone, where nothing more specific is known"
    match = policy.match
    payers = " or ".join((*match.payers, *match.payers_exactly))
    kind = match.payer_class.words if match.payer_class else ""
    whom = f"{payers} ({kind})" if payers and kind else payers or kind or "everyone"
    words = f"{whom} in {name_of(match.jurisdiction)}" if match.jurisdiction else whom
    return f"{words} (site's own)" if policy.tier is Tier.SITE else words
