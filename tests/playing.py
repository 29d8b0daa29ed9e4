"""Plays a story with the bundled policies; besides what it expects, every answer has to obey CDS Hooks and FHIR."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from cards.explanation import FINDING_EXTENSION
from cds_service.ehr.judging import problems
from cds_service.fhir.judge import first_r4_error as invalid
from cds_service.policies.stack import PolicyStack
from cds_service.stories import Story, read
from cds_service.stories.checking import charges, unmet
from cds_service.stories.playing import ANY_NUMBER, Played
from cds_service.stories.playing import play as play_with

__all__ = ["FINDING", "Played", "bundled_policies", "charges", "check", "play", "stories_of"]

FINDING = FINDING_EXTENSION
CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 3, 16)


@cache
def bundled_policies() -> PolicyStack:
    return PolicyStack.load()


@cache
def stories_of(path: Path) -> tuple[Story, ...]:
    """The stories of a file on the suite's today; read once for all tests that ask for them."""
    return read(path, TODAY)


def play(story: Story, hook: str, max_cards: int = ANY_NUMBER) -> Played:
    """Answer the story's request for a hook."""
    return play_with(story, hook, bundled_policies(), max_cards)


def check(story: Story, played: Played) -> list[str]:
    """What is not as the story expects, or not valid, in sentences."""
    return [*unmet(story, played), *_validity(played)] if played.refused is None else unmet(story, played)


def _validity(played: Played) -> Iterator[str]:
    yield from problems(played.answer)
    for card in played.cards:
        for suggestion in card.get("suggestions", []):
            for action in suggestion["actions"]:
                problem = invalid(action["resource"]) if "resource" in action else None
                if problem is not None:
                    yield f"{action['description']}: {problem}"
