"""What a visit or drafts come to on a claim: worked out once before any rule is asked, and handed to all of them."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from cds_service.domain.care import Order
from cds_service.domain.chart import Caveat, Fact
from cds_service.domain.codes import Discipline
from cds_service.domain.findings import Change, ChargeLine, ClaimHead, Evidence
from cds_service.domain.frozen import dataclass
from cds_service.domain.time_thresholds import TimeThresholds
from cds_service.domain.units import Units
from cds_service.domain.values import PolicyValue

VersionKey: TypeAlias = Literal["charges", "full", "reduced", "others"]
OrderProblem: TypeAlias = Literal[
    "alone", "short-session", "quantity", "code-short", "duplicate", "code", "further-hours"
]


class LineOnClaim(NamedTuple):
    """A line that somebody already put on a claim for the date.

    ``status`` is that of the claim: draft, active (submitted) or recorded elsewhere. ``sequence`` and ``place`` as of
    an item of the claim.
    """

    claim: str
    status: str
    sequence: int
    place: int
    code: str
    modifiers: tuple[str, ...]
    units: float
    modifiers_told: bool = True


class UnitShare(NamedTuple):
    """Units of one code that carry the same modifiers.

    ``alone`` and ``total`` are minutes of assistants alone and of everybody in the time the code is judged by,
    ``assistant`` the modifier the payer wants for these units, or None.
    """

    code: str
    units: int
    discipline: Discipline | None
    assistant: str | None
    alone: float
    total: float


@dataclass(frozen=True, slots=True)
class UnitDivision:
    """A visit's units by who gave them, what stays open, and the codes whose discipline does."""

    shares: tuple[UnitShare, ...] = ()
    gaps: tuple[Caveat, ...] = ()
    open_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgramCharges:
    """Lines of work rehabilitation that a visit's time makes, and what is not decided about them.

    ``left_to_drafter`` are modifiers that stay as somebody drafted them, as only the site knows.
    """

    minutes: int
    lines: tuple[ChargeLine, ...]
    division: UnitDivision
    undecided: tuple[Caveat, ...]
    modifier_values: tuple[PolicyValue[Any], ...]
    thresholds: TimeThresholds
    left_to_drafter: frozenset[str] = frozenset()

    @property
    def fills_first_block(self) -> bool:
        """Whether the time comes to the full first block."""
        return self.minutes >= self.thresholds.rule.full

    @property
    def values(self) -> tuple[PolicyValue[Any], ...]:
        """The policy values that made the lines, the time rule first."""
        return (*self.thresholds.deciding(self.minutes), *self.modifier_values)


class LeftOut(NamedTuple):
    """A documented service that gets no line, and why.

    ``paired`` where a code-pair edit keeps it off, ``included`` where the payer counts it as part of the program.
    """

    code: str
    why: str
    paired: bool = False
    included: bool = False


@dataclass(frozen=True, slots=True)
class OtherServices:
    """Lines of the other services of a visit, what makes none, and what is open about them.

    ``open`` tells by code which facts its modifiers wait for.
    """

    lines: tuple[ChargeLine, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    undecided: tuple[Caveat, ...] = ()
    values: tuple[PolicyValue[Any], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    open: Mapping[str, frozenset[Fact]] = field(default_factory=dict)

    @property
    def codes(self) -> frozenset[str]:
        """Codes that have a line, or of which the record says that they have none."""
        return frozenset((*(line.code for line in self.lines), *(service.code for service in self.left_out)))


NO_OTHER_SERVICES: Final = OtherServices()


class KxQuestion(NamedTuple):
    """The year's amount in dollars beyond which other lines need KX; 0 where none is asked about (M-5)."""

    amount: int = 0
    threshold: PolicyValue[Mapping[Discipline, int]] | None = None
    gaps: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """How lines go on a claim: the changes, the lines as they will stand, and what keeps them from being certain.

    ``to_add`` is what a biller needs and the chart does not tell.
    """

    changes: tuple[Change, ...]
    lines: tuple[ChargeLine, ...]
    head: ClaimHead
    gaps: tuple[Caveat, ...] = ()
    to_add: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimVersion:
    """One way to bill the visit: its ``charges``; in ``full`` or ``reduced`` (52) below the first block; ``others``.

    ``settled`` is whether what stands on the claim says the same.
    """

    key: VersionKey
    lines: tuple[ChargeLine, ...]
    settled: bool
    change: ClaimChange


@dataclass(frozen=True, slots=True)
class VisitBill:
    """The bill of a visit that closes.

    ``program_lines`` and ``other_lines`` are those of ``program`` and ``other_services`` as they go on the claim: with
    what a person decided where the chart does not, and without codes that are ``kept`` as somebody charged them.
    ``on_claim`` is what stands on claims of the date for any of their codes, and for codes that should not be there.
    ``doubts`` are about time, payer, plan and injury, ``number_doubts`` about the approval number that a claim carries,
    ``overfull`` and ``modifiers_untold`` about the modifiers of its lines.
    """

    program: ProgramCharges
    other_services: OtherServices
    program_lines: tuple[ChargeLine, ...]
    other_lines: tuple[ChargeLine, ...]
    on_claim: tuple[LineOnClaim, ...]
    versions: tuple[ClaimVersion, ...]
    kept: tuple[Caveat, ...]
    kx: KxQuestion
    doubts: tuple[Caveat, ...]
    number_doubts: tuple[Caveat, ...]
    overfull: tuple[Caveat, ...]
    modifiers_untold: tuple[Caveat, ...]
    evidence: tuple[Evidence, ...]

    @property
    def submitted(self) -> bool:
        """Whether some of it has left the draft."""
        return any(line.status != "draft" for line in self.on_claim)

    @property
    def settled(self) -> bool:
        """Whether nothing is proposed for the claim: what stands there is right, or no line can be said."""
        if not (self.program.lines or self.other_services.lines):
            return True
        return any(version.settled for version in self.versions)


class BilledCode(NamedTuple):
    """A code of the date: proposed, on a claim, documented as a Procedure, or ordered.

    ``claim`` and ``order`` are those that may be changed.
    """

    code: str
    reference: str
    claim: str | None = None
    sequence: int | None = None
    order: str | None = None
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderReview:
    """What is to be changed about one draft order.

    ``problem`` is None when nothing is; ``changes`` are all corrections together, so that accepting one suggestion
    never undoes another. ``expected`` is the total of units the schedule makes for the order's code,
    ``first_block_order`` another order that has 97545.
    """

    order: Order
    problem: OrderProblem | None
    expected: int | None
    per_visit: Units | None
    thresholds: TimeThresholds | None
    changes: tuple[Change, ...] = ()
    first_block_order: str | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """The bill of a closing visit or of the drafts in question; empty where nothing is billed.

    ``payer_doubts`` are why the payer in line may not pay, or may be another one. ``visit`` is None where no visit
    closes, or no policy sets a time rule. ``program_on_claim`` are lines of work rehabilitation on claims of the date,
    ``codes`` all that the date or the drafts are billed with, as far as an edit may ask about them (``all_codes``
    where none was left out). ``assistant_minutes_open`` is whether it is not recorded which minutes an assistant gave
    alone. ``order_reviews`` are those of the drafts in question, which carry ``order_modifiers``.
    """

    payer_doubts: tuple[Caveat, ...] = ()
    visit: VisitBill | None = None
    program_on_claim: tuple[LineOnClaim, ...] = ()
    codes: tuple[BilledCode, ...] = ()
    all_codes: bool = True
    assistant_minutes_open: bool = False
    order_reviews: tuple[OrderReview, ...] = ()
    order_modifiers: tuple[str, ...] = ()


NOTHING_BILLED: Final = Bill()
