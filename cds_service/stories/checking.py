"""Compares the answer to a story with what the story expects, in sentences."""

import json
from collections.abc import Iterator
from typing import Any, Final

from cds_service.domain.findings import Outcome
from cds_service.domain.values import Json
from cds_service.policies.owners.notation import written
from cds_service.policies.parameters import PARAMETERS
from cds_service.stories.expectations import Expect
from cds_service.stories.playing import Played
from cds_service.stories.story import Story
from cds_service.stories.words import NONE_WORD

OUTCOMES: Final = {
    "fires": Outcome.FIRED,
    "silent": Outcome.QUIET,
    "gaps": Outcome.GAP,
    "not_applicable": Outcome.NOT_APPLICABLE,
}
LONGEST_VALUE_SHOWN: Final = 200


def unmet(story: Story, played: Played) -> list[str]:
    """What is not as the story expects; an empty list when all is."""
    expect = story.expect
    if expect.empty:
        return ["expect: nothing is expected; say what the answer has to be"]
    if (expect.status is not None) != (played.refused is not None):
        return [f"the call was refused: {played.refused}" if played.refused else "the call was answered, not refused"]
    if played.refused is not None:
        return []
    return [*_rules(expect, played), *_policies(expect, played), *_cards(expect, played)]


def _rules(expect: Expect, played: Played) -> Iterator[str]:
    for key, outcome in OUTCOMES.items():
        for name in getattr(expect, key):
            rule = name.split(".")[0]
            became = played.rules.get(rule)
            if became is None:
                yield f"{rule} should be {outcome}, but is not asked at {played.hook}"
            elif became.outcome is not outcome:
                why = f" ({became.why})" if became.why is not None else ""
                yield f"{rule} should be {outcome}, is {became.outcome}{why}; {_seen(played)}"
            elif "." in name and name not in played.kinds:
                yield f"{name} is not among the findings: {', '.join(sorted(played.kinds)) or 'none'}"


def _policies(expect: Expect, played: Played) -> Iterator[str]:
    applied: list[str] = played.evaluation.get("policies", [])
    for policy in expect.policies:
        if policy not in applied:
            yield f"policy {policy} does not apply; applied: {', '.join(applied) or 'none'}"
    for name, value in expect.values.items():
        row = played.effective(PARAMETERS[name])
        wanted = None if value == NONE_WORD else _plain(value)
        if wanted != _plain(row.plain):
            yield f"{name} should be {_value(wanted)}, is {_value(row.plain)} ({row.layer or 'no policy has it'})"
    for name, layer in expect.layers.items():
        row = played.effective(PARAMETERS[name])
        if layer != (row.layer or NONE_WORD):
            yield f"{name} should come from {layer}, comes from {row.layer or NONE_WORD} ({_value(row.plain)})"
    for name in expect.questions:
        if not played.effective(PARAMETERS[name]).questions:
            yield f"{name} should be asked about; no unverified value of it applies"


def _cards(expect: Expect, played: Played) -> Iterator[str]:
    if expect.only is not None and expect.only != played.shown:
        yield f"cards should be {_names(expect.only)}, are {_names(played.shown)}; {_seen(played)}"
    if expect.charges is not None and expect.charges != charges(played):
        yield f"charges should be {expect.charges}, are {charges(played)}"
    recommended = any(
        "isRecommended" in suggestion for card in played.cards for suggestion in card.get("suggestions", [])
    )
    if expect.recommended is not None and expect.recommended != recommended:
        yield f"{'a' if recommended else 'no'} suggestion is recommended"
    for field, texts in (("summary", expect.summaries), ("detail", expect.details)):
        texts_shown = [card[field] for card in played.cards if field in card]
        for text in texts:
            if not any(text in shown for shown in texts_shown):
                yield f"no card's {field} says {text!r}; {_seen(played) if field == 'summary' else texts_shown}"
    whole = json.dumps(played.cards, ensure_ascii=False)
    named = {str(gap["fact"]) for gap in played.evaluation.get("gaps", [])}
    yield from (f"nothing is said to be unknown of {fact!r}" for fact in expect.unknown if fact not in named)
    yield from (f"no card says {text!r}; {_seen(played)}" for text in expect.said if text not in whole)
    yield from (f"a card says {text!r}" for text in expect.unsaid if text in whole)


def charges(played: Played) -> str:
    """The lines of the first suggested Claim, as billers write them: ``97545 x1 GP; 97546 x2 GP``."""
    for card in played.cards:
        for suggestion in card.get("suggestions", []):
            for action in suggestion["actions"]:
                resource = action.get("resource", {})
                if resource.get("resourceType") == "Claim" and resource.get("use") == "claim":
                    return "; ".join(_line(item) for item in resource.get("item", []))
    return NONE_WORD


def _line(item: dict[str, Any]) -> str:
    codes = [coding["code"] for coding in item["productOrService"]["coding"]]
    modifiers = [coding["code"] for modifier in item.get("modifier", []) for coding in modifier["coding"]]
    return " ".join([f"{codes[0]} x{item['quantity']['value']:g}", *modifiers])


def _plain(value: object) -> object:
    """A value with text keys, so that code numbers without quotes mean the same."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _value(value: Json | object) -> str:
    return NONE_WORD if value is None else written(value, LONGEST_VALUE_SHOWN)  # type: ignore[arg-type]


def _names(rules: list[str]) -> str:
    return ", ".join(rules) or NONE_WORD


def _seen(played: Played) -> str:
    return "cards: " + ("; ".join(card["summary"] for card in played.cards) or NONE_WORD)
