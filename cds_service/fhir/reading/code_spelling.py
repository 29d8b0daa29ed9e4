"""Codes of FHIR's own lists, however a system spells them: ``Completed``, ``IN_PROGRESS``, ``EnteredInError``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Final, TypeVar

import msgspec

from cds_service.fhir.reading.elements import Resource

_R = TypeVar("_R", bound=Resource)

_CODES: Final = frozenset(
    {"active", "cancelled", "completed", "draft", "entered-in-error", "in-progress", "on-hold", "unknown"}
    | {"arrived", "finished", "onleave", "planned", "triaged"}
    | {"not-done", "preparation", "stopped"}
    | {"amended", "corrected", "final", "preliminary", "registered"}
    | {"accepted", "proposed", "rejected", "revoked"}
    | {"complete", "error", "partial", "queued"}
    | {"claim", "preauthorization", "predetermination"}
    | {"directive", "instance-order", "option", "order", "original-order", "plan", "proposal"}
    | {"booked", "checked-in", "fulfilled", "noshow", "pending", "waitlist"}
    | {"aborted", "billable", "billed", "not-billable"}
    | {"current", "superseded", "not-started", "scheduled"}
    | {"inactive", "recurrence", "refuted", "relapse", "remission", "resolved"}
)
_USUAL: Final = _CODES | {None}
_ELEMENTS: Final = ("status", "lifecycle_status", "use", "outcome", "intent")


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text)).lower()


_BY_LETTERS: Final[Mapping[str, str]] = {
    **{_letters(code): code for code in _CODES - {"noshow"}},
    "canceled": "cancelled",
}
"""Systems call an encounter that did not take place "no show" in words of their own, which are told as written."""


def plain_code(text: str) -> str:
    """The FHIR code that a text spells; a word of no list of FHIR stays as it was written."""
    if text in _CODES:
        return text
    lowered = text.strip().lower()
    return lowered if lowered in _CODES else _BY_LETTERS.get(_letters(text), text)


class _WrittenCodes(dict[type[Resource], Callable[[Iterable[Resource]], Iterable[str | None]] | None]):
    """How the status and the like of resources of a class are gathered; None where the class has none."""

    def __missing__(self, kind: type[Resource]) -> Callable[[Iterable[Resource]], Iterable[str | None]] | None:
        names = [name for name in _ELEMENTS if name in kind.__struct_fields__]
        self[kind] = gather = _gathering(names) if names else None
        return gather


_WRITTEN: Final = _WrittenCodes()


def _gathering(names: Sequence[str]) -> Callable[[Iterable[Resource]], Iterable[str | None]]:
    codes_of = attrgetter(*names)
    if len(names) == 1:
        return partial(map, codes_of)
    return lambda resources: chain.from_iterable(map(codes_of, resources))


def spell_codes(by_type: Mapping[type[Resource], dict[str, Resource]]) -> None:
    """Make the status and the like of resources those of FHIR, in place.

    A class at a time, because nearly all resources are written as they should be.
    """
    for kind, resources in by_type.items():
        written = _WRITTEN[kind]
        if written is not None and not _USUAL.issuperset(written(resources.values())):
            resources.update({name: with_plain_codes(resource) for name, resource in resources.items()})


def with_plain_codes(resource: _R) -> _R:
    """The resource with its codes as FHIR spells them."""
    for name in _ELEMENTS:
        written = getattr(resource, name, None)
        if written is not None and (code := plain_code(written)) != written:
            resource = msgspec.structs.replace(resource, **{name: code})
    return resource
