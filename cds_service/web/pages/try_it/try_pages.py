"""The page ``/try``: a story, its answer and what becomes of it, or a request that is pasted."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, request

from cds_service.errors import RequestError, UnknownRoute
from cds_service.hooks.answer import Answered
from cds_service.web.around.faults import failure_of
from cds_service.web.pages.drawn_cards import DrawnCard, drawn_card
from cds_service.web.pages.packets.drafting import sealed_packets
from cds_service.web.pages.page import PRIVATE, download, page
from cds_service.web.pages.posted_forms import posted_fields
from cds_service.web.pages.try_it.choices import MOMENTS
from cds_service.web.pages.try_it.draft_lines import AtHand, ShownDraft, drafts_of
from cds_service.web.pages.try_it.pasted_requests import PastedAnswer, answer_pasted
from cds_service.web.pages.try_it.shown_trial import facts_of_answer, facts_of_trial
from cds_service.web.pages.try_it.story_yaml import story_in_yaml
from cds_service.web.pages.try_it.trial_state import read_state
from cds_service.web.pages.try_it.trials_played import Trial, trial
from cds_service.web.site import Site

SWITCH: Final = "CDS_TRY_PAGE"
FIELD: Final = "request"
MOST_FIELDS: Final = 10


class TryPageOff(UnknownRoute):
    """This deployment does not have the page."""

    def __init__(self) -> None:
        super().__init__()
        self.text = "The page /try is switched off here."
        self.hint = f"Whoever runs this service switches it on with {SWITCH}=true. The demo always has it."


def blueprint(site: Site) -> Blueprint:
    """The page, where this deployment has it; else a refusal that names the setting."""
    routes = Blueprint("try_it", __name__)
    if site.is_demo or site.settings.try_page:
        _add_trials(routes, site)
        _add_pasting(routes, site)
    else:
        _add_refusal(routes)
    return routes


def _add_refusal(routes: Blueprint) -> None:
    @routes.route("/<any(try):first>", methods=["GET", "POST"])
    @routes.route("/<any(try):first>/<path:rest>", methods=["GET", "POST"])
    def switched_off(first: str, rest: str = "") -> Response:
        del first, rest
        raise TryPageOff


def _add_trials(routes: Blueprint, site: Site) -> None:
    @routes.get("/try")
    def one_trial() -> Response:
        """A patient story that is tried: the card, what changes, and what the next call answers."""
        facts = facts_of_trial(site, _trial(site))
        reply = page("try/trial.html", facts, kept=PRIVATE, json_type=None)
        root = urlsplit(site.settings.public_url).path
        reply.headers["HX-Push-Url"] = f"{root}{request.path}?{facts['query']}"
        return reply

    @routes.get("/try/request.json")
    def trial_request() -> Response:
        """The request of the trial, to download."""
        return download("request.json", orjson.dumps(_trial(site).request, option=orjson.OPT_INDENT_2))

    @routes.get("/try/response.json")
    def trial_response() -> Response:
        """The answer of the trial, to download."""
        played = _trial(site).played
        if played.refused is not None:
            raise played.refused
        return download("response.json", orjson.dumps(played.answer, option=orjson.OPT_INDENT_2))

    @routes.get("/try/story.yaml")
    def trial_story() -> Response:
        """The story of the trial in YAML, to download."""
        return download("story.yaml", story_in_yaml(_trial(site).words), "application/yaml")


def _trial(site: Site) -> Trial:
    return trial(site, read_state(request.args))


def _add_pasting(routes: Blueprint, site: Site) -> None:
    @routes.post("/try/pasted")
    def pasted() -> Response:
        """What is answered to a request that is pasted; nothing of it is kept."""
        try:
            answer = answer_pasted(site, posted_fields(MOST_FIELDS).get(FIELD, ""))
        except RequestError as refused:
            answer = PastedAnswer(refused=refused)
        status = failure_of(answer.refused).status if answer.refused is not None else 200
        return page("try/pasted.html", _facts_of_pasted(site, answer), status=status, kept=PRIVATE, json_type=None)

    @routes.get("/try/pasted")
    def nothing_pasted() -> Response:
        """The form for a request to paste."""
        facts = {**_facts_of_pasted(site, PastedAnswer()), "empty": True}
        return page("try/pasted.html", facts, kept=PRIVATE, json_type=None)


def _facts_of_pasted(site: Site, answer: PastedAnswer) -> dict[str, Any]:
    call, answered = answer.call, answer.answered
    return {
        "empty": False,
        "refused": answer.refused,
        "sealed": sealed_packets(site, answered),
        "moment": MOMENTS[call.hook] if call is not None else None,
        "service": call.service.id if call is not None else None,
        "cards": list(_cards_of_pasted(site, answered)) if answered is not None else [],
        "token_unused": call is not None and call.fhir_server is not None,
        **facts_of_answer(answered),
    }


def _cards_of_pasted(site: Site, answered: Answered) -> Iterator[tuple[DrawnCard, list[ShownDraft]]]:
    """Each card with what accepting its suggestions would write; what they refer to is not looked up."""
    at_hand = AtHand(lambda _: None, answered.settings.today, site.fees.current)
    for card in answered.response["cards"]:
        yield drawn_card(card), [draft for way in card.get("suggestions", ()) for draft in drafts_of(way, at_hand)]
