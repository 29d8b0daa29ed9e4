"""Plays a story: request bytes in, answer out, through the same pipeline that the web layer calls."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from cards.explanation import EVALUATION_EXTENSION, FINDING_EXTENSION
from cards.groups import QUIET
from cds_service.domain.findings import RuleOutcome
from cds_service.domain.values import Parameter
from cds_service.errors import DataNeeded
from cds_service.hooks.answer import Answered, Answerer
from cds_service.hooks.call import read_call
from cds_service.policies.files.document import PolicyError
from cds_service.policies.files.loader import load_file
from cds_service.policies.owners.effective import Effective, effective_value
from cds_service.policies.stack import PolicyStack
from cds_service.security.clients import DEMO, Caller, Client
from cds_service.stories.request import SERVICE_BY_HOOK
from cds_service.stories.story import Story, StoryError

CLINIC_TIME: Final = timezone(timedelta(hours=-6))
ANY_NUMBER: Final = 50
STORY_LAYER: Final = "this-story"
"""Id of the policy that holds the values under ``policies`` of a story."""


@dataclass(frozen=True)
class Played:
    """What became of a story's call: answered, or refused for want of data."""

    hook: str
    policies: PolicyStack
    answered: Answered | None = None
    refused: DataNeeded | None = None

    @cached_property
    def answer(self) -> Mapping[str, Any]:
        """The response; empty when the call was refused."""
        return self.answered.response if self.answered is not None else {}

    @property
    def cards(self) -> list[Mapping[str, Any]]:
        """The cards of the response."""
        return list(self.answer.get("cards", []))

    @property
    def evaluation(self) -> Mapping[str, Any]:
        """The trace that travels with the response."""
        found: Mapping[str, Any] = self.answer.get("extension", {}).get(EVALUATION_EXTENSION, {})
        return found

    @cached_property
    def rules(self) -> dict[str, RuleOutcome]:
        """What became of each rule of the hook, by id."""
        evaluation = self.answered.evaluation if self.answered is not None else None
        return {trace.rule: trace for trace in evaluation.rules} if evaluation is not None else {}

    @property
    def shown(self) -> list[str]:
        """The rules of the cards, in their order, without the quiet ones."""
        rules = [card["extension"][FINDING_EXTENSION]["rule"] for card in self.cards]
        return [rule for rule in rules if rule not in QUIET]

    @property
    def kinds(self) -> set[str]:
        """Kinds of the findings on the cards, like ``reassessment.overdue``."""
        findings = [card["extension"][FINDING_EXTENSION] for card in self.cards]
        joined = [part["kind"] for finding in findings for part in finding.get("joined", [])]
        return {*(finding["kind"] for finding in findings), *joined}

    def effective(self, parameter: Parameter[Any]) -> Effective:
        """What a policy parameter came to in this call."""
        consultation = self.answered.consultation if self.answered is not None else None
        if consultation is None:
            return Effective(parameter, None)
        return effective_value(self.policies, consultation.policy, parameter)


def play(story: Story, hook: str, policies: PolicyStack, max_cards: int = ANY_NUMBER) -> Played:
    """Answer the story's request for a hook, at nine in the morning of its today.

    Args:
        story: The story; values under its ``policies`` lie on top of the others.
        hook: One of its hooks, or another one.
        policies: The policies to answer with.
        max_cards: Most cards of the answer.

    Raises:
        StoryError: the story cannot be asked with this hook, or its own values are refused.
    """
    answerer = Answerer(
        policies=policies,
        clock=morning_of(story),
        public_url="https://cds.example.org",
        source_label="Work Rehab CDS",
        max_cards=max_cards,
    )
    return play_with(answerer, story, hook)


def morning_of(story: Story) -> Callable[[], datetime]:
    """A clock that stands at nine in the morning of the story's today."""
    nine = datetime(story.today.year, story.today.month, story.today.day, 9, tzinfo=CLINIC_TIME)
    return lambda: nine


def play_with(answerer: Answerer, story: Story, hook: str) -> Played:
    """Answer the story's request for a hook as this one answers, with what the story says of its client and policies.

    Raises:
        StoryError: the story cannot be asked with this hook, or its own values are refused.
    """
    stack = with_own_values(story, answerer.policies.current)
    client = story.client
    zone = ZoneInfo(client.time_zone) if client.time_zone is not None else answerer.time_zone
    answerer = replace(
        answerer, policies=stack, jurisdiction=client.jurisdiction or answerer.jurisdiction, time_zone=zone
    )
    call = read_call(json.dumps(story.request(hook)).encode(), SERVICE_BY_HOOK[hook].id)
    try:
        return Played(hook, stack, answered=answerer.answered(call, _caller(story)))
    except DataNeeded as refused:
        return Played(hook, stack, refused=refused)


def _caller(story: Story) -> Caller:
    entry = story.client
    client = Client(
        issuer=DEMO.client.issuer,
        not_available=entry.not_available,
        program_state=entry.program_state,
        not_checked=entry.not_checked,
    )
    return Caller(client)


def with_own_values(story: Story, policies: PolicyStack) -> PolicyStack:
    """The policies with the story's own values on top, as a site would add them.

    A value holds for all dates, or as ``{from: …, until: …, value: …}`` from a date on; ``confidence`` beside it says
    how sure it is, like ``verified``.

    Raises:
        StoryError: a value is refused; the text names its key.
    """
    if not story.policies:
        return policies
    source = {"title": "What this story assumes", "retrieved": story.today}
    assumed = {"from": date(2000, 1, 1), "source": source, "confidence": "default"}
    values = {
        name: [{**assumed, **(value if _is_dated(value) else {"value": value})}]
        for name, value in story.policies.items()
    }
    document = {"policy": STORY_LAYER, "title": "What this story assumes", "status": "partial", "values": values}
    place = 1 + max(policy.folder for policy in policies.policies)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{STORY_LAYER}.yaml"
        file.write_bytes(orjson.dumps(document))
        try:
            return PolicyStack((*policies.policies, load_file(file, place)))
        except PolicyError as problem:
            raise StoryError(story.name, "policies", str(problem).rpartition(f"{file.name}:")[2].strip()) from None


def _is_dated(value: object) -> bool:
    return isinstance(value, Mapping) and "value" in value and value.keys() <= {"from", "until", "value", "confidence"}
