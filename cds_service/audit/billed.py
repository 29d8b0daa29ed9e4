"""What was billed for a patient: lines of submitted claims, charge items and explanations of benefits, each once.

The chart already counts an explanation of benefits, and a charge item, only where no claim has the same code on the
same day. A claim that another one replaces does not count. A draft is no bill.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

import msgspec

from cards.numbers import codes, day
from cds_service.audit.patients import PatientLine
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import WORK_REHAB
from cds_service.fhir.reading.references import normal

BILL_TYPES: Final = frozenset({"Claim", "ChargeItem", "ExplanationOfBenefit"})
_DRAFT: Final = "draft"
_APART: Final = "associated"
"""Relation to a claim that stands beside this one; any other relation means that this one takes its place."""


class BilledLine(NamedTuple):
    """A line that went out: ``claim`` is the resource it stands in, ``cents`` the dollars it has there."""

    code: str
    modifiers: tuple[str, ...]
    units: float
    claim: str
    modifiers_told: bool = True
    cents: int | None = None


class _Money(msgspec.Struct, frozen=True):
    value: Decimal | None = None


class _PricedItem(msgspec.Struct, frozen=True, rename="camel"):
    net: _Money | None = None
    unit_price: _Money | None = None
    quantity: _Money | None = None


class _Named(msgspec.Struct, frozen=True):
    reference: str | None = None


class _Code(msgspec.Struct, frozen=True):
    code: str | None = None


class _Codes(msgspec.Struct, frozen=True):
    coding: tuple[_Code, ...] = ()


class _Related(msgspec.Struct, frozen=True):
    claim: _Named | None = None
    relationship: _Codes | None = None


class _Priced(msgspec.Struct, frozen=True, rename="camel"):
    item: tuple[_PricedItem, ...] = ()
    related: tuple[_Related, ...] = ()
    price_override: _Money | None = None


_PRICED: Final = msgspec.json.Decoder(_Priced, strict=False)
_NO_PRICES: Final = _Priced()


class Bills:
    """All bills of a patient.

    Args:
        chart: The whole chart.
        lines: The lines of the export by reference, for what the chart does not read: dollars and replaced claims.
    """

    def __init__(self, chart: Chart, lines: Mapping[str, PatientLine]) -> None:
        self._lines = lines
        self._priced: dict[str, _Priced] = {}
        submitted = [claim for claim in chart.claims if claim.status != _DRAFT]
        replaced = {name for claim in submitted for name in self._replaces(claim.reference)}
        self.claims = tuple(claim for claim in submitted if claim.reference not in replaced)
        self.drafts = frozenset(claim.reference for claim in chart.claims if claim.status == _DRAFT)
        self._chart = replace(chart, claims=self.claims)
        of_program = [(claim, line) for claim in self.claims for line in claim.lines if line.code in WORK_REHAB]
        self._over_days = [line for _, line in of_program if line.last is not None]
        self._unplaced = any(
            line.date is None and not (line.encounters or claim.encounters) for claim, line in of_program
        )

    def case(self, on: date, encounter: str | None) -> Case:
        """The visit with all that was billed of the patient, for what a case tells of the claims of its date."""
        return Case(Moment.VISIT_CLOSE, on, on, self._chart, encounter=encounter)

    @property
    def references(self) -> frozenset[str]:
        """The resources in which something is billed, replaced claims among them."""
        return frozenset(line.reference for line in self._lines.values() if line.kind in BILL_TYPES) - self.drafts

    @property
    def program_dates(self) -> frozenset[date]:
        """Dates for which 97545 or 97546 was billed."""
        return self._chart.history.charged_dates

    def of_visit(self, case: Case) -> tuple[BilledLine, ...]:
        """The billed lines of a visit."""
        return tuple(
            BilledLine(
                line.code,
                line.modifiers,
                line.units,
                claim.reference,
                line.modifiers_told,
                self._cents(claim.reference, line.place, line.units),
            )
            for claim, indexes in case.claims_of_date
            for line in (claim.lines[index] for index in indexes)
        )

    def doubts(self, case: Case, billed: Iterable[BilledLine]) -> Iterator[str]:
        """Why it is not certain what was billed for a visit; one sentence each."""
        claims: dict[str, set[str]] = {}
        for line in billed:
            if line.code in WORK_REHAB:
                claims.setdefault(line.code, set()).add(line.claim)
        for code, on in sorted(claims.items()):
            if len(on) > 1:
                yield f"{code} is on {len(on)} bills of this date; nothing says whether one replaces another."
        on_date = case.date_of_service
        for charged in self._over_days:
            if charged.date and charged.last and charged.date <= on_date <= charged.last:
                span = f"{day(charged.date, on_date)} to {day(charged.last, on_date)}"
                yield f"A claim line covers {span} together: {codes([charged])}."
        if self._unplaced:
            yield "A claim with 97545 or 97546 names neither a date nor a visit."

    def _replaces(self, reference: str) -> Iterator[str]:
        for related in self._told(reference).related:
            kinds = {coding.code for coding in related.relationship.coding} if related.relationship else set()
            if related.claim is not None and related.claim.reference and _APART not in kinds:
                yield normal(related.claim.reference, {})

    def _cents(self, reference: str, place: int, units: float) -> int | None:
        priced = self._told(reference)
        if reference.startswith("ChargeItem/"):
            return in_cents(priced.price_override.value if priced.price_override is not None else None)
        if place >= len(priced.item):
            return None
        item = priced.item[place]
        if item.net is not None and item.net.value is not None:
            return in_cents(item.net.value)
        if item.unit_price is None or item.unit_price.value is None:
            return None
        return in_cents(item.unit_price.value * Decimal(str(units)))

    def _told(self, reference: str) -> _Priced:
        """What the JSON of a bill says beside what the chart reads; nothing where that cannot be read."""
        if reference not in self._priced:
            line = self._lines.get(reference)
            self._priced[reference] = _priced(line.raw) if line is not None else _NO_PRICES
        return self._priced[reference]


def _priced(raw: bytes) -> _Priced:
    try:
        return _PRICED.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _NO_PRICES


def in_cents(dollars: Decimal | None) -> int | None:
    """Whole cents, a half rounded up; None where there is no amount."""
    return int((dollars * 100).quantize(Decimal(1), ROUND_HALF_UP)) if dollars is not None else None
