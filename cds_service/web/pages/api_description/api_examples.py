"""Examples for the description: bundled stories as an EHR sends them, and what the service answers."""

from datetime import date, datetime, time
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.hooks.services import SERVICES
from cds_service.policies.stack import PolicyStack
from cds_service.stories import Story, load

SHOWN_STORIES: Final = {
    "order-select": "order-without-code",
    "order-sign": "order-without-code",
    "order-dispatch": "order-without-code",
    "encounter-start": "reassessment-overdue",
    "encounter-discharge": "colles-fracture",
    "appointment-book": "booking-past-authorization",
    "patient-view": "colles-fracture",
}
"""The bundled story that shows a hook."""
_CLINIC: Final = ZoneInfo("America/Chicago")


class CallExample(NamedTuple):
    """A call of a hook and its answer, as JSON."""

    title: str
    request: dict[str, Any]
    answer: dict[str, Any]


def call_examples(policies: PolicyStack, public_url: str, source_label: str, day: date) -> dict[str, CallExample]:
    """One call of each hook, by hook: nine in the morning of ``day``, answered by these policies."""
    answerer = Answerer(
        policies=policies,
        clock=lambda: datetime.combine(day, time(9), _CLINIC),
        public_url=public_url,
        source_label=source_label,
    )
    stories = {name: load(name, day) for name in dict.fromkeys(SHOWN_STORIES.values())}
    return {
        service.hook: _example(stories[SHOWN_STORIES[service.hook]], service.hook, answerer) for service in SERVICES
    }


def _example(story: Story, hook: str, answerer: Answerer) -> CallExample:
    request = orjson.dumps(story.request(hook))
    service = next(service for service in SERVICES if service.hook == hook)
    answered = answerer.answered(read_call(request, service.id))
    return CallExample(story.title, orjson.loads(request), answered.response)


def feedback_example(answer: dict[str, Any], day: date) -> dict[str, Any]:
    """Feedback on the first card of an answer: its first suggestion was accepted."""
    card = answer["cards"][0]
    at = datetime.combine(day, time(9, 5), _CLINIC)
    accepted = [{"id": suggestion["uuid"]} for suggestion in card["suggestions"][:1]]
    entry = {"card": card["uuid"], "outcome": "accepted", "acceptedSuggestions": accepted}
    return {"feedback": [entry | {"outcomeTimestamp": at.isoformat()}]}
