"""Findings to a complete CDS Hooks response."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from cards.card_settings import CardSettings
from cards.detail import detail_of
from cards.explanation import (
    EVALUATION_EXTENSION,
    FINDING_EXTENSION,
    JsonObject,
    evaluation_extension,
    finding_extension,
)
from cards.groups import Group, Withheld, Worded, choose, grouped
from cards.markdown import plain
from cards.overrides import override_reasons, topic_coding
from cds_service.domain.findings import Evaluation, Outcome
from cds_service.domain.frozen import dataclass

__all__ = ["Actions", "CardSettings", "Composition", "compose", "composition"]

Actions: TypeAlias = Mapping[tuple[str, int], Sequence[JsonObject]]


@dataclass(frozen=True, slots=True)
class Composition:
    """A response with what it was made of: the groups behind its cards in their order, and those held back."""

    response: JsonObject
    shown: tuple[Group, ...] = ()
    withheld: tuple[Withheld, ...] = ()


def compose(evaluation: Evaluation | None, actions: Actions, settings: CardSettings) -> JsonObject:
    """The whole response of a hook call; see ``composition``."""
    return composition(evaluation, actions, settings).response


def composition(
    evaluation: Evaluation | None, actions: Actions, settings: CardSettings, unwanted: Mapping[str, str] | None = None
) -> Composition:
    """The whole response of a hook call.

    ``actions`` holds the FHIR actions of each proposal by finding key and index; a proposal without actions gets no
    suggestion. ``unwanted`` says by finding key why a finding is not to be shown. A call about something else (no
    evaluation, or no rule applied) is answered with no cards only.

    Raises:
        WordingError: a finding whose kind has no words, or that lacks a fact its words need.
    """
    if evaluation is None or all(one.outcome is Outcome.NOT_APPLICABLE for one in evaluation.rules):
        return Composition({"cards": []})
    shown, withheld = choose(grouped(evaluation.findings, settings), settings.max_cards, unwanted or {})
    response: JsonObject = {
        "cards": [_card(group, actions, settings, evaluation.lacking) for group in shown],
        "extension": {EVALUATION_EXTENSION: evaluation_extension(evaluation, withheld, settings)},
    }
    return Composition(response, tuple(shown), tuple(withheld))


def _card(group: Group, actions: Actions, settings: CardSettings, lacking: str | None) -> JsonObject:
    finding = group.host.finding
    card: JsonObject = {
        "uuid": settings.identity(finding.key),
        "summary": group.host.words.summary,
        "indicator": group.severity.value,
        "source": {
            "label": plain(settings.source_label),
            "url": settings.public_url,
            "topic": topic_coding(finding.topic, settings.public_url),
        },
        "detail": detail_of(group, settings, lacking),
    }
    by_member = [list(_suggestions(one, actions, settings)) for one in group.members]
    suggestions = [suggestion for several in by_member for suggestion in several]
    if suggestions:
        _recommend_one(suggestions)
        independent = sum(map(bool, by_member)) > 1
        card["suggestions"] = suggestions
        card["selectionBehavior"] = "any" if settings.selection_any and independent else "at-most-one"
    card["overrideReasons"] = override_reasons(finding.topic, settings.public_url)
    card["links"] = list(_links(group, settings))
    card["extension"] = {FINDING_EXTENSION: finding_extension(group)}
    return card


def _links(group: Group, settings: CardSettings) -> Iterator[JsonObject]:
    """To the pages of the rules and of the policy that decides, by their titles."""
    for rule in dict.fromkeys(one.finding.rule for one in group.members):
        yield _link(f"About the rule: {settings.rules.get(rule, rule)}", f"{settings.public_url}/rules/{rule}")
    if group.host.finding.values:
        policy = group.host.finding.values[0].policy
        title = settings.policies.get(policy, policy)
        yield _link(f"About the policy: {title}", f"{settings.public_url}/policies/{policy}")


def _link(label: str, url: str) -> JsonObject:
    return {"label": plain(label), "url": url, "type": "absolute"}


def _suggestions(one: Worded, actions: Actions, settings: CardSettings) -> Iterator[JsonObject]:
    for index, proposal in enumerate(one.finding.proposals):
        changes = actions.get((one.finding.key, index))
        if not changes:
            continue
        suggestion: JsonObject = {
            "uuid": settings.identity(f"{one.finding.key}#{index}"),
            "label": one.words.label(proposal.key, proposal.facts) or plain(str(changes[0]["description"])),
        }
        if proposal.recommended:
            suggestion["isRecommended"] = True
        suggestion["actions"] = [dict(change) for change in changes]
        yield suggestion


def _recommend_one(suggestions: Sequence[JsonObject]) -> None:
    """Leave only the first recommendation (CH-S-10)."""
    for later in [one for one in suggestions if "isRecommended" in one][1:]:
        del later["isRecommended"]
