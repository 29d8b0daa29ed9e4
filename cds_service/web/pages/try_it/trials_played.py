"""A story played as chosen: the answer, what was done with a card of it, and how the next call answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cards.explanation import FINDING_EXTENSION
from cds_service.domain.findings import Evaluation
from cds_service.ehr.card_feedback import Decision, feedback_on
from cds_service.ehr.situation import NotInContextError
from cds_service.hooks.answer import Withhold
from cds_service.hooks.call import HookCall
from cds_service.records.recent_overrides import OVERRIDDEN
from cds_service.records.suppression import suppressible
from cds_service.security.clients import Caller
from cds_service.stories.language import StoryWords
from cds_service.stories.playing import Played, morning_of
from cds_service.stories.story import Story, build
from cds_service.stories.story_files import words_of_story
from cds_service.web.pages.try_it.answering import played_here, today_here
from cds_service.web.pages.try_it.chart_after import accepted
from cds_service.web.pages.try_it.choices import CONTROL, MOMENTS
from cds_service.web.pages.try_it.draft_lines import AtHand, Find, ShownDraft, drafts_of
from cds_service.web.pages.try_it.trial_state import Deed, TrialState
from cds_service.web.pages.try_it.varied_story import varied
from cds_service.web.pages.try_it.varied_visit import Words
from cds_service.web.site import Site


@dataclass(frozen=True)
class Aftermath:
    """What follows from a deed.

    ``card`` is what it was done with, ``suggestion`` the one accepted; ``drafts`` are what changes in the chart,
    ``feedback`` what the EHR would send; ``next`` is the same call once more. ``gone``, ``kept`` and ``new`` are
    summaries of cards, compared with the answer before.
    """

    deed: Deed
    card: Mapping[str, Any]
    suggestion: Mapping[str, Any] | None
    reason: str | None
    drafts: tuple[ShownDraft, ...]
    feedback: Mapping[str, Any]
    next: Played

    def summaries(self, before: Played) -> tuple[list[str], list[str], list[str]]:
        """Summaries of cards that are gone, that stay, and that are new."""
        old, new = ([str(card["summary"]) for card in played.cards] for played in (before, self.next))
        return (
            [summary for summary in old if summary not in new],
            [summary for summary in new if summary in old],
            [summary for summary in new if summary not in old],
        )


@dataclass(frozen=True)
class Trial:
    """A story as chosen, its call and the answer; ``notes`` are sentences on what of the choices had no use."""

    state: TrialState
    words: Words
    story: Story
    hook: str
    request: Mapping[str, Any]
    played: Played
    aftermath: Aftermath | None
    notes: tuple[str, ...]


def trial(site: Site, state: TrialState) -> Trial:
    """Play a state."""
    today = today_here(site.settings)
    original = dict(words_of_story(state.story))
    hooks = StoryWords.model_validate(original).hook
    notes = []
    hook = state.moment or hooks[0]
    if hook not in hooks:
        notes.append(f"This story has no moment “{MOMENTS[hook]}”. Shown is “{MOMENTS[hooks[0]]}”.")
        hook = hooks[0]
    choices = {}
    for name, value in state.choices.items():
        if hook in CONTROL[name].hooks:
            choices[name] = value
        else:
            notes.append(f"{CONTROL[name].label} has no part in this moment and is left as it is in the story.")
    words = varied(original, hook, choices, today)
    story = build(words, today, state.story)
    played = played_here(site, story, hook)
    aftermath = None
    if state.deed is not None:
        aftermath = _aftermath(site, story, hook, played, state.deed)
        if aftermath is None:
            notes.append("The card that this was about is not in the answer any more. Choose again.")
    return Trial(state, words, story, hook, story.request(hook), played, aftermath, tuple(notes))


def deeds_of(cards: list[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Kind and place of each card: by these a deed names it, so that it is found again where other cards come or go."""
    counted: dict[str, int] = {}
    found = []
    for card in cards:
        kind = card["extension"][FINDING_EXTENSION]["kind"]
        counted[kind] = counted.get(kind, 0) + 1
        found.append((kind, counted[kind]))
    return found


def _aftermath(site: Site, story: Story, hook: str, played: Played, deed: Deed) -> Aftermath | None:
    """What follows from a deed; None where the answer has no such card, suggestion or reason."""
    places = deeds_of(played.cards)
    if (deed.kind, deed.place) not in places:
        return None
    number = places.index((deed.kind, deed.place))
    card = played.cards[number]
    suggestions = card.get("suggestions", [])
    at = morning_of(story)()
    if deed.outcome == "accept":
        if deed.suggestion > len(suggestions):
            return None
        suggestion = suggestions[deed.suggestion - 1]
        decision = Decision(card=number + 1, outcome="accepted", suggestion=suggestion["uuid"])
        feedback = feedback_on(played.answer, decision, at)
        changed = played_here(site, accepted(story, suggestion), hook)
        drafts = drafts_of(suggestion, AtHand(_finder(story), story.today, site.fees.current))
        return Aftermath(deed, card, suggestion, None, drafts, feedback, changed)
    return _overridden(site, story, hook, played, deed, number, at)


def _overridden(
    site: Site, story: Story, hook: str, played: Played, deed: Deed, number: int, at: datetime
) -> Aftermath | None:
    card = played.cards[number]
    decision = Decision(card=number + 1, outcome="overridden", reason=deed.reason)
    try:
        feedback = feedback_on(played.answer, decision, at)
    except NotInContextError:
        return None
    reason = next((offered["display"] for offered in card["overrideReasons"] if offered["code"] == deed.reason), None)
    quiet = _withhold(played, number) if site.settings.suppress_days else None
    return Aftermath(deed, card, None, reason, (), feedback, played_here(site, story, hook, quiet))


def _withhold(played: Played, number: int) -> Withhold:
    """Hold back, as the service does for some days, what the overridden card told."""
    shown = played.answered.composition.shown if played.answered is not None else ()
    keys = {member.finding.key for member in shown[number].members}

    def withhold(call: HookCall, evaluation: Evaluation, caller: Caller) -> Mapping[str, str]:
        del call, caller
        return {finding.key: OVERRIDDEN for finding in suppressible(evaluation.findings) if finding.key in keys}

    return withhold


def _finder(story: Story) -> Find:
    by_reference = {
        f"{resource['resourceType']}/{resource.get('id')}": resource for resource in (*story.resources, *story.drafts)
    }
    return by_reference.get
