"""Where the users of an EHR sign in: what its FHIR server says at ``.well-known/smart-configuration``."""

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Final, NamedTuple

from cds_service.web.pages.smart.app_clients import AppClient
from cds_service.web.pages.smart.ehr_exchange import EhrAnswer, EhrExchange, NoAnswer
from cds_service.web.pages.smart.launch_stops import LaunchStop

WELL_KNOWN: Final = "/.well-known/smart-configuration"
PKCE_METHOD: Final = "S256"
KEPT_SECONDS: Final = 300.0
FAILED_SECONDS: Final = 10.0
"""How long a server that gave no usable answer is not asked again: anybody can open the address of a launch."""
_OK: Final = 200


class SignIn(NamedTuple):
    """Where users are sent, and where their tokens come from.

    ``issuer`` is the name that each answer bears (RFC 9207), None where the EHR does not promise to give one.
    """

    authorize: str
    token: str
    issuer: str | None = None


class SignIns:
    """What FHIR servers say about signing in, kept for a while. ``clock`` gives seconds that only grow."""

    def __init__(self, exchange: EhrExchange, clock: Callable[[], float] = time.monotonic) -> None:
        self._exchange = exchange
        self._clock = clock
        self._kept: dict[str, tuple[float, SignIn | LaunchStop]] = {}
        self._lock = Lock()

    def of(self, launched: AppClient) -> SignIn:
        """Where the users of this client's FHIR server sign in.

        Raises:
            LaunchStop: the server does not say, or names a host that is not registered.
        """
        now = self._clock()
        with self._lock:
            until, found = self._kept.get(launched.server, (now, None))
        if found is None or until <= now:
            found = self._asked(launched)
            seconds = KEPT_SECONDS if isinstance(found, SignIn) else FAILED_SECONDS
            with self._lock:
                self._kept[launched.server] = (now + seconds, found)
        if isinstance(found, LaunchStop):
            raise LaunchStop(found.reason, *found.why)
        self.check_hosts(launched, found.authorize, found.token)
        return found

    def check_hosts(self, launched: AppClient, *urls: str) -> None:
        """Make sure that addresses are at hosts that the registry names for the client.

        Raises:
            LaunchStop: one is not.
        """
        hosts = launched.app.hosts(launched.server)
        if not all(self._exchange.permits(hosts, url) for url in urls):
            raise LaunchStop("foreign-host")

    def _asked(self, launched: AppClient) -> SignIn | LaunchStop:
        try:
            answer = self._exchange.get(launched.client, f"{launched.server}{WELL_KNOWN}")
        except NoAnswer as failure:
            return LaunchStop("no-configuration", failure.why)
        return _sign_in(answer)


def _sign_in(answer: EhrAnswer) -> SignIn | LaunchStop:
    said: Mapping[str, Any] = answer.content or {}
    authorize, token = said.get("authorization_endpoint"), said.get("token_endpoint")
    if answer.status != _OK or not isinstance(authorize, str) or not isinstance(token, str):
        return LaunchStop("no-configuration", f"Its FHIR server has no usable {WELL_KNOWN.lstrip('/')}.")
    methods = said.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or PKCE_METHOD not in methods:
        return LaunchStop("no-pkce")
    issuer = said.get("issuer") if said.get("authorization_response_iss_parameter_supported") is True else None
    return SignIn(authorize, token, issuer if isinstance(issuer, str) else None)
