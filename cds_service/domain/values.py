"""A policy value as rules receive it: dated, cited and with its confidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from cds_service.domain.codes import Program

Confidence: TypeAlias = Literal["verified", "seed", "default", "unverified"]
Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None
JsonObject: TypeAlias = dict[str, Any]
"""A JSON object that is built or changed, such as a FHIR resource to send."""
BASE: Final = "generic"
"""Id of the policy that decides where nothing more specific does."""
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from. ``retrieved`` is the day the source was read."""

    title: str
    retrieved: date
    paragraph: str | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PolicyValue(Generic[T_co]):
    """One value of one parameter in one policy layer, in force from ``since`` until ``until`` (inclusive).

    Equal only to itself: values are loaded once and live as long as their policies.

    ``plain`` is the value as JSON, for the explanation that travels with a card. ``dated`` is false where the source
    gives no effective date and ``since`` stands for "as far back as we answer". ``conflict`` says how other sources
    differ. ``program`` is the kind of program that the source speaks of; None where it speaks of both. ``unverified``
    holds values of more specific layers that were passed over because nobody verified them: they are asked about, never
    applied.
    """

    parameter: str
    value: T_co
    plain: Json
    policy: str
    since: date
    source: Source
    confidence: Confidence
    until: date | None = None
    note: str | None = None
    dated: bool = True
    conflict: str | None = None
    program: Program | None = None
    unverified: tuple["PayerQuestion[object]", ...] = ()


def values(*found: PolicyValue[Any] | None) -> tuple[PolicyValue[Any], ...]:
    """The policy values that exist, in the order given."""
    return tuple([value for value in found if value is not None])


@lru_cache(maxsize=256)
def undisputed(value: PolicyValue[T]) -> PolicyValue[T]:
    """The value without the conflict of its sources, for where all of them come to the same."""
    return replace(value, conflict=None) if value.conflict is not None else value


@dataclass(frozen=True, slots=True, eq=False)
class PayerQuestion(Generic[T_co]):
    """A value that nobody verified: it is asked about and never applied, so it is no ``PolicyValue`` itself."""

    of: PolicyValue[T_co]

    @property
    def value(self) -> T_co:
        """What the value would be."""
        return self.of.value


@dataclass(frozen=True, slots=True)
class Parameter(Generic[T]):
    """A named policy parameter.

    ``label`` is its short name on a card, ``kind`` the Python type that a value must have, ``unit`` its unit or shape.
    ``additive`` is whether a table of a more specific policy adds to those of less specific ones, entry by entry,
    instead of replacing them.
    """

    name: str
    label: str
    kind: object
    unit: str
    meaning: str
    additive: bool = False
