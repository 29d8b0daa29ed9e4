"""A policy layer and the view of the layers that apply to one payer on one date."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.frozen import dataclass as unguarded
from cds_service.domain.values import BASE, Parameter, PayerQuestion, PolicyValue
from cds_service.policies.parameters import PARAMETERS

Status: TypeAlias = Literal["complete", "partial", "historical"]
Superseded: TypeAlias = Literal["jurisdiction"]
_T = TypeVar("_T")

BUNDLED: Final = 0
_WORD: Final = re.compile(r"\w+")
_SMALL_WORDS: Final = frozenset({"and", "of", "the"})
_LONGEST: Final = 12
_IDENTIFIER: Final = re.compile(r"\S*[\d|:#]\S*|(?:Organization|Patient|RelatedPerson)/\S*")


class Tier(IntEnum):
    """How specific a layer is; a higher tier decides over a lower one."""

    BASE = 0
    NATIONAL = 1
    PAYER_CLASS = 2
    JURISDICTION = 3
    PAYER = 4
    SITE = 5


@lru_cache(maxsize=4096)
def spelling_of(text: str) -> str | None:
    """A payer's name in lower case without spaces, signs and small words: BCBS of Texas is ``bcbstexas``.

    Identifiers (one word with a digit or one of ``| : #``) and references stay as they are. None without any word.
    """
    if _IDENTIFIER.fullmatch(text.strip()):
        return text
    return "".join(_words(text)) or None


@lru_cache(maxsize=4096)
def spellings_in(text: str) -> frozenset[str]:
    """Spellings of all runs of whole words in a payor's text, so that a name is found however it is spaced."""
    if _IDENTIFIER.fullmatch(text.strip()):
        return frozenset({text})
    words = _words(text)
    starts = range(len(words))
    return frozenset("".join(words[start:end]) for start in starts for end in range(start + 1, start + _LONGEST + 1))


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _SMALL_WORDS]


@dataclass(frozen=True, slots=True)
class Match:
    """To whom a policy applies. Every key that is given has to agree; no key agrees with everyone.

    ``payers`` are identifiers, references or names, any of them; ``payers_exactly`` are names beside them that stand
    for the payer only where they are all of its name: "Department of Labor" is none of a state. ``jurisdiction`` is
    like ``US-TX``.
    """

    payers: tuple[str, ...] = ()
    payer_class: PayerClass | None = None
    jurisdiction: str | None = None
    payers_exactly: tuple[str, ...] = ()

    @property
    def tier(self) -> Tier:
        """The most specific key: payer over jurisdiction over payer class over none."""
        if self.payers:
            return Tier.PAYER
        if self.jurisdiction is not None:
            return Tier.JURISDICTION
        return Tier.NATIONAL if self.payer_class is None else Tier.PAYER_CLASS

    @property
    def of_a_state(self) -> bool:
        """Whether it is for a jurisdiction and no payer of its own."""
        return self.jurisdiction is not None and not self.payers

    @property
    def keys(self) -> int:
        """How many keys are given."""
        return bool(self.payers) + (self.payer_class is not None) + (self.jurisdiction is not None)

    def applies(self, payer_class: PayerClass | None, payers: Sequence[str], jurisdiction: str | None) -> bool:
        """Whether the policy applies to a coverage with these payer texts (identifiers, references, names)."""
        if self.payer_class is not None and self.payer_class is not payer_class:
            return False
        if self.jurisdiction is not None and self.jurisdiction != jurisdiction:
            return False
        return not self.payers or any(self.is_named_by(payer) for payer in payers)

    def is_named_by(self, payer: str) -> bool:
        """Whether one of a coverage's payer texts is this payer."""
        if not _spellings(self.payers).isdisjoint(spellings_in(payer)):
            return True
        return bool(self.payers_exactly) and spelling_of(payer) in _spellings(self.payers_exactly)

    def overlaps(self, match: "Match") -> bool:
        """Whether a case could be one of both: no key that both give differs. Payers agree when one names the other."""
        return (
            _may_agree(self.payer_class, match.payer_class)
            and _may_agree(self.jurisdiction, match.jurisdiction)
            and (
                not (self.payers and match.payers)
                or any(self.is_named_by(payer) for payer in (*match.payers, *match.payers_exactly))
                or any(match.is_named_by(payer) for payer in (*self.payers, *self.payers_exactly))
            )
        )


def _may_agree(first: str | None, second: str | None) -> bool:
    return first is None or second is None or first == second


@lru_cache(maxsize=256)
def _spellings(names: tuple[str, ...]) -> frozenset[str | None]:
    return frozenset(spelling_of(name) for name in names)


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy layer.

    ``values`` holds the dated values of each parameter, those for both programs before those for one kind, oldest
    first; those for one kind never overlap.

    ``file`` is where it was read; ``folder`` is 0 for bundled data, else the place of its site folder in the settings.
    ``supersedes`` names the kind of layers that do not apply where this one does: federal programs stand outside the
    law of the states.
    """

    id: str
    title: str
    match: Match
    status: Status
    values: Mapping[str, tuple[PolicyValue[Any], ...]]
    file: str
    not_modelled: tuple[str, ...] = ()
    folder: int = BUNDLED
    supersedes: Superseded | None = None

    @property
    def tier(self) -> Tier:
        """``generic`` is the base, a site's own policy comes last, all others stand where their match puts them."""
        if self.folder != BUNDLED:
            return Tier.SITE
        return Tier.BASE if self.id == BASE else self.match.tier

    @property
    def rank(self) -> tuple[int, int, int, int, str]:
        """Order of layers: tier, site folder, match, number of match keys, id."""
        return (self.tier, self.folder, self.match.tier, self.match.keys, self.id)

    def value_on(self, parameter: str, on: date, program: Program | None = None) -> PolicyValue[Any] | None:
        """Return the value of a parameter in force on a date of service.

        A value for one kind of program goes before one for both. Without ``program``, values for any kind count.
        """
        found = [
            value
            for value in self.values.get(parameter, ())
            if in_force(value, on) and (program is None or holds_for(value, program))
        ]
        return found[-1] if found else None

    def values_on(self, on: date) -> Iterator[PolicyValue[Any]]:
        """All values in force on a date of service."""
        return (value for dated in self.values.values() for value in dated if in_force(value, on))


def values_overlap(first: PolicyValue[Any], second: PolicyValue[Any]) -> bool:
    """Whether there is a date, and a kind of program, for which both values are in force."""
    of_one_kind = first.program is None or second.program is None or first.program is second.program
    return of_one_kind and (in_force(first, second.since) or in_force(second, first.since))


def holds_for(value: PolicyValue[Any], program: Program) -> bool:
    """Whether the value is for programs of this kind."""
    return value.program is None or value.program is program


def in_force(value: PolicyValue[Any], on: date) -> bool:
    """Whether the date lies between the first and the last day of the value, both included."""
    return value.since <= on and (value.until is None or on <= value.until)


@unguarded(frozen=True, slots=True, eq=False)
class PolicyView:
    """What rules ask: the values in force on one date in the layers that apply, least specific layer first.

    They are those for the ``program`` in question. ``lacking`` says for whom there is no policy, in words, where
    general defaults stand in; None where there is one.
    """

    layers: tuple[str, ...]
    on: date
    _decided: Mapping[str, PolicyValue[Any]]
    _questions: Mapping[str, tuple[PayerQuestion[Any], ...]]
    lacking: str | None = None
    program: Program = Program.UNKNOWN
    _of_one_program: Mapping[str, tuple[PolicyValue[Any], ...]] = field(default_factory=dict)

    def get(self, parameter: Parameter[_T]) -> PolicyValue[_T] | None:
        """Return the most specific value that may decide, or None.

        Unverified values never decide. Those of layers more specific than the answer are in its ``unverified``.
        """
        return self._decided.get(parameter.name)

    def questions(self, parameter: Parameter[_T]) -> tuple[PayerQuestion[_T], ...]:
        """Unverified values that ``get`` passed over, least specific first; also when nothing could decide."""
        return self._questions.get(parameter.name, ())

    def of_one_program(self, parameter: Parameter[_T]) -> tuple[PolicyValue[_T], ...]:
        """Values for conditioning or hardening alone, where it is not known which of them the program is."""
        return self._of_one_program.get(parameter.name, ())

    def note(self, names: Iterable[str]) -> None:
        """Put on record that these parameters were read; here nobody keeps a record."""


def view_of(
    layers: Sequence[Policy], on: date, lacking: str | None = None, program: Program = Program.UNKNOWN
) -> PolicyView:
    """Lay the policies, least specific first, over each other for one date and one kind of program."""
    decided: dict[str, PolicyValue[Any]] = {}
    questions: dict[str, tuple[PayerQuestion[object], ...]] = {}
    of_one_program: dict[str, tuple[PolicyValue[object], ...]] = {}
    for policy in layers:
        for value in policy.values_on(on):
            if not holds_for(value, program):
                if program is Program.UNKNOWN:
                    of_one_program[value.parameter] = (*of_one_program.get(value.parameter, ()), value)
            elif value.confidence == "unverified":
                questions[value.parameter] = (*questions.get(value.parameter, ()), PayerQuestion(value))
            else:
                decided[value.parameter] = _over(decided.get(value.parameter), value)
                questions.pop(value.parameter, None)
    for name, passed_over in questions.items():
        if name in decided:
            decided[name] = replace(decided[name], unverified=passed_over)
    names = tuple(policy.id for policy in layers)
    return PolicyView(names, on, decided, questions, lacking, program, of_one_program)


def _over(below: PolicyValue[Any] | None, value: PolicyValue[Any]) -> PolicyValue[Any]:
    """What a value comes to over that of a less specific layer: itself, or both tables where they add up."""
    if below is None or not PARAMETERS[value.parameter].additive:
        return value
    plain_below, plain = (cast("Mapping[str, Any]", table.plain) for table in (below, value))
    return replace(value, value={**below.value, **value.value}, plain={**plain_below, **plain})
