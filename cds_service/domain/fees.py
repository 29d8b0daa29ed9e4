"""What a site charges: dollars a unit by code, modifiers and date. A line without a fee has no amount."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol

from cds_service.domain.frozen import dataclass


class Fee(NamedTuple):
    """Dollars for a unit of a code from a day on; with ``modifiers`` only for lines that carry all of these."""

    code: str
    modifiers: frozenset[str]
    amount: Decimal
    since: date


class Priced(Protocol):
    """A claim line: code, modifiers, units."""

    @property
    def code(self) -> str:
        """Its CPT or HCPCS code."""
        ...

    @property
    def modifiers(self) -> tuple[str, ...]:
        """In the order they are sent."""
        ...

    @property
    def units(self) -> float:
        """How many."""
        ...


@dataclass(frozen=True, slots=True)
class FeeTable:
    """The fees of a site by code; an empty one prices nothing, so that no dollar is shown."""

    by_code: Mapping[str, tuple[Fee, ...]]

    def __bool__(self) -> bool:
        """Whether there is any fee."""
        return bool(self.by_code)


NO_FEES = FeeTable({})


def fee_table(fees: Iterable[Fee]) -> FeeTable:
    """The fees as a table."""
    by_code: dict[str, list[Fee]] = {}
    for fee in fees:
        by_code.setdefault(fee.code, []).append(fee)
    return FeeTable({code: tuple(listed) for code, listed in by_code.items()})


def fee_of(line: Priced, day: date, fees: FeeTable) -> Fee | None:
    """The fee for a unit of the line on a date of service: the one with most of its modifiers, then the newest.

    None where there is none, and where two say equally much of the line, as one for CQ and one for GP do of a line with
    both: which of them counts nobody said.
    """
    matching = [
        fee
        for fee in fees.by_code.get(line.code, ())
        if fee.since <= day and fee.modifiers <= frozenset(line.modifiers)
    ]
    most = max((len(fee.modifiers) for fee in matching), default=0)
    closest = [fee for fee in matching if len(fee.modifiers) == most]
    if len({fee.modifiers for fee in closest}) != 1:
        return None
    return max(closest, key=lambda fee: fee.since)


def line_amount(line: Priced, day: date, fees: FeeTable) -> Decimal | None:
    """Dollars of a line on a date of service; None where no fee is known for it."""
    fee = fee_of(line, day, fees)
    return fee.amount * Decimal(str(line.units)) if fee is not None else None


def amount(lines: Iterable[Priced], day: date, fees: FeeTable) -> Decimal | None:
    """Dollars of all lines on a date of service; None where one of them has no fee, or there is no line."""
    amounts = [line_amount(line, day, fees) for line in lines]
    known = [dollars for dollars in amounts if dollars is not None]
    return sum(known, Decimal()) if amounts and len(known) == len(amounts) else None
