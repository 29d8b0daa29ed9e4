"""What the page shows of a trial: plain facts for its templates."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from cards.composition import PACKET_LABEL, WITH_PACKET
from cards.explanation import FINDING_EXTENSION
from cards.numbers import day as day_in_words
from cds_service.domain.jurisdictions import STATES
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.hooks.answer import Answered
from cds_service.hooks.program_picture import view_of_answer
from cds_service.stories.language import StoryWords
from cds_service.stories.request import SERVICE_BY_HOOK
from cds_service.stories.story_files import bundled, words_of_story
from cds_service.web.pages.drawn_cards import DrawnCard, OverrideMenu, drawn_card
from cds_service.web.pages.try_it.choices import CONTROLS, MOMENTS
from cds_service.web.pages.try_it.code_words import codes_in
from cds_service.web.pages.try_it.own_values import own_values
from cds_service.web.pages.try_it.remedies import remedies
from cds_service.web.pages.try_it.rule_traces import shared_gaps, traces
from cds_service.web.pages.try_it.trial_state import DEED_NAME, FIRST_STORY, TrialState
from cds_service.web.pages.try_it.trials_played import Trial, deeds_of
from cds_service.web.site import Site

STARTS: Final = (
    ("Four hours, half of it with the assistant alone", TrialState(FIRST_STORY)),
    ("The same visit, and no approval on record", TrialState(FIRST_STORY, choices={"approval": "none"})),
    ("One hour a day, where the code stands for two", TrialState("food-delivery-driver")),
    ("Last measured nine days ago", TrialState("reassessment-overdue")),
    ("In the seventh week without approval", TrialState("past-six-weeks-without-approval")),
    ("A program with nothing to fix", TrialState("clean-program")),
)
"""Where a newcomer may begin."""


def facts_of_trial(site: Site, trial: Trial) -> dict[str, Any]:
    """Everything that the page shows of a trial."""
    root = urlsplit(site.settings.public_url).path
    state = TrialState(trial.state.story, trial.hook, trial.state.choices, trial.state.deed)
    return {
        "state": state,
        "query": state.query,
        "problems": trial.state.problems,
        "notes": trial.notes,
        "starts": [(label, start.query) for label, start in STARTS],
        "stories": _titles(),
        "moments": [(hook, MOMENTS[hook]) for hook in trial.story.hooks],
        "controls": list(_controls(trial)),
        "about": trial.story.about,
        "patient": _patient(trial),
        "moment": MOMENTS[trial.hook],
        "refused": trial.played.refused,
        "packet": _packet_address(state, root),
        "open_packet": PACKET_LABEL,
        "cards": _cards(trial, state, root),
        "aftermath": _aftermath(trial),
        "service": SERVICE_BY_HOOK[trial.hook].id,
        "public": site.settings.public_url,
        "needs_token": not site.is_demo,
        "sent": list(_sent(trial.hook, trial.request)),
        "request": _indented(trial.request),
        "suppressed_for": site.settings.suppress_days,
        **facts_of_answer(trial.played.answered),
    }


def facts_of_answer(answered: Answered | None) -> dict[str, Any]:
    """What is shown of any answer: why each rule spoke, what is obtainable, the response itself."""
    if answered is None:
        return {
            "program": None,
            "shared_gaps": [],
            "traces": [],
            "remedies": [],
            "codes": [],
            "response": None,
            "about_something_else": False,
        }
    consultation = answered.consultation
    return {
        "program": view_of_answer(answered),
        "traces": traces(consultation, answered.composition) if consultation is not None else [],
        "shared_gaps": shared_gaps(consultation.evaluation) if consultation is not None else [],
        "remedies": remedies(answered.composition),
        "codes": codes_in(str(card.summary + card.detail) for card in answered.composition.cards),
        "response": _indented(answered.response),
        "about_something_else": consultation is None,
    }


@cache
def _titles() -> tuple[tuple[str, str], ...]:
    return tuple((name, words_of_story(name)["title"]) for name in bundled())


def _indented(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _controls(trial: Trial) -> Iterable[dict[str, Any]]:
    own = own_values(trial.state.story, trial.hook, trial.story.today)
    for control in CONTROLS:
        if trial.hook in control.hooks:
            yield {
                "name": control.name,
                "label": control.label,
                "options": control.options,
                "also": control.also or {},
                "least": control.least,
                "most": control.most,
                "unit": control.unit,
                "own": own.get(control.name),
                "value": trial.state.choices.get(control.name, ""),
            }


def _patient(trial: Trial) -> list[str]:
    """What the head of a chart says of the patient."""
    words = StoryWords.model_validate(trial.words)
    state = words.site.state or words.patient.state
    injuries = ", ".join(injury.text for injury in words.injury)
    return [
        words.patient.name,
        f"born {day_in_words(words.patient.birth)}",
        injuries,
        words.coverage[0].payer if words.coverage else "no coverage on record",
        STATES.get(state or "", "state not on record"),
        f"today is {day_in_words(trial.story.today)}",
    ]


def _cards(trial: Trial, state: TrialState, root: str) -> list[DrawnCard]:
    cards = trial.played.cards
    shown = []
    for card, (kind, place) in zip(cards, deeds_of(cards), strict=True):
        named = f"{kind}~{place}" if place > 1 else kind
        fields = state.fields(deed=False)
        hrefs = [
            f"{root}/try?{urlencode([*fields, (DEED_NAME, f'accept:{named}:{number}')])}#next"
            for number in range(1, len(card.get("suggestions", ())) + 1)
        ]
        menu = OverrideMenu(f"{root}/try#next", [*fields, (DEED_NAME, f"override:{named}")])
        drawn = drawn_card(card, hrefs, menu)
        shown.append(replace(drawn, links=(*_request_links(card, state, root), *drawn.links)))
    return shown


def _request_links(card: Mapping[str, Any], state: TrialState, root: str) -> Iterable[tuple[str, str]]:
    """The way from a card on approval to the request that asks for it."""
    finding = card["extension"][FINDING_EXTENSION]
    rules = {finding["rule"], *(part["kind"].split(".")[0] for part in finding.get("joined", ()))}
    if not WITH_PACKET.isdisjoint(rules):
        yield PACKET_LABEL, _packet_address(state, root)


def _packet_address(state: TrialState, root: str) -> str:
    return f"{root}/packet?{urlencode(state.fields(deed=False))}"


def _aftermath(trial: Trial) -> dict[str, Any] | None:
    after = trial.aftermath
    if after is None:
        return None
    gone, kept, new = after.summaries(trial.played)
    sees_charges = "charges" in trial.request.get("prefetch", {}) or trial.hook.startswith("order-")
    return {
        "accepted": after.suggestion is not None,
        "card": after.card["summary"],
        "suggestion": after.suggestion["label"] if after.suggestion is not None else None,
        "reason": after.reason,
        "warned": after.card["indicator"] == "warning",
        "drafts": after.drafts,
        "feedback": _indented({"feedback": [after.feedback]}),
        "gone": gone,
        "kept": kept,
        "new": new,
        "unseen": after.suggestion is not None and not sees_charges,
        "still": after.card["summary"] in kept,
    }


def _sent(hook: str, request: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """Each prefetch key the service asks for: what it is, and what came."""
    prefetch = request.get("prefetch", {})
    for key in SERVICE_BY_HOOK[hook].prefetch:
        yield key, PREFETCH_KEYS[key].resource_type, _came(prefetch, key)


def _came(prefetch: Mapping[str, Any], key: str) -> str:
    if key not in prefetch:
        return "not sent"
    value = prefetch[key]
    if value is None:
        return "none on record"
    if value.get("resourceType") == "OperationOutcome":
        return "the query failed"
    if value.get("resourceType") != "Bundle":
        return "1 resource"
    count = len(value.get("entry", ()))
    return f"{count} resource{'' if count == 1 else 's'}" if count else "none on record"
