"""The page ``/packet``: a request for approval of a bundled story, or of a request that is posted; nothing is kept."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, request

from cds_service.errors import UnknownRoute
from cds_service.web.pages.packets.asked_packet import (
    MOST_PACKET_FIELDS,
    SEALED_FIELD,
    USE_FIELD,
    AskedPacket,
    asked_packet,
)
from cds_service.web.pages.packets.drafting import drafted_of, packet_seal
from cds_service.web.pages.packets.packet_replies import (
    Frame,
    PacketReply,
    packet_answers,
    packet_page,
    packet_pdf,
    packet_preauthorization,
)
from cds_service.web.pages.packets.sealed_packets import Drafted
from cds_service.web.pages.posted_forms import posted_fields
from cds_service.web.pages.try_it.pasted_requests import answer_pasted
from cds_service.web.pages.try_it.trial_state import STORY_NAME, read_state
from cds_service.web.pages.try_it.trials_played import trial
from cds_service.web.pages.try_it.try_pages import FIELD, SWITCH
from cds_service.web.site import Site

PACKET_PATH: Final = "/packet"


class PacketPageOff(UnknownRoute):
    """This deployment does not have the page."""

    def __init__(self) -> None:
        super().__init__()
        self.text = "The page /packet is switched off here."
        self.hint = f"Whoever runs this service switches it on with {SWITCH}=true. The demo always has it."


class PacketGone(UnknownRoute):
    """What the form carried cannot be read any more."""

    def __init__(self) -> None:
        super().__init__()
        self.text = "This request was opened too long ago, or by another service."
        self.hint = "Open it again from the chart; copy your own words first if the page is still open."


def blueprint(site: Site) -> Blueprint:
    """The page, where this deployment has it; else a refusal that names the setting."""
    routes = Blueprint("packets", __name__)
    if site.is_demo or site.settings.try_page:
        _add_packets(routes, _Desk(site))
    else:
        _add_refusal(routes)
    return routes


def _add_refusal(routes: Blueprint) -> None:
    @routes.route("/<any(packet, 'packet.pdf'):first>", methods=["GET", "POST"])
    @routes.route("/<any(packet):first>/<path:rest>", methods=["GET", "POST"])
    def switched_off(first: str, rest: str = "") -> Response:
        del first, rest
        raise PacketPageOff


def _add_packets(routes: Blueprint, desk: "_Desk") -> None:
    @routes.route(PACKET_PATH, methods=["GET", "POST"])
    def packet() -> Response:
        """A request for approval to read, edit and print: of a patient story, or of a request that is posted."""
        return desk.page()

    @routes.route(f"{PACKET_PATH}.pdf", methods=["GET", "POST"])
    def packet_form() -> Response:
        """The site's own copy of the payer's PDF form, filled, to download."""
        return desk.download(packet_pdf)

    @routes.route(f"{PACKET_PATH}/answers.json", methods=["GET", "POST"])
    def answers() -> Response:
        """The request as a FHIR QuestionnaireResponse, to download."""
        return desk.download(packet_answers)

    @routes.route(f"{PACKET_PATH}/preauthorization.json", methods=["GET", "POST"])
    def preauthorization() -> Response:
        """The request as a draft Bundle for Da Vinci PAS, to download."""
        return desk.download(packet_preauthorization)


class _Desk:
    """Answers at the addresses of the page."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seal = packet_seal(site)
        self._root = urlsplit(site.settings.public_url).path

    def page(self) -> Response:
        """The page; a POST carries texts that were edited, and where it is no story, what they belong to."""
        fields = _fields()
        drafted, notes = self._drafted(fields)
        return packet_page(self._site, _asked(drafted, fields), self._frame(drafted, notes))

    def download(self, reply: PacketReply) -> Response:
        """The packet in another form, to download."""
        fields = _fields()
        return reply(self._site, _asked(self._drafted(fields)[0], fields), fields)

    def _drafted(self, fields: Mapping[str, str]) -> tuple[Drafted | None, tuple[str, ...]]:
        """The packets, and what of an address had no use for them."""
        if fields.get(SEALED_FIELD):
            drafted = self._seal.opened(fields[SEALED_FIELD])
            if drafted is None or drafted.client is not None:  # that of an EHR is for the app alone
                raise PacketGone
            return drafted, ()
        if FIELD in fields:
            answer = answer_pasted(self._site, fields[FIELD])
            if answer.refused is not None:
                raise answer.refused
            return drafted_of(answer.answered), ()
        tried = trial(self._site, read_state(request.args))
        return drafted_of(tried.played.answered), (*tried.state.problems, *tried.notes)

    def _frame(self, drafted: Drafted | None, notes: tuple[str, ...]) -> Frame:
        path = f"{self._root}{PACKET_PATH}"
        if request.args.get(STORY_NAME) or drafted is None or request.method == "GET":
            state = read_state(request.args)
            back = (f"{self._root}/try?{state.query}", "Back to the story")
            return Frame(path, f"?{urlencode(state.fields())}", back=back, notes=notes)
        back = (f"{self._root}/try/pasted", "Paste another request")
        return Frame(path, "", ((SEALED_FIELD, self._seal.closed(drafted)),), back=back)


def _asked(drafted: Drafted | None, fields: Mapping[str, str]) -> AskedPacket | None:
    return asked_packet(drafted, fields) if drafted is not None else None


def _fields() -> Mapping[str, str]:
    """What the form says, and before it the address."""
    if request.method != "POST":
        return request.args.to_dict()
    posted = posted_fields(MOST_PACKET_FIELDS)
    use = {USE_FIELD: request.args[USE_FIELD]} if USE_FIELD in request.args else {}
    return {**use, **dict(posted.items())}
