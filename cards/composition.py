"""Findings to a complete CDS Hooks response."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec.structs import replace

from cards.card import NO_CARDS, AppLink, Card, CardLink, CardSource, HookResponse, Suggestion
from cards.detail import detail_of
from cards.envelope import CardSettings
from cards.explanation import EVALUATION_EXTENSION, FINDING_EXTENSION, evaluation_extension, finding_extension
from cards.groups import Group, Withheld, Worded, choose, grouped
from cards.markdown import plain
from cards.overrides import override_reasons, topic_coding
from cds_service.domain.actions import Action
from cds_service.domain.findings import Evaluation, Outcome, Topic
from cds_service.domain.frozen import dataclass

Actions: TypeAlias = Mapping[tuple[str, int], Sequence[Action]]

APP_LABEL: Final = "Show the whole program"
PACKET_LABEL: Final = "Open the authorization packet"
PACKET: Final = "packet"
"""``appContext`` of the link to the packet, in place of the rule whose card was followed."""
WITH_PACKET: Final = frozenset({"authorization", "program-duration"})
"""Rules whose cards open the packet."""
APP_PATH: Final = "/app/launch"
"""Where the SMART app is opened, below the public URL."""
NO_ACTIONS: Final[Actions] = MappingProxyType({})
NOTHING_UNWANTED: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Composition:
    """A response with what it was made of: the groups behind its cards in their order, and those held back."""

    response: HookResponse = NO_CARDS
    shown: tuple[Group, ...] = ()
    withheld: tuple[Withheld, ...] = ()

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards of the response; each stands for the group at its place in ``shown``."""
        return self.response.cards


def compose(
    evaluation: Evaluation | None,
    actions: Actions = NO_ACTIONS,
    settings: CardSettings | None = None,
    unwanted: Mapping[str, str] = NOTHING_UNWANTED,
) -> Composition:
    """The whole response of a hook call.

    ``actions`` holds the FHIR actions of each proposal by finding key and index; a proposal without actions gets no
    suggestion. ``unwanted`` says by finding key why a finding is not to be shown. A call about something else (no
    evaluation, or no rule applied) is answered with no cards only.
    Without ``settings`` the cards are those of an unnamed call on the date of service.

    Raises:
        WordingError: a finding whose kind has no words, or that lacks a fact its words need.
    """
    if evaluation is None or all(rule.outcome is Outcome.NOT_APPLICABLE for rule in evaluation.rules):
        return Composition()
    settings = settings or CardSettings(today=evaluation.date_of_service)
    shown, withheld = choose(grouped(evaluation.findings, settings), settings.max_cards, unwanted)
    response = HookResponse(
        tuple(_card(group, actions, settings, evaluation.lacking) for group in shown),
        {EVALUATION_EXTENSION: evaluation_extension(evaluation, withheld, settings)},
    )
    return Composition(response, tuple(shown), tuple(withheld))


def _card(group: Group, actions: Actions, settings: CardSettings, lacking: str | None) -> Card:
    finding = group.host.finding
    by_member = [tuple(_suggestions(member, actions, settings)) for member in group.members]
    suggestions = _once_recommended(tuple(_each_once(by_member)))
    independent = settings.selection_any and sum(map(bool, by_member)) > 1
    return Card(
        uuid=settings.identity(finding.key),
        summary=group.host.words.summary,
        indicator=group.severity,
        source=_source(settings.source_label, settings.public_url, finding.topic),
        detail=detail_of(group, settings, lacking),
        suggestions=suggestions,
        selection_behavior=("any" if independent else "at-most-one") if suggestions else None,
        override_reasons=override_reasons(finding.topic, settings.public_url),
        links=tuple(_links(group, settings)),
        extension={FINDING_EXTENSION: finding_extension(group)},
    )


@lru_cache(maxsize=256)
def _source(label: str, public_url: str, topic: Topic) -> CardSource:
    return CardSource(plain(label), public_url, topic_coding(topic, public_url))


def _links(group: Group, settings: CardSettings) -> Iterator[CardLink | AppLink]:
    """To the SMART app, where there is one, and to the pages of the rules and of the policy that decides."""
    if settings.app:
        yield AppLink(APP_LABEL, f"{settings.public_url}{APP_PATH}", group.host.finding.rule)
        if not WITH_PACKET.isdisjoint(member.finding.rule for member in group.members):
            yield AppLink(PACKET_LABEL, f"{settings.public_url}{APP_PATH}", PACKET)
    for rule in dict.fromkeys(member.finding.rule for member in group.members):
        title = settings.rules.get(rule, rule)
        yield _link(f"About the rule: {title}", f"{settings.public_url}/rules/{rule}")
    if group.host.finding.values:
        policy = group.host.finding.values[0].policy
        title = settings.policies.get(policy, policy)
        yield _link(f"About the policy: {title}", f"{settings.public_url}/policies/{policy}")


@lru_cache(maxsize=1024)
def _link(label: str, url: str) -> CardLink:
    return CardLink(plain(label), url)


def _suggestions(member: Worded, actions: Actions, settings: CardSettings) -> Iterator[Suggestion]:
    for index, proposal in enumerate(member.finding.proposals):
        changes = actions.get((member.finding.key, index))
        if changes:
            yield Suggestion(
                uuid=settings.identity(f"{member.finding.key}#{index}"),
                label=member.words.label(proposal.key, proposal.facts) or plain(changes[0].description),
                is_recommended=proposal.recommended,
                actions=tuple(changes),
            )


def _each_once(by_member: Sequence[tuple[Suggestion, ...]]) -> Iterator[Suggestion]:
    """The suggestions of all members; where two call for the same request, that of the first one."""
    before: list[Sequence[Action]] = []
    for suggestions in by_member:
        yield from (suggestion for suggestion in suggestions if suggestion.actions not in before)
        before.extend(suggestion.actions for suggestion in suggestions)


def _once_recommended(suggestions: tuple[Suggestion, ...]) -> tuple[Suggestion, ...]:
    """Leave only the first recommendation (CH-S-10)."""
    first = next((place for place, suggestion in enumerate(suggestions) if suggestion.is_recommended), None)
    if first is None or not any(suggestion.is_recommended for suggestion in suggestions[first + 1 :]):
        return suggestions
    later = (replace(suggestion, is_recommended=False) for suggestion in suggestions[first + 1 :])
    return (*suggestions[: first + 1], *later)
