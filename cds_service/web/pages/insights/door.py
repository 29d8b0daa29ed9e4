"""The door of the insights: token or OpenID Connect, sessions, wrong tokens, and the way out."""

import hmac
import logging
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from flask import Response, request

from cds_service.app.settings import Settings
from cds_service.records.database import Database
from cds_service.records.pseudonyms import kept_secret
from cds_service.records.sign_in_attempts import SignInAttempts, end_session, has_ended
from cds_service.records.store_threads import StoreResult
from cds_service.web.pages.insights.openid import NotSignedIn, Provider, is_allowed
from cds_service.web.pages.insights.remembered import from_store
from cds_service.web.pages.insights.sessions import FORM_HOURS, SESSION_HOURS, SIGN_IN_MINUTES, Ticket, Tickets

KEY_NAME: Final = "insights-key"
SESSION: Final = "session"
FORM: Final = "form"
SIGN_IN: Final = "sign-in"
_IPV6_SITE: Final = 64
"""Bits of an IPv6 address that one user has for the whole of the site."""
_log: Final = logging.getLogger(__name__)


class Door:
    """Lets in who knows the token, or whom the provider of identities vouches for.

    Args:
        settings: With the token or the provider.
        database: Where sessions that ended and wrong tokens are kept, for all workers together.
        clock: The present moment.
    """

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._attempts = SignInAttempts(database)
        self.by_token = settings.insights_token is not None
        self.by_provider = settings.oidc_issuer is not None
        self._secure = urlsplit(settings.public_url).scheme == "https"
        self._provider = Provider(settings, f"{settings.public_url}/insights/callback")

    @cached_property
    def tickets(self) -> Tickets:
        """Signed by a key that the database keeps and the settings of the door: a change of these ends all sessions."""
        secrets = (self._settings.insights_token, self._settings.oidc_client_secret)
        held = [secret.get_secret_value() if secret is not None else None for secret in secrets]
        named = repr((held, self._settings.oidc_issuer, self._settings.oidc_allowed))
        kept = self._kept(lambda: kept_secret(self._database, KEY_NAME))
        return Tickets(hmac.digest(bytes.fromhex(kept), named.encode(), "sha256"), self._clock)

    def session(self) -> Ticket | None:
        """The session of the request at hand; None where nobody has signed in.

        Raises:
            NotReady: the database cannot be used.
        """
        ticket = self.tickets.read(SESSION, request.cookies.get(self._name(SESSION)))
        if ticket is None:
            return None
        return None if self._kept(lambda: has_ended(self._database, ticket.id)) else ticket

    def wait(self) -> int:
        """Seconds until the sender of the request may try a token; 0 for now.

        Raises:
            NotReady: the database cannot be used.
        """
        source, now = self._source(), self._clock()
        return self._kept(lambda: self._attempts.wait(source, now))

    def knows(self, token: str) -> bool:
        """Whether this is the token, compared in constant time; a wrong one is counted.

        Raises:
            NotReady: the database cannot be used.
        """
        source, now = self._source(), self._clock()
        secret = self._settings.insights_token
        expected = secret.get_secret_value() if secret is not None else ""
        pair = (sha256(text.encode("utf-8", "replace")).digest() for text in (token, expected))
        if secret is not None and hmac.compare_digest(*pair):
            self._kept(lambda: self._attempts.right(source))
            return True
        self._kept(lambda: self._attempts.wrong(source, now))
        _log.warning("insights-refused", extra={"fields": {"why": "wrong-token"}})
        return False

    def let_in(self, reply: Response) -> Response:
        """Begin a session."""
        _log.info("insights-entered")
        self._set(reply, SESSION, self.tickets.begin(SESSION, SESSION_HOURS))
        return self._forget(reply, SIGN_IN)

    def let_out(self, reply: Response, ticket: Ticket) -> Response:
        """End a session, for all workers.

        Raises:
            NotReady: the database cannot be used.
        """
        self._kept(lambda: end_session(self._database, ticket.id, ticket.until, self._clock()))
        return self._forget(reply, SESSION)

    def new_form(self) -> tuple[str, str]:
        """A cookie for a form, and what the form has to send beside it."""
        cookie = self.tickets.begin(FORM, FORM_HOURS)
        return cookie, self.tickets.derived("form field", cookie)

    def keep_form(self, reply: Response, cookie: str) -> Response:
        """Give the browser the cookie of a form."""
        return self._set(reply, FORM, cookie)

    def is_our_form(self, sent: str) -> bool:
        """Whether a form was made by us for this browser, not long ago (CSRF)."""
        cookie = request.cookies.get(self._name(FORM), "")
        return self.tickets.read(FORM, cookie) is not None and self.tickets.proves("form field", cookie, sent)

    def field_of(self, ticket: Ticket) -> str:
        """What the form that ends a session has to send."""
        return self.tickets.derived("session field", ticket.id)

    def is_field_of(self, ticket: Ticket, sent: str) -> bool:
        """Whether the form that ends a session was made by us for it (CSRF)."""
        return self.tickets.proves("session field", ticket.id, sent)

    def to_provider(self, reply: Callable[[str], Response]) -> Response:
        """Send the browser to the provider of identities; ``reply`` is made of the address.

        Raises:
            NotSignedIn: the provider cannot be reached.
        """
        ticket = self.tickets.begin(SIGN_IN, SIGN_IN_MINUTES)
        return self._set(reply(self._provider.address(ticket, self.tickets)), SIGN_IN, ticket, strict=False)

    def from_provider(self, state: str, code: str) -> None:
        """Check who comes back from the provider of identities.

        Raises:
            NotSignedIn: nobody who may come in.
        """
        ticket = request.cookies.get(self._name(SIGN_IN), "")
        if self.tickets.read(SIGN_IN, ticket) is None or not self.tickets.proves("state", ticket, state):
            raise NotSignedIn("oidc-state", "The sign-in took too long or was begun in another browser. Start again.")
        claims = self._provider.user(code, ticket, self.tickets)
        if not is_allowed(claims, self._settings.oidc_allowed):
            raise NotSignedIn("oidc-not-allowed", "You are signed in, and CDS_OIDC_ALLOWED does not name you.")

    def _source(self) -> str:
        """The address of the sender, or its network for IPv6, as a hash."""
        written = (request.remote_addr or "").strip("[]").partition("%")[0]
        try:
            address = ip_address(written)
            network = str(ip_network((address, _IPV6_SITE), strict=False)) if address.version > 4 else written  # noqa: PLR2004 - the version of IP
        except ValueError:
            network = written
        return self.tickets.derived("address", network)

    def _kept(self, work: Callable[[], StoreResult]) -> StoreResult:
        return from_store(self._database, work)

    def _name(self, purpose: str) -> str:
        return f"{'__Host-' if self._secure else ''}insights-{purpose}"

    def _set(self, reply: Response, purpose: str, value: str, *, strict: bool = True) -> Response:
        reply.set_cookie(
            self._name(purpose),
            value,
            secure=self._secure,
            httponly=True,
            samesite="Strict" if strict else "Lax",
        )
        return reply

    def _forget(self, reply: Response, purpose: str) -> Response:
        reply.delete_cookie(self._name(purpose), secure=self._secure, httponly=True)
        return reply
