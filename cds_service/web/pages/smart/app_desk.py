"""What the two addresses of the SMART app answer: where an EHR opens it, and where its user comes back to."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from flask import Response, request

from cards.composition import PACKET
from cds_service.hooks.answer import Answerer
from cds_service.hooks.fetching import Fetcher
from cds_service.security.clients import Client
from cds_service.security.registry import Registry
from cds_service.web.around.access import access
from cds_service.web.pages.packets.asked_packet import MOST_PACKET_FIELDS, SEALED_FIELD, asked_packet
from cds_service.web.pages.packets.drafting import packet_seal
from cds_service.web.pages.packets.packet_replies import (
    Frame,
    PacketReply,
    packet_answers,
    packet_page,
    packet_pdf,
    packet_preauthorization,
)
from cds_service.web.pages.packets.sealed_packets import Drafted
from cds_service.web.pages.page import PRIVATE, headers_of_page, page
from cds_service.web.pages.posted_forms import posted_fields
from cds_service.web.pages.smart.app_clients import AppClient, client_of, framed_by
from cds_service.web.pages.smart.app_tokens import address_of_sign_in, fetched_access, new_launch
from cds_service.web.pages.smart.ehr_exchange import EhrExchange
from cds_service.web.pages.smart.launch_stops import LaunchStop, denied
from cds_service.web.pages.smart.open_launches import (
    MARKS_PURPOSE,
    OPEN_SECONDS,
    PURPOSE,
    LaunchSeal,
    OpenLaunch,
    StateMarks,
)
from cds_service.web.pages.smart.program_page import facts_of_program
from cds_service.web.pages.smart.smart_configuration import SignIns
from cds_service.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

APP_PACKET: Final = "/app/packet"
DOWNLOADS: Final[Mapping[str, PacketReply]] = {
    "form": packet_pdf,
    "answers": packet_answers,
    "preauthorization": packet_preauthorization,
}
LETTERS_OF_STATE: Final = 16
"""Letters of a launch's state in the name of its cookie, so that launches in two tabs keep apart."""
LONGEST_PARAMETER: Final = 8 * 1024
"""Longest text that an EHR hands over for a launch."""
_NOBODY: Final = Registry({})
_log: Final = logging.getLogger(__name__)


class Desk:
    """Answers at both addresses; holds nothing of any launch. In a demo no EHR can open the app: none is registered."""

    def __init__(self, site: Site, callback: str) -> None:
        self._site = site
        self._back = f"{site.settings.public_url}{callback}"
        self._seal = LaunchSeal(site.records.secret(PURPOSE))
        self._packets = packet_seal(site)
        self._root = urlsplit(site.settings.public_url).path
        self._marks = StateMarks(site.records.secret(MARKS_PURPOSE))
        answerer = site.answerer if isinstance(site.answerer, Answerer) else None
        fetcher = answerer.fetcher if answerer is not None else None
        self._answerer = answerer
        self._exchange = EhrExchange(fetcher) if isinstance(fetcher, Fetcher) else None
        self._sign_ins = SignIns(self._exchange) if self._exchange is not None else None

    def launch(self) -> Response:
        """An EHR opens the app: its user is sent to sign in there."""
        return self._unless_stopped(self._sent_to_sign_in)

    def callback(self) -> Response:
        """The user comes back with a code: the page about the patient. The launch is over with it."""
        launch = self._open_launch()
        reply = self._unless_stopped(partial(self._program, launch))
        if launch is not None:
            _forget(reply, self._back, launch)
        return reply

    def packet_page(self) -> Response:
        """The request for approval, of the chart as it was read when the app was opened."""

        def answer() -> Response:
            drafted, client, fields = self._drafted()
            return self._shown_packet(drafted, fields, client, request.args.get("state", ""))

        return self._unless_stopped(answer)

    def _shown_packet(self, drafted: Drafted, fields: Mapping[str, str], client: Client, state: str) -> Response:
        carried = ((SEALED_FIELD, fields[SEALED_FIELD]),)
        action = f"?{urlencode({'state': state})}"
        frame = Frame(f"{self._root}{APP_PACKET}", action, carried, framed_by(client), in_app=True)
        return packet_page(self._site, asked_packet(drafted, fields), frame)

    def packet_download(self, name: str) -> Response:
        """The same in another form, one of ``DOWNLOADS``."""

        def answer() -> Response:
            drafted, _, fields = self._drafted()
            return DOWNLOADS[name](self._site, asked_packet(drafted, fields), fields)

        return self._unless_stopped(answer)

    def _drafted(self) -> tuple[Drafted, Client, Mapping[str, str]]:
        fields = posted_fields(MOST_PACKET_FIELDS)
        drafted = self._packets.opened(fields.get(SEALED_FIELD, ""))
        client = self._registry.clients.get(drafted.client or "") if drafted is not None else None
        if drafted is None or client is None or client.app is None:
            raise LaunchStop("not-open")
        _note(client)
        return drafted, client, fields

    def _unless_stopped(self, answer: "Callable[[], Response]") -> Response:
        try:
            return answer()
        except LaunchStop as stop:
            notes = access()
            fields = {"request": notes.request_id, "reason": stop.reason, "client": notes.client}
            _log.warning("app-launch-stopped", extra={"fields": fields})
            facts = {"title": stop.words.title, "hint": stop.words.hint, "why": stop.why, "id": notes.request_id}
            origins = framed_by(*filter(self._launches, self._registry.with_app))
            return page(
                "smart/stopped.html", facts, status=stop.words.status, kept=PRIVATE, json_type=None, framed_by=origins
            )

    def _launches(self, client: Client) -> bool:
        """Whether the request at hand belongs to a launch of this client."""
        known = access().client
        return client.issuer == known if known else self._marks.is_of(request.args.get("state", ""), client.issuer)

    @property
    def _registry(self) -> Registry:
        return self._site.gate.registry if self._site.gate is not None else _NOBODY

    def _client(self, iss: str) -> AppClient:
        launched = client_of(self._registry, iss, allow_http=self._site.settings.allow_http)
        _note(launched.client)
        return launched

    def _sent_to_sign_in(self) -> Response:
        named, token = request.args.getlist("iss"), request.args.getlist("launch")
        if len(named) != 1 or not named[0]:
            raise LaunchStop("no-iss")
        launched = self._client(named[0])
        if len(token) != 1 or not 0 < len(token[0]) <= LONGEST_PARAMETER:
            raise LaunchStop("no-launch")
        if self._sign_ins is None:
            raise LaunchStop("no-data")
        sign_in = self._sign_ins.of(launched)
        launch = new_launch(launched, sign_in, self._marks)
        address = address_of_sign_in(launched, sign_in, launch, iss=named[0], token=token[0], back=self._back)
        reply = Response(
            status=302, headers={**headers_of_page(PRIVATE, framed_by(launched.client)), "Location": address}
        )
        _keep(reply, self._back, launch, self._seal)
        return reply

    def _open_launch(self) -> OpenLaunch | None:
        state = request.args.get("state", "")
        return self._seal.opened(request.cookies.get(_cookie(self._back, state)), state)

    def _program(self, launch: OpenLaunch | None) -> Response:
        if launch is None:
            raise LaunchStop("not-open")
        launched = self._client(launch.server)
        if launch.issuer is not None and request.args.get("iss") != launch.issuer:
            raise LaunchStop("other-issuer")
        if "error" in request.args:
            raise denied(request.args["error"])
        code = request.args.get("code", "")
        if not 0 < len(code) <= LONGEST_PARAMETER:
            raise LaunchStop("no-code")
        if self._exchange is None or self._answerer is None or self._sign_ins is None:
            raise LaunchStop("no-data")
        self._sign_ins.check_hosts(launched, launch.token_endpoint)
        chart = fetched_access(self._exchange, launched, launch, code=code, back=self._back)
        facts = facts_of_program(self._answerer, launched, chart)
        facts["state"] = launch.state
        drafted: Drafted | None = facts["drafted"]
        facts["sealed"] = self._packets.closed(drafted) if drafted is not None else None
        if drafted is not None and chart.opened_from == PACKET:
            return self._shown_packet(drafted, {SEALED_FIELD: facts["sealed"]}, launched.client, launch.state)
        return page("smart/program.html", facts, kept=PRIVATE, json_type=None, framed_by=framed_by(launched.client))


def _note(client: Client) -> None:
    """Note for the log whose launch this is.

    Raises:
        LaunchStop: nothing is shown to this client yet.
    """
    access().client = client.issuer
    if client.mode == "shadow":
        raise LaunchStop("shadow")


def _cookie(back: str, state: str) -> str:
    """The name of the cookie of a launch. Over https it is bound to this host, which browsers see to by its name."""
    prefix = "__Host-" if back.startswith("https:") else ""
    return f"{prefix}launch-{state[:LETTERS_OF_STATE]}"


def _keep(reply: Response, back: str, launch: OpenLaunch, seal: LaunchSeal) -> None:
    """Let the browser keep an open launch for the way back, also in a frame of the EHR."""
    secure = back.startswith("https:")
    reply.set_cookie(
        _cookie(back, launch.state),
        seal.closed(launch),
        max_age=OPEN_SECONDS,
        secure=secure,
        httponly=True,
        samesite="None" if secure else "Lax",
        partitioned=secure,
    )


def _forget(reply: Response, back: str, launch: OpenLaunch) -> None:
    secure = back.startswith("https:")
    reply.delete_cookie(
        _cookie(back, launch.state),
        secure=secure,
        httponly=True,
        samesite="None" if secure else "Lax",
        partitioned=secure,
    )
