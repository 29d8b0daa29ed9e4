"""What rules find: complete by itself, so that wording may shorten it but never has to add to it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from cds_service.domain.chart import Caveat, Doubt, Facility, Fact
from cds_service.domain.coverage_and_claims import Authorization, ClaimNumber, InjuryDate
from cds_service.domain.frozen import dataclass
from cds_service.domain.values import PayerQuestion, PolicyValue


class Topic(StrEnum):
    """What a finding is about; the code of ``card.source.topic``."""

    CODE = "code"
    UNITS = "units"
    MODIFIER = "modifier"
    EDIT = "edit"
    COVERAGE = "coverage"
    AUTHORIZATION = "authorization"
    REASSESSMENT = "reassessment"
    DOCUMENTATION = "documentation"


class Severity(StrEnum):
    """Money is at most a warning; there is no critical billing finding."""

    WARNING = "warning"
    INFO = "info"


FactValue: TypeAlias = str | int | float | date


class Amount(NamedTuple):
    """So many of a unit, which is given in the plural: 240 of ``minutes``."""

    value: float
    unit: str


class Days(NamedTuple):
    """From one day to another, both included; None where an end is open or not recorded."""

    start: date | None
    end: date | None


class Times(NamedTuple):
    """Start and stop on the clocks of the place; ``zone`` is named where that of the place is not known."""

    start: datetime
    end: datetime
    zone: str | None = None


class EvidenceLine(NamedTuple):
    """A claim line that is on record: code, modifiers in their order, units."""

    code: str
    modifiers: tuple[str, ...]
    units: float


EvidenceValue: TypeAlias = FactValue | Amount | Days | Times | EvidenceLine | Authorization


class Evidence(NamedTuple):
    """One fact used: what it says and the resource it was read from (None for a computed one)."""

    fact: str
    value: EvidenceValue
    reference: str | None = None


class ChargeLine(NamedTuple):
    """One claim line: CPT code, modifiers in the order they are sent, units, date of service."""

    code: str
    modifiers: tuple[str, ...]
    units: int
    date: date


class Diagnosis(NamedTuple):
    """A treated Condition and its ICD-10-CM code, where it has one."""

    reference: str
    code: str | None = None


class CareTeamRole(StrEnum):
    """What somebody is on a claim (claimcareteamrole of FHIR R4), the first in line first."""

    PRIMARY = "primary"
    SUPERVISOR = "supervisor"
    ASSIST = "assist"


class CareTeamMember(NamedTuple):
    """Who treated: ``role`` is None when the profession is not known, ``codes`` are those of the lines."""

    reference: str
    role: CareTeamRole | None = None
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ClaimHead:
    """What the chart tells for the head of a claim; what it does not tell is None or empty, and never invented.

    ``authorization`` is the payer's number of the approval (CMS-1500 item 23), ``claim_number`` that of the injury
    (item 11), ``accident`` the day and place of a work injury (items 10 and 14).
    """

    authorization: str | None = None
    coverage: str | None = None
    claim_number: ClaimNumber | None = None
    provider: str | None = None
    facility: Facility | None = None
    accident: InjuryDate | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    team: tuple[CareTeamMember, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftCharges:
    """Put these lines on the visit's claim: on ``claim`` when one is drafted, else on a new one.

    ``places`` tells for each line the item of the drafted claim that it takes the place of, and keeps what a person put
    there, or None; items at ``gone`` go; all others stay as they are.
    """

    date: date
    lines: tuple[ChargeLine, ...]
    encounter: str | None = None
    claim: str | None = None
    places: tuple[int | None, ...] = ()
    gone: frozenset[int] = frozenset()
    head: ClaimHead = field(default_factory=ClaimHead)


@dataclass(frozen=True, slots=True)
class RemoveChargedLines:
    """Take the items with these sequence numbers off a drafted claim."""

    claim: str
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AddLineModifier:
    """Add a modifier to one item of a drafted claim."""

    claim: str
    sequence: int
    modifier: str


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """Change a draft order: None and empty leave an element as it was received."""

    order: str
    code: str | None = None
    units: int | None = None
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddOrder:
    """Create a draft order like ``based_on`` for another code."""

    based_on: str
    code: str
    units: int | None = None
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveOrder:
    """Delete a draft order."""

    order: str


class ServiceAsked(NamedTuple):
    """A service that the request is for; ``units`` in all where an order tells them, else None.

    ``order`` is the order that tells them; None where it is the visits so far. ``session_minutes`` is the length of the
    sessions where it is they that call for a service which no order names.
    """

    code: str
    modifiers: tuple[str, ...] = ()
    units: float | None = None
    order: str | None = None
    session_minutes: int | None = None


class AmountAsked(NamedTuple):
    """How much is asked for and over which days, as orders tell it; what they do not tell is None.

    ``minutes`` are those of each visit, ``days_per_week`` the visits a week.
    """

    visits: int | None = None
    minutes: int | None = None
    days_per_week: float | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """Draft the request for approval: a preauthorization Claim, and a Task to send it.

    ``orders`` are what it rests on, ``day`` the day that it is drafted on.
    """

    day: date
    services: tuple[ServiceAsked, ...]
    amount: AmountAsked
    orders: tuple[str, ...] = ()
    head: ClaimHead = field(default_factory=ClaimHead)


Change: TypeAlias = (
    DraftCharges | RemoveChargedLines | AddLineModifier | ChangeOrder | AddOrder | RemoveOrder | DraftRequest
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to act on a finding. ``key`` picks its label in the wording; ``facts`` fill it."""

    key: str
    changes: tuple[Change, ...]
    recommended: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hold:
    """Suggestions of another rule that do not stand beside this finding, and the doubt that says why on their card.

    They are not recommended; where the finding says not to bill (``withholds``), they get no card at all. ``codes`` are
    those it is about: suggestions without any of them stand. None for all suggestions of the rule.
    """

    rule: str
    doubt: Doubt
    codes: frozenset[str] = frozenset()
    withholds: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's answer.

    ``kind`` names the wording, ``facts`` fill it. ``values`` are the policy values applied, the deciding one first.
    ``subject`` is the resource or date it is about; with ``rule`` and ``kind`` it identifies the finding.
    ``joins`` names a rule whose card shows this finding instead of a card of its own.
    ``caveats`` are gaps and doubts that do not stop the answer but belong beside it. ``questions`` are unverified
    policy values that the answer would depend on, beside those that stand in the ``values`` themselves. ``as_sent``
    marks one that says what is not on record where not all was sent, ``unread`` one where a record of it came that
    could not be used. ``holds`` are suggestions of other rules that do not stand beside it; ``withheld_by`` is the key
    of a finding beside which it is not told itself.
    """

    rule: str
    topic: Topic
    kind: str
    severity: Severity
    facts: Mapping[str, object]
    values: tuple[PolicyValue[object], ...]
    evidence: tuple[Evidence, ...]
    subject: str
    proposals: tuple[Proposal, ...] = ()
    joins: str | None = None
    caveats: tuple[Caveat, ...] = ()
    questions: tuple[PayerQuestion[object], ...] = ()
    as_sent: bool = False
    unread: bool = False
    holds: tuple[Hold, ...] = ()
    withheld_by: str | None = None

    @property
    def key(self) -> str:
        """Stable identity within one call."""
        return f"{self.rule}/{self.kind}/{self.subject}"

    @property
    def proposals_as_text(self) -> str:
        """What it proposes, to compare with."""
        return repr([(proposal.key, proposal.changes, proposal.recommended) for proposal in self.proposals])


class Outcome(StrEnum):
    """What became of a rule in one call."""

    FIRED = "fired"
    QUIET = "quiet"
    GAP = "gap"
    NOT_APPLICABLE = "not-applicable"


class RuleOutcome(NamedTuple):
    """Trace of one rule: ``why`` it did not apply or what it lacked, and the policy parameters that it ``read``."""

    rule: str
    outcome: Outcome
    why: str | None = None
    read: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MissingFact:
    """A gap with the rules that could not answer because of it, for the evaluation extension."""

    fact: Fact
    why: str
    rules: tuple[str, ...]
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything one call found: findings, the trace of every rule run, and what could not be known.

    ``episode`` is its name for people; ``episode_key`` stays the same from visit to visit. ``lacking`` says for whom
    there is no policy, where general defaults stood in. ``bill_read`` are the parameters that the bill read, which is
    made before any rule is asked.
    """

    date_of_service: date
    findings: tuple[Finding, ...]
    rules: tuple[RuleOutcome, ...]
    gaps: tuple[MissingFact, ...]
    policies: tuple[str, ...]
    episode: str | None = None
    episode_key: str | None = None
    lacking: str | None = None
    bill_read: frozenset[str] = frozenset()
