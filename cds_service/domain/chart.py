"""The patient's chart as far as the rules need it, and what could not be known of it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import tzinfo
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from cds_service.domain.care import (
    Assessment,
    Encounter,
    Goal,
    Order,
    PlanOfCare,
    RequestAnswer,
    Service,
    Session,
    TelehealthSign,
)
from cds_service.domain.coverage_and_claims import (
    Authorization,
    Claim,
    ClaimNumber,
    Coverage,
    CoverageAssertion,
    InjuryDate,
    InjuryEvidence,
)
from cds_service.domain.frozen import dataclass
from cds_service.domain.history import History
from cds_service.domain.lazy import lazy


class Fact(StrEnum):
    """Groups of facts that a rule may need; a gap names the one that is missing."""

    PATIENT = "patient"
    COVERAGE = "coverage"
    PLAN_OF_CARE = "plan-of-care"
    ENCOUNTER = "encounter"
    SESSIONS = "sessions"
    SESSION_TIME = "session-time"
    PERFORMERS = "performers"
    DISCIPLINE = "discipline"
    PROGRAM = "program"
    INJURY = "injury"
    GOALS = "goals"
    EVALUATIONS = "evaluations"
    ASSESSMENTS = "assessments"
    AUTHORIZATIONS = "authorizations"
    CHARGES = "charges"
    ORDERS = "orders"
    APPOINTMENTS = "appointments"
    POLICY = "policy"
    DOCUMENTS = "documents"
    TIME_ZONE = "time-zone"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that nobody could tell, and why; ``reference`` names the resource when one is to blame.

    ``kept`` is where the clinic keeps what its EHR never sends: that is checked there, and unsettles nothing here.
    """

    fact: Fact
    why: str
    reference: str | None = None
    kept: str | None = None

    @property
    def unsettles(self) -> bool:
        """Whether it keeps a suggestion from being recommended."""
        return self.kept is None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that is known and speaks against a suggestion, in words; ``reference`` names the resource it is in."""

    fact: Fact
    why: str
    reference: str | None = None

    @property
    def unsettles(self) -> bool:
        """Always: it keeps a suggestion from being recommended."""
        return True


Caveat: TypeAlias = Unknown | Doubt
"""What stands beside a finding: nobody could tell, or it is known and speaks against it."""


class InPart(NamedTuple):
    """What is lacking of a fact of which a part was delivered.

    ``cut`` is whether a search was cut short, so that any number of its results may be missing; else one of several
    sources is lacking as a whole.
    """

    gaps: tuple[Unknown, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A jurisdiction like ``US-TX`` and what it was read from; ``other_states`` are of other accidents on claims."""

    jurisdiction: str
    read_from: str
    reference: str | None = None
    other_states: tuple[str, ...] = ()


class Facility(NamedTuple):
    """A Location with the CMS place-of-service code that it carries; ``telehealth`` is where its words say so."""

    reference: str
    place_of_service: str | None = None
    telehealth: TelehealthSign | None = None


@dataclass(frozen=True)
class Chart:
    """All that was read of one patient, sorted by date where dates exist.

    ``diagnosis_codes`` gives the ICD-10-CM code of Conditions by reference, ``condition_names`` words for them,
    ``facility`` where the encounter asked about took place. ``unavailable`` maps facts nobody could deliver to the
    reason, ``in_part`` those of which only a part was delivered to what is lacking; ``gaps`` lists single resources
    that were left out. ``kept`` tells of unavailable facts that the EHR never sends where the clinic keeps them.
    ``zone`` is the time zone of the place of treatment, None where the record does not settle it. ``request_answers``
    are what completed questionnaires of requests for approval answer.
    """

    patient: str
    coverages: tuple[Coverage, ...] = ()
    injury: tuple[InjuryEvidence, ...] = ()
    injury_dates: tuple[InjuryDate, ...] = ()
    plans: tuple[PlanOfCare, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    sessions: tuple[Session, ...] = ()
    services: tuple[Service, ...] = ()
    goals: tuple[Goal, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    assertions: tuple[CoverageAssertion, ...] = ()
    orders: tuple[Order, ...] = ()
    claims: tuple[Claim, ...] = ()
    place: Place | None = None
    deficits: tuple[str, ...] = ()
    diagnosis_codes: Mapping[str, str] = field(default_factory=dict)
    claim_numbers: tuple[ClaimNumber, ...] = ()
    facility: Facility | None = None
    unavailable: Mapping[Fact, str] = field(default_factory=dict)
    kept: Mapping[Fact, str] = field(default_factory=dict)
    in_part: Mapping[Fact, InPart] = field(default_factory=dict)
    gaps: tuple[Unknown, ...] = ()
    zone: tzinfo | None = None
    condition_names: Mapping[str, str] = field(default_factory=dict)
    request_answers: tuple[RequestAnswer, ...] = ()

    @lazy
    def history(self) -> History:
        """What it tells whichever visit is asked about."""
        return History(self.sessions, self.services, self.encounters, self.plans, self.assessments, self.claims)

    @lazy
    def open_facts(self) -> frozenset[Fact]:
        """Facts of which anything is not known: not delivered, only in part, or with a resource left out."""
        return frozenset((*self.unavailable, *self.in_part, *[gap.fact for gap in self.gaps]))

    def unread(self, fact: Fact, about: str = "") -> Unknown | None:
        """The gap of a fact that nobody could deliver, its reason after ``about``; None for one that was."""
        why = self.unavailable.get(fact)
        return Unknown(fact, f"{about}{why}", kept=self.kept.get(fact)) if why is not None else None

    def set_aside(self, *facts: Fact) -> bool:
        """Whether a record that tells one of the facts came and could not be used, so that none is known to be there.

        A document that is only named is none. An evaluation is a treatment record until it is read.
        """
        concerned = {*facts, Fact.SESSIONS} if Fact.EVALUATIONS in facts else set(facts)
        return any(
            gap.fact in concerned and gap.reference is not None and not gap.reference.startswith("DocumentReference/")
            for gap in self.gaps
        )

    def not_whole(self, fact: Fact) -> tuple[Unknown, ...]:
        """Why a fact is not known, or only in part because a search was cut short; empty where it is known."""
        why = self.unavailable.get(fact)
        return (Unknown(fact, why),) if why is not None else self.cut_short(fact)

    def cut_short(self, *facts: Fact) -> tuple[Unknown, ...]:
        """Why searches for these facts were cut short, so that any number of results may be missing."""
        parts = [self.in_part[fact] for fact in facts if fact in self.in_part]
        return tuple(gap for part in parts if part.cut for gap in part.gaps)
