"""Feedback on a card: what the user did with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cds_service.ehr.situation import NotInContextError


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the user did with the card of a number, counted from 1.

    ``suggestion`` is the one accepted, by its id; without it all where any number may be chosen, else the recommended
    or the first.
    """

    card: int
    outcome: Literal["accepted", "overridden"]
    reason: str | None = None
    comment: str | None = None
    suggestion: str | None = None


def feedback_on(answer: Mapping[str, Any], decision: Decision, at: datetime) -> dict[str, Any]:
    """The feedback entry about a card of an answer (CH-F).

    Raises:
        NotInContextError: the answer has no such card, the card not this suggestion or none, or not this reason.
    """
    cards: Sequence[Mapping[str, Any]] = answer.get("cards", [])
    if not 1 <= decision.card <= len(cards):
        raise NotInContextError(f"there is no card {decision.card}", f"the answer has {len(cards)}")
    card = cards[decision.card - 1]
    entry: dict[str, Any] = {"card": card["uuid"], "outcome": decision.outcome, "outcomeTimestamp": at.isoformat()}
    if decision.outcome == "accepted":
        suggestions = _chosen(card, decision)
        return entry | {"acceptedSuggestions": [{"id": suggestion["uuid"]} for suggestion in suggestions]}
    reason: dict[str, Any] = {}
    if decision.reason is not None:
        reason["reason"] = _reason(card.get("overrideReasons", ()), decision.reason)
    if decision.comment is not None:
        reason["userComment"] = decision.comment
    return entry | ({"overrideReason": reason} if reason else {})


def _chosen(card: Mapping[str, Any], decision: Decision) -> list[Mapping[str, Any]]:
    suggestions: list[Mapping[str, Any]] = card.get("suggestions", [])
    if not suggestions:
        raise NotInContextError(f"card {decision.card} has no suggestion to accept", "it can be overridden")
    if decision.suggestion is not None:
        found = [suggestion for suggestion in suggestions if suggestion["uuid"] == decision.suggestion]
        if not found:
            raise NotInContextError(f"card {decision.card} has no such suggestion", "it may be of another answer")
        return found
    if card.get("selectionBehavior") == "any":
        return suggestions
    return [next((suggestion for suggestion in suggestions if suggestion.get("isRecommended")), suggestions[0])]


def _reason(offered: Iterable[Mapping[str, str]], code: str) -> Mapping[str, str]:
    found = next((reason for reason in offered if reason.get("code") == code), None)
    if found is None:
        codes = ", ".join(reason.get("code", "") for reason in offered) or "none"
        raise NotInContextError(f"the card does not offer the reason {code}", f"it offers {codes}")
    return found
