"""A card of each rule, and the stories that make it speak, as this deployment answers today."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cards.explanation import FINDING_EXTENSION
from cds_service.stories.story import Story
from cds_service.stories.story_files import bundled, example_for, load
from cds_service.web.pages.drawn_cards import DrawnCard, drawn_card
from cds_service.web.pages.try_it.answering import played_here, today_here
from cds_service.web.pages.try_it.choices import MOMENTS
from cds_service.web.pages.try_it.trial_state import TrialState
from cds_service.web.site import Site

if TYPE_CHECKING:
    from cds_service.policies.stack import PolicyStack


@dataclass(frozen=True, slots=True)
class SpokenStory:
    """A story in which a rule speaks; ``query`` opens it on ``/try``, None for one that is not there."""

    title: str
    moment: str
    summary: str
    query: str | None
    card: Mapping[str, Any]


class RuleCards:
    """What rules say in stories; played once for the policies in use and the day."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._key: tuple[PolicyStack, date] | None = None
        self._spoken: dict[str, list[SpokenStory]] = {}

    def stories(self, rule: str) -> list[SpokenStory]:
        """The stories in which a rule speaks; those in which it has a card of its own first."""
        today = today_here(self._site.settings)
        key = (self._site.policies.current, today)
        if self._key != key:
            spoken: dict[str, list[tuple[bool, SpokenStory]]] = {}
            for name in bundled():
                story = load(name, today)
                query = urlencode(TrialState(name, story.hook).fields())
                for said, own, found in self._speaking(story, story.hook, query):
                    spoken.setdefault(said, []).append((not own, found))
            ranked = {said: sorted(found, key=lambda pair: pair[0]) for said, found in spoken.items()}
            self._spoken = {said: [story for _, story in found] for said, found in ranked.items()}
            self._key = key
        return self._spoken.get(rule) or self._example(rule, today)

    def card(self, rule: str) -> DrawnCard | None:
        """A card of the rule; None where no story makes it speak by the policies in use."""
        found = self.stories(rule)
        return drawn_card(found[0].card) if found else None

    def _example(self, rule: str, today: date) -> list[SpokenStory]:
        story = example_for(rule, today)
        if story is None:
            return []
        return [found for said, _, found in self._speaking(story, story.hook, None) if said == rule]

    def _speaking(self, story: Story, hook: str, query: str | None) -> Iterator[tuple[str, bool, SpokenStory]]:
        """The rules that speak, and whether the card is their own or another rule's that they joined."""
        for card in played_here(self._site, story, hook).cards:
            finding = card["extension"][FINDING_EXTENSION]
            found = SpokenStory(story.title, MOMENTS[hook], card["summary"], query, card)
            yield finding["rule"], True, found
            for said in {part["rule"] for part in finding.get("joined", ())} - {finding["rule"]}:
                yield said, False, found
