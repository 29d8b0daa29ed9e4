"""What a rule is: a pure function of a case, its bill and the policy values of its date; what it declares of itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Literal, TypeAlias

from cds_service.domain.bill import Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat, Fact
from cds_service.domain.findings import Evidence, Hold, Proposal, Severity, Topic
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy
from cds_service.domain.values import Parameter, PayerQuestion, PolicyValue
from cds_service.policies.model import PolicyView


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check found; the engine names it after its rule. Fields as in ``Finding``.

    ``absent`` are facts of which it says that nothing more is on record: where not all of them was sent, it speaks
    only as far as sent.
    """

    kind: str
    severity: Severity
    subject: str
    facts: Mapping[str, object] = field(default_factory=dict)
    values: tuple[PolicyValue[Any], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    joins: str | None = None
    caveats: tuple[Caveat, ...] = ()
    questions: tuple[PayerQuestion[Any], ...] = ()
    absent: tuple[Fact, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not arise in this case, and why."""

    why: str


Subject: TypeAlias = Literal["visit", "orders", "program", "dates"]
"""What there has to be for a question to arise: a visit when it closes, drafts at an order, a program, booked dates."""
Result: TypeAlias = Answer | Caveat | NotApplicable
Check: TypeAlias = Callable[[Case, Bill, PolicyView], Iterable[Result]]


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule and what it declares; equal only to itself.

    ``facts`` must be available, else the rule ends in a gap, but for those in ``able_without``: lacking them it still
    answers, as far as sent. ``parameters`` are all it reads from a policy: reading another one is refused in tests.
    Without ``uses_bill`` it sees no bill; what the bill read from the policy is told of the bill.
    ``about`` is what there has to be for its question to arise, each at its own moment. ``holds`` are the rules whose
    suggestions it may hold.
    ``sources`` are rule ids of the coding knowledge or sections of law, for people. ``terms`` are short
    names that its policy values use, with their meaning. The docstring of ``check`` is the law in words.
    """

    id: str
    topic: Topic
    title: str
    moments: frozenset[Moment]
    facts: tuple[Fact, ...]
    parameters: tuple[Parameter[Any], ...]
    sources: tuple[str, ...]
    check: Check
    terms: Mapping[str, str] = field(default_factory=dict)
    able_without: frozenset[Fact] = frozenset()
    uses_bill: bool = False
    about: tuple[Subject, ...] = ()
    holds: tuple[str, ...] = ()

    @lazy
    def declared(self) -> frozenset[str]:
        """Names of the parameters it may read."""
        return frozenset(parameter.name for parameter in self.parameters)

    @lazy
    def concerned_by(self) -> frozenset[Fact]:
        """Facts that it reads, and what is open about the appointments in question, which concerns every rule."""
        return frozenset((*self.facts, Fact.APPOINTMENTS))

    @property
    def law(self) -> str:
        """What the rule says and why, in words."""
        return (self.check.__doc__ or "").strip()
