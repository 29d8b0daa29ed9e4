"""What could not be read or used, as gaps that name neither patients nor values."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cds_service.domain.chart import Fact, Unknown
from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.reading.prefetch_keys import FACT_OF_TYPE

MOST_GAPS_PER_FACT: Final = 20

_OTHERS: Final = {"another patient": "other patients", "a patient of another server": "patients of another server"}
_LEFT_OUT: Final = (
    *(f" of {owner} was left out" for owner in _OTHERS),
    *(f" of {owners} were left out" for owners in _OTHERS.values()),
)
UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError)
_MESSAGE_VALUE: Final = re.compile(r" value '.*?'(?= - at|$)", re.DOTALL)


class Quarantine:
    """Collects what could not be read or used; after the first few of each fact only a count."""

    def __init__(self) -> None:
        self._gaps: dict[Fact, list[Unknown]] = {}
        self._more: dict[Fact, int] = {}
        self._of_others: dict[str, dict[Fact, int]] = {}

    def full(self, fact: Fact) -> bool:
        """Whether further gaps of this fact are only counted, so that their reason need not be worked out."""
        return len(self._gaps.get(fact, ())) >= MOST_GAPS_PER_FACT

    def add(self, gap: Unknown) -> None:
        """Record one gap; a resource that came under two keys is one."""
        if gap.reference is not None and gap in self._gaps.get(gap.fact, ()):
            return
        if self.full(gap.fact):
            self._more[gap.fact] = self._more.get(gap.fact, 0) + 1
        else:
            self._gaps.setdefault(gap.fact, []).append(gap)

    def add_of_another(self, fact: Fact, owner: str = "another patient") -> None:
        """Record a resource that belongs to somebody else: it is only counted, never named."""
        counts = self._of_others.setdefault(owner, {})
        counts[fact] = counts.get(fact, 0) + 1

    def unread(self, resource: Mapping[str, Any], name: str, error: Exception) -> Unknown:
        """Record a resource that could not be read, with the error of the R4 models."""
        fact = FACT_OF_TYPE.get(str(resource.get("resourceType")), Fact.PATIENT)
        reason = None if self.full(fact) else first_r4_error(resource)
        gap = Unknown(fact, f"could not be read: {reason or decoding_error(error)}", name)
        self.add(gap)
        return gap

    @property
    def gaps(self) -> tuple[Unknown, ...]:
        """All gaps, by fact in the order met; resources of other patients are counted together, whatever the fact."""
        counted = (Unknown(fact, f"{count} more resources were left out") for fact, count in self._more.items())
        foreign = (
            Unknown(fact, of_others(owner, sum(counts.values())))
            for owner, counts in self._of_others.items()
            for fact in counts
        )
        return (*(gap for gaps in self._gaps.values() for gap in gaps), *counted, *foreign)


def of_others(owner: str, count: int) -> str:
    """That so many resources of somebody else were left out."""
    return (
        f"{count} resources of {_OTHERS[owner]} were left out" if count > 1 else f"1 resource of {owner} was left out"
    )


def is_of_others(gap: Unknown) -> bool:
    """Whether a gap counts resources of other patients."""
    return gap.reference is None and gap.why.endswith(_LEFT_OUT)


def decoding_error(error: Exception) -> str:
    """The decoder's message; it names element and type, and a value only for unknown codes, which is taken out."""
    if isinstance(error, msgspec.ValidationError):
        return _MESSAGE_VALUE.sub(" value", str(error))
    return "nested too deeply" if isinstance(error, RecursionError) else "not readable JSON"
