"""What a rule is: a pure function of a case, its bill and the policy values of its date; what it declares of itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Final, TypeAlias

from cds_service.domain.bill import Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Gap
from cds_service.domain.findings import Evidence, Proposal, Severity, Topic
from cds_service.domain.frozen import dataclass
from cds_service.domain.values import Parameter, PolicyValue
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
    caveats: tuple[Gap, ...] = ()
    questions: tuple[PolicyValue[Any], ...] = ()
    absent: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not arise in this case, and why."""

    why: str


NO_ORDER: Final = NotApplicable("no work-rehab order among the drafts")
NO_VISIT: Final = NotApplicable("no work-rehab service on this date of service")

Result: TypeAlias = Answer | Gap | NotApplicable
Check: TypeAlias = Callable[[Case, Bill, PolicyView], Iterable[Result]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what it declares.

    ``facts`` must be available, else the rule ends in a gap, but for those in ``able_without``: lacking them it still
    answers, as far as sent. ``parameters`` are all it reads from a policy.
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

    @property
    def law(self) -> str:
        """What the rule says and why, in words."""
        return (self.check.__doc__ or "").strip()
