"""Plays a story: request bytes in, answer out, through the same pipeline that the web layer calls.

What a story can expect:

``fires``            rules, or kinds like ``reassessment.overdue``, that must be among the findings
``silent``           rules that must have looked and found nothing
``gaps``             rules that must say that a fact is missing
``not_applicable``   rules whose question must not arise
``only``             the rules of exactly the cards shown, in their order; ``[]`` is no card
``charges``          the lines of the first charge suggestion, like ``97545 x1 GP; 97546 x2 GP``; or ``none``
``recommended``      whether the first suggestion of any card is recommended
``summaries``        texts that must each be part of some card's summary
``details``          texts that must each be part of some card's detail
``said``             texts that the cards must contain somewhere, suggestions included
``unsaid``           texts that no card may contain anywhere
``policies``         policy layers that must have been applied
``status``           412 when the call must be refused for want of data
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from cards.validate import problems
from cds_service.errors import DataNeeded
from cds_service.fhir.judge import check as invalid
from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.hooks.services import SERVICES
from cds_service.policies.stack import PolicyStack
from cds_service.sandbox import Story

FINDING = "work-rehab-cds.finding"
EVALUATION = "work-rehab-cds.evaluation"
KNOWN = frozenset(
    {
        "fires", "silent", "gaps", "not_applicable", "only", "charges", "recommended", "summaries", "details",
        "said", "unsaid", "policies", "status",
    }
)  # fmt: skip
OUTCOMES = {"fires": "fired", "silent": "quiet", "gaps": "gap", "not_applicable": "not-applicable"}
CLINIC_TIME = timezone(timedelta(hours=-6))


@dataclass(frozen=True)
class Played:
    """An answer, or the refusal for want of data."""

    answer: Mapping[str, Any]
    refused: DataNeeded | None = None

    @property
    def cards(self) -> list[Mapping[str, Any]]:
        return list(self.answer.get("cards", []))

    @property
    def evaluation(self) -> Mapping[str, Any]:
        return self.answer.get("extension", {}).get(EVALUATION, {})

    @property
    def outcomes(self) -> dict[str, str]:
        return {one["id"]: one["outcome"] for one in self.evaluation.get("rules", [])}

    @property
    def kinds(self) -> set[str]:
        findings = [card["extension"][FINDING] for card in self.cards]
        joined = [one["kind"] for finding in findings for one in finding.get("joined", [])]
        return {*(finding["kind"] for finding in findings), *joined}


@cache
def bundled_policies() -> PolicyStack:
    return PolicyStack.load()


def policies_of(story: Story) -> PolicyStack:
    """The bundled policies, with the story's own values as a site would add them."""
    if not story.policies:
        return bundled_policies()
    source = {"title": "What this story assumes", "retrieved": story.today}
    values = {
        name: [{"from": story.today.replace(year=2000), "value": value, "source": source, "confidence": "default"}]
        for name, value in story.policies.items()
    }
    document = {
        "policy": "site",
        "title": "Site",
        "match": {},
        "status": "partial",
        "not_modelled": [],
        "values": values,
    }
    with tempfile.TemporaryDirectory() as folder:
        YAML(typ="safe", pure=True).dump(document, Path(folder) / "site.yaml")
        return PolicyStack.load([Path(folder)])


def play(story: Story, hook: str, max_cards: int = 50) -> Played:
    """Answer the story's request for a hook."""
    answerer = Answerer(
        policies=policies_of(story),
        clock=lambda: datetime(story.today.year, story.today.month, story.today.day, 9, tzinfo=CLINIC_TIME),
        public_url="https://cds.example.org",
        source_label="Work Rehab CDS",
        max_cards=max_cards,
        jurisdiction=story.client.jurisdiction,
    )
    body = json.dumps(story.request(hook)).encode()
    service = next(one.id for one in SERVICES if one.hook == hook)
    try:
        return Played(answerer.answer(read_call(body, service)))
    except DataNeeded as refused:
        return Played({}, refused)


def check(story: Story, played: Played) -> list[str]:
    """What is not as the story expects, in sentences; every answer has to obey CDS Hooks and FHIR besides."""
    expect = story.expect
    unknown = set(expect) - KNOWN
    if unknown or not expect:
        return [f"expect: {'says nothing' if not expect else f'unknown keys {sorted(unknown)}'}"]
    if (expect.get("status") == 412) != (played.refused is not None):
        return [f"refused: {played.refused}"]
    if played.refused is not None:
        return []
    return [*_rules(expect, played), *_cards(expect, played), *_validity(played)]


def _rules(expect: Mapping[str, Any], played: Played) -> list[str]:
    wrong = []
    for key, outcome in OUTCOMES.items():
        for name in expect.get(key, []):
            rule = name.split(".")[0]
            if played.outcomes.get(rule) != outcome:
                wrong.append(f"{rule} should be {outcome}, is {played.outcomes.get(rule)}: {_seen(played)}")
            elif "." in name and name not in played.kinds:
                wrong.append(f"{name} is not among {sorted(played.kinds)}")
    missing = set(expect.get("policies", [])) - set(played.evaluation.get("policies", []))
    if missing:
        wrong.append(f"policies {sorted(missing)} are not among {played.evaluation.get('policies')}")
    return wrong


def _cards(expect: Mapping[str, Any], played: Played) -> list[str]:
    wrong = []
    shown = [card["extension"][FINDING]["rule"] for card in played.cards]
    if "only" in expect and expect["only"] != shown:
        wrong.append(f"cards should be {expect['only']}, are {shown}: {_seen(played)}")
    if "charges" in expect and expect["charges"] != charges(played):
        wrong.append(f"charges should be {expect['charges']}, are {charges(played)}")
    recommended = any("isRecommended" in one for card in played.cards for one in card.get("suggestions", []))
    if "recommended" in expect and expect["recommended"] != recommended:
        wrong.append(f"a suggestion is {'' if recommended else 'not '}recommended")
    for key, field in (("summaries", "summary"), ("details", "detail")):
        told = [card[field] for card in played.cards]
        missing = [text for text in expect.get(key, []) if not any(text in one for one in told)]
        wrong.extend(f"no card's {field} says {text!r}: {told}" for text in missing)
    everything = json.dumps(played.cards, ensure_ascii=False)
    wrong.extend(f"no card says {text!r}" for text in expect.get("said", []) if text not in everything)
    wrong.extend(f"a card says {text!r}" for text in expect.get("unsaid", []) if text in everything)
    return wrong


def _validity(played: Played) -> list[str]:
    wrong = problems(played.answer)
    for card in played.cards:
        for suggestion in card.get("suggestions", []):
            for action in suggestion["actions"]:
                problem = invalid(action["resource"]) if "resource" in action else None
                if problem is not None:
                    wrong.append(f"{action['description']}: {problem}")
    return wrong


def charges(played: Played) -> str:
    """The lines of the first suggested Claim, as billers write them."""
    for card in played.cards:
        for suggestion in card.get("suggestions", []):
            for action in suggestion["actions"]:
                if action.get("resource", {}).get("resourceType") == "Claim":
                    return "; ".join(_line(item) for item in action["resource"].get("item", []))
    return "none"


def _line(item: Mapping[str, Any]) -> str:
    codes = [coding["code"] for coding in item["productOrService"]["coding"]]
    modifiers = [coding["code"] for one in item.get("modifier", []) for coding in one["coding"]]
    return " ".join([f"{codes[0]} x{item['quantity']['value']:g}", *modifiers])


def _seen(played: Played) -> str:
    return "; ".join(card["summary"] for card in played.cards) or "no cards"
