"""Which findings share a card, and in which order the cards stand.

Ranking: warnings before information; then by the money at stake if nothing is done. Without authorization or coverage
the whole visit is unpaid; wrong units or code cost lines; edits and modifiers cost a denial that can be corrected;
reassessment and documentation count when the payer looks back. The quiet cards come last and take what is left of the
places: they tell where a program stands and what could not be checked, and ask for nothing at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, TypeVar

from cards.envelope import CardSettings
from cards.wording import CardWords, WordingError, bundled_wordings
from cds_service.domain.chart import Caveat
from cds_service.domain.findings import Evidence, Finding, Severity, Topic
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy
from cds_service.domain.values import PolicyValue

_T = TypeVar("_T")

TOPIC_ORDER: Final = (
    Topic.AUTHORIZATION,
    Topic.COVERAGE,
    Topic.UNITS,
    Topic.CODE,
    Topic.EDIT,
    Topic.MODIFIER,
    Topic.REASSESSMENT,
    Topic.DOCUMENTATION,
)
NEVER_WITHHELD: Final = frozenset({"visit-charges", "first-unit", "telehealth"})
QUIET: Final = frozenset({"program-state", "not-checked"})
_TOPIC_RANK: Final = {topic: rank for rank, topic in enumerate(TOPIC_ORDER)}


@dataclass(frozen=True, slots=True)
class Worded:
    """A finding and its words."""

    finding: Finding
    words: CardWords


@dataclass(frozen=True)
class Group:
    """A finding with a card of its own and those told on the same card; evidence and values are those of all."""

    host: Worded
    joined: tuple[Worded, ...] = ()

    @lazy
    def members(self) -> tuple[Worded, ...]:
        """All findings of the card, its own first."""
        return (self.host, *self.joined)

    @lazy
    def severity(self) -> Severity:
        """The most serious of all members, so that folding never hides a warning."""
        warns = any(member.finding.severity is Severity.WARNING for member in self.members)
        return Severity.WARNING if warns else Severity.INFO

    @property
    def rank(self) -> tuple[bool, bool, int, str, str, str]:
        """Sort key: quiet cards last, severity, money at stake, rule, subject, kind."""
        finding = self.host.finding
        last, only_information = finding.rule in QUIET, self.severity is Severity.INFO
        return last, only_information, _TOPIC_RANK[finding.topic], finding.rule, finding.subject, finding.kind

    @lazy
    def evidence(self) -> tuple[Evidence, ...]:
        """Facts used by any member."""
        return _distinct([member.finding.evidence for member in self.members])

    @lazy
    def caveats(self) -> tuple[Caveat, ...]:
        """What is not known to any member."""
        return _distinct([member.finding.caveats for member in self.members])

    @lazy
    def values(self) -> tuple[PolicyValue[object], ...]:
        """Policy values applied, each once."""
        return _each_once(member.finding.values for member in self.members)

    @lazy
    def questions(self) -> tuple[PolicyValue[object], ...]:
        """Unverified values that were passed over, each once."""
        own = chain.from_iterable(member.finding.questions for member in self.members)
        passed_over = chain.from_iterable(value.unverified for value in self.values)
        return _each_once([[question.of for question in chain(own, passed_over)]])


@dataclass(frozen=True, slots=True)
class Withheld:
    """A card that is not shown, and why: ``max_cards``, or what was said of each of its findings."""

    group: Group
    why: str


def grouped(findings: Iterable[Finding], settings: CardSettings) -> list[Group]:
    """Word the findings, fold those that join another rule's card, and rank the cards.

    A finding joins the card of that rule about the same subject, else the rule's first card; without one it gets its
    own. A finding given twice counts once.

    Raises:
        WordingError: a finding whose kind has no words.
    """
    worded = sorted(_worded(findings, settings), key=lambda member: member.finding.key)
    return sorted(_folded(worded), key=lambda group: group.rank)


def within_budget(groups: Sequence[Group], most: int) -> tuple[list[Group], list[Group]]:
    """Cards to show and cards to hold back, both in order; the charges of a visit are never held back."""
    by_need = sorted(groups, key=lambda group: group.host.finding.rule not in NEVER_WITHHELD)
    kept = {id(group) for group in by_need[:most]}
    return [group for group in groups if id(group) in kept], [group for group in groups if id(group) not in kept]


def choose(groups: Sequence[Group], most: int, unwanted: Mapping[str, str]) -> tuple[list[Group], list[Withheld]]:
    """Cards to show and cards to hold back, both in order.

    ``unwanted`` says why by finding key. A card is unwanted when all its findings are: one that is new to the reader
    brings the whole card. A card that another finding withholds stays back while that one is told. Neither takes a
    place in the budget.
    """
    reasons = {id(group): _unwanted(group, unwanted) or _held(group, unwanted) for group in groups}
    shown, over = within_budget([group for group in groups if reasons[id(group)] is None], most)
    held = {id(group): "max_cards" for group in over}
    why = [(group, reasons[id(group)] or held.get(id(group))) for group in groups]
    return shown, [Withheld(group, reason) for group, reason in why if reason is not None]


def _unwanted(group: Group, unwanted: Mapping[str, str]) -> str | None:
    if not unwanted or any(member.finding.key not in unwanted for member in group.members):
        return None
    return unwanted[group.host.finding.key]


def _held(group: Group, unwanted: Mapping[str, str]) -> str | None:
    holder = group.host.finding.withheld_by
    return f"held by {holder.partition('/')[0]}" if holder is not None and holder not in unwanted else None


def _worded(findings: Iterable[Finding], settings: CardSettings) -> Iterator[Worded]:
    wordings = bundled_wordings()
    for finding in {finding.key: finding for finding in findings}.values():
        wording = wordings.get(finding.kind)
        if wording is None:
            raise WordingError(f"{finding.kind}: no wording file has words for this kind")
        confidence = finding.values[0].confidence if finding.values else ""
        words = wording.words(
            finding.facts, settings.today, confidence, settings.labels, as_sent=finding.as_sent, unread=finding.unread
        )
        yield Worded(finding, words)


def _folded(worded: list[Worded]) -> Iterator[Group]:
    hosts = [member for member in worded if member.finding.joins is None]
    folded: dict[str, list[Worded]] = {}
    for member in worded:
        if member.finding.joins is None:
            continue
        candidates = [host.finding for host in hosts if host.finding.rule == member.finding.joins]
        same_subject = [host for host in candidates if host.subject == member.finding.subject]
        home = next(iter(same_subject or candidates), None)
        if home is None:
            yield Group(member)
        else:
            folded.setdefault(home.key, []).append(member)
    for host in hosts:
        yield Group(host, tuple(folded.get(host.finding.key, ())))


def _distinct(parts: Sequence[tuple[_T, ...]]) -> tuple[_T, ...]:
    """The items of all parts, those of later ones only when they are new; a single part is taken as it is."""
    if len(parts) == 1:
        return parts[0]
    return tuple(dict.fromkeys(chain.from_iterable(parts)))


def _each_once(parts: Iterable[Iterable[PolicyValue[object]]]) -> tuple[PolicyValue[object], ...]:
    values = chain.from_iterable(parts)
    return tuple({(value.parameter, value.policy, value.since): value for value in values}.values())
