"""What a chart tells of payers: coverages, their answers, the injury, and claims on record."""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from cds_service.domain.care import Day
from cds_service.domain.codes import PayerClass
from cds_service.domain.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Coverage:
    """One active coverage. ``payers`` are identifiers, references and names of the payor, as written.

    ``doubts`` say, in words, why its payer class or its status is not certain. ``subscriber`` is the number the payer
    knows the patient by: in workers' compensation the number of the claim. ``state`` is that of an
    agency or fund of a state, like ``US-WA``, as the payer's name tells.
    """

    reference: str
    payer_class: PayerClass
    payers: tuple[str, ...] = ()
    order: int | None = None
    start: date | None = None
    end: date | None = None
    doubts: tuple[str, ...] = ()
    subscriber: str | None = None
    state: str | None = None

    def place_in_line(self, free: int) -> tuple[int, bool, bool]:
        """Sorts coverages in the order they pay; one that tells none takes the first place that is free.

        In doubt workers' compensation comes first.
        """
        place = free if self.order is None else self.order
        return place, self.order is None, self.payer_class is not PayerClass.WORKERS_COMPENSATION

    def in_force(self, day: date) -> bool:
        """Whether the coverage period, where given, contains the day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class CoverageAssertion:
    """What a payer says of an order, appointment or encounter through coverage-information (CRD).

    ``covered`` and ``approval`` are its codes for coverage and prior authorization (``pa-needed``), ``number`` is that
    of the approval it holds satisfied, ``codes`` are the billing codes and ``coverage`` the coverage that it is for.
    """

    reference: str
    coverage: str | None = None
    covered: str | None = None
    approval: str | None = None
    number: str | None = None
    codes: tuple[str, ...] = ()
    reason: str | None = None
    made: date | None = None
    expiry: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether it has not expired on the day."""
        return self.expiry is None or day <= self.expiry


class AuthorizationState(StrEnum):
    """Decision of the payer on a prior-authorization request (A-1)."""

    APPROVED = "approved"
    PENDING = "pending"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    NOT_REQUIRED = "not required"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Authorization:
    """A payer's answer to a request for approval of work rehabilitation, or to one that may be for it.

    ``unit`` is hours, visits, days or units, or as written where it is none of them; ``weak`` marks a bare number
    without known dates. ``codes`` are those it is limited to, none for the program as a whole. ``names_service`` is
    false for an answer that does not say what service it is about. ``request`` tells what it answers, ``relayed`` that
    it is told elsewhere than in the answer.
    """

    reference: str
    state: AuthorizationState
    number: str | None = None
    start: date | None = None
    end: date | None = None
    quantity: float | None = None
    unit: str | None = None
    weak: bool = False
    created: date | None = None
    answered: datetime | None = None
    codes: tuple[str, ...] = ()
    names_service: bool = True
    request: str | None = None
    relayed: bool = False

    def covers(self, day: date) -> bool:
        """Whether it is an approval whose known period contains the day."""
        return (
            self.state is AuthorizationState.APPROVED
            and not self.weak
            and (self.start is None or self.start <= day)
            and (self.end is None or day <= self.end)
        )


@dataclass(frozen=True, slots=True)
class InjuryEvidence:
    """Something that shows a work-related injury (WR-CODE-2); ``kind`` is our own short name of the evidence."""

    kind: str
    reference: str
    value: str | date


class InjuryDate(NamedTuple):
    """The day of an injury, read from the Condition it is about or from the accident on a Claim.

    ``state`` is where it happened, like ``US-TX``; only an accident tells it.
    """

    reference: str
    date: date
    state: str | None = None


class ClaimNumber(NamedTuple):
    """The number that a payer gave the claim of an injury; ``system`` is its namespace, ``reference`` what tells it."""

    reference: str
    value: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """One item of a Claim: ``sequence`` is the item's number in it, ``place`` its place in the list, from 0.

    ``last`` is the last day of an item that covers several, ``encounters`` those that the item itself names.
    ``modifiers_told`` is false where the record has no place for modifiers. ``place_of_service`` is its CMS code.
    """

    sequence: int
    place: int
    code: str
    modifiers: tuple[str, ...]
    units: float
    date: date | None
    last: Day | None = None
    encounters: tuple[str, ...] = ()
    modifiers_told: bool = True
    place_of_service: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Charges on record: ``status`` draft can be changed, active has been submitted, recorded stands elsewhere."""

    reference: str
    status: str
    lines: tuple[ChargedLine, ...]
    encounters: tuple[str, ...] = ()
    authorization_numbers: tuple[str, ...] = ()
