"""One card of a bundled story, as the home page and the pages of the rules show it."""

from flask import render_template
from markupsafe import Markup

from cards.explanation import FINDING_EXTENSION
from cds_service.stories.story_files import load
from cds_service.web.pages.drawn_cards import drawn_card
from cds_service.web.pages.try_it.answering import played_here, today_here
from cds_service.web.pages.try_it.trial_state import FIRST_STORY
from cds_service.web.site import Site


def live_card(site: Site, story: str = FIRST_STORY, hook: str | None = None, rule: str | None = None) -> Markup | None:
    """The first card of a story's answer, drawn as an EHR would; None where it has none.

    Args:
        site: The deployment that answers.
        story: Name of a bundled story.
        hook: One of its hooks; by default its first.
        rule: The rule whose card is wanted; by default any.

    Raises:
        StoryError: no story has this name, or it cannot be asked with this hook.
    """
    chosen = load(story, today_here(site.settings))
    for card in played_here(site, chosen, hook or chosen.hook).cards:
        if rule is None or card["extension"][FINDING_EXTENSION]["rule"] == rule:
            return Markup(render_template("cards/one_card.html", card=drawn_card(card)))  # noqa: S704 - templates escape
    return None
