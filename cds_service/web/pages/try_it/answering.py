"""Stories answered as this deployment answers: with its policies and settings, without its records or any network."""

from datetime import date, datetime

from cds_service.app.assembly import local_now
from cds_service.app.labels import labels_from
from cds_service.app.settings import Settings
from cds_service.hooks.answer import Answerer, Withhold
from cds_service.stories.playing import Played, morning_of, play_with
from cds_service.stories.story import Story
from cds_service.web.site import Site


def today_here(settings: Settings) -> date:
    """The day on which stories are played."""
    return local_now().astimezone(settings.time_zone).date()


def played_here(site: Site, story: Story, hook: str, withhold: Withhold | None = None) -> Played:
    """What became of a story's call.

    Raises:
        StoryError: the story cannot be asked with this hook.
    """
    return play_with(answerer_here(site, morning_of(story)(), withhold), story, hook)


def answerer_here(site: Site, now: datetime, withhold: Withhold | None = None) -> Answerer:
    """The pipeline of this deployment at a moment; it asks no FHIR server and looks at no records."""
    settings = site.settings
    return Answerer(
        policies=site.policies,
        clock=lambda: now,
        public_url=settings.public_url,
        source_label=settings.source_label,
        max_cards=settings.max_cards,
        jurisdiction=settings.jurisdiction,
        time_zone=settings.time_zone,
        withhold=withhold,
        labels=labels_from(settings.cpt_descriptors),
        strict_fhir=settings.strict_fhir,
    )
