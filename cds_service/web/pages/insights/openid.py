"""Sign-in by OpenID Connect: authorization code flow with PKCE, state and nonce, by Authlib.

State, nonce and code verifier are derived from a ticket that the browser holds, so that any worker can go on, and
nothing is stored. Discovery, keys and tokens are fetched from checked addresses only, without redirects.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import jwt
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from jwt import PyJWK
from jwt.exceptions import PyJWTError
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from cds_service.app.settings import Settings
from cds_service.security.addresses import Addresses
from cds_service.security.key_store import NotFetched, fetch
from cds_service.security.keys import KeySet
from cds_service.security.outgoing import outgoing_session

SECONDS: Final = 5.0
"""Time of a request to the provider."""
METADATA_SECONDS: Final = 3600.0
"""How long it is kept what the provider publishes of itself."""
NO_ANSWER_SECONDS: Final = 10.0
"""How long a provider that gave no usable answer is not asked again: anybody can begin to sign in."""
CLOCK_SECONDS: Final = 60
SIGN_IN_SCOPE: Final = "openid email profile"
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_log: Final = logging.getLogger(__name__)


class NotSignedIn(Exception):  # noqa: N818 - says what happened
    """Nobody came in; ``why`` is a short code for the log, ``text`` tells the user what to do."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(why)
        self.why = why
        self.text = text


class Derives(Protocol):
    """Derives secrets from the ticket of a sign-in."""

    def derived(self, purpose: str, text: str) -> str:
        """What only a holder of the key can derive."""
        ...


class Provider:
    """The provider of identities that the site names. ``clock`` gives seconds that only grow.

    Raises:
        NotSignedIn: by its methods, when the provider cannot be reached or does not answer as it should.
    """

    def __init__(self, settings: Settings, callback: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._callback = callback
        self._issuer = settings.oidc_issuer or ""
        self._session = outgoing_session(Addresses(settings.fhir_networks, allow_any=settings.allow_http))
        self._kept: tuple[float, Mapping[str, Any] | NotSignedIn] | None = None

    def address(self, ticket: str, secrets: Derives) -> str:
        """Where the browser goes to sign in."""
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._known()["authorization_endpoint"],
                state=secrets.derived("state", ticket),
                nonce=secrets.derived("nonce", ticket),
                code_verifier=secrets.derived("verifier", ticket),
            )
        return str(url)

    def user(self, code: str, ticket: str, secrets: Derives) -> Mapping[str, Any]:
        """The claims of who signed in, from the ID token that the code is exchanged for."""
        known = self._known()
        try:
            with self._client() as client:
                token = client.fetch_token(
                    known["token_endpoint"],
                    code=code,
                    code_verifier=secrets.derived("verifier", ticket),
                    timeout=Timeout(total=SECONDS),
                    allow_redirects=False,
                )
        except (AuthlibBaseError, requests.RequestException, HTTPError, OSError, ValueError) as problem:
            raise _unreachable(problem) from None
        return self._checked(str(token.get("id_token", "")), secrets.derived("nonce", ticket), known)

    def _checked(self, id_token: str, nonce: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
        us = self._settings.oidc_client_id
        try:
            header = jwt.get_unverified_header(id_token)
            algorithm = str(header.get("alg"))
            key = _key(fetch(str(known["jwks_uri"]), self._session), header.get("kid"), algorithm)
            if key is None:
                raise NotSignedIn("oidc-key", "The provider signed with a key that it does not publish.")
            claims: Mapping[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=[algorithm],
                audience=us,
                issuer=self._issuer,
                leeway=CLOCK_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
            )
        except NotFetched as problem:
            raise _unreachable(problem) from None
        except PyJWTError as problem:
            raise NotSignedIn(f"oidc-{type(problem).__name__}", "The provider's answer is not valid.") from None
        if claims["nonce"] != nonce or claims.get("azp", us) != us:
            raise NotSignedIn("oidc-nonce", "The provider's answer is for another sign-in.")
        return claims

    def _known(self) -> Mapping[str, Any]:
        """What the provider publishes of itself, fetched when it is needed and then kept for a while."""
        kept = self._kept
        if kept is None or kept[0] <= self._clock():
            kept = self._kept = self._asked()
        if isinstance(kept[1], NotSignedIn):
            raise NotSignedIn(kept[1].why, kept[1].text)
        return kept[1]

    def _asked(self) -> tuple[float, Mapping[str, Any] | NotSignedIn]:
        """What the provider says of itself now, or why it cannot be used, and until when that holds."""
        url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            reply = self._session.get(url, timeout=Timeout(total=SECONDS), allow_redirects=False)  # type: ignore[arg-type]
            reply.raise_for_status()
            document = _usable(reply.json(), self._issuer, plain=self._settings.allow_http)
        except (requests.RequestException, HTTPError, OSError, ValueError) as problem:
            return self._clock() + NO_ANSWER_SECONDS, _unreachable(problem)
        except NotSignedIn as problem:
            return self._clock() + NO_ANSWER_SECONDS, problem
        return self._clock() + METADATA_SECONDS, document

    def _client(self) -> OAuth2Session:
        secret = self._settings.oidc_client_secret
        client = OAuth2Session(
            self._settings.oidc_client_id,
            secret.get_secret_value() if secret is not None else None,
            scope=SIGN_IN_SCOPE,
            redirect_uri=self._callback,
            code_challenge_method="S256",
        )
        client.trust_env = False
        for scheme in ("https://", "http://"):
            client.mount(scheme, self._session.get_adapter(scheme))
        return client


def _key(published: KeySet, kid: str | None, algorithm: str) -> PyJWK | None:
    """The key of an ID token; one without ``kid`` is signed with the only key (OpenID Connect Core 1.0, 10.1)."""
    if kid is not None:
        return published.keys.get((kid, algorithm))
    fitting = [key for (_, name), key in published.keys.items() if name == algorithm]
    return fitting[0] if len(fitting) == 1 else None


def is_allowed(claims: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    """Whether the site named this user: by an email address that the provider has verified, or by a group."""
    groups = claims.get("groups")
    names = {str(group) for group in groups} if isinstance(groups, list) else set()
    email = str(claims.get("email", "")).casefold() if claims.get("email_verified") is True else ""
    return any(email == entry.casefold() if "@" in entry else entry in names for entry in allowed)


def _usable(document: object, issuer: str, *, plain: bool) -> Mapping[str, Any]:
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise NotSignedIn("oidc-issuer", "The provider describes itself as another one than CDS_OIDC_ISSUER names.")
    schemes = ("https://", "http://") if plain else ("https://",)
    if not all(str(document.get(name, "")).startswith(schemes) for name in _ENDPOINTS):
        raise NotSignedIn("oidc-endpoints", "The provider does not name its addresses, or not as https.")
    return document


def _unreachable(problem: Exception) -> NotSignedIn:
    why = getattr(problem, "error", None) or getattr(problem, "why", None) or type(problem).__name__
    return NotSignedIn(f"oidc-{why}"[:64], "The provider does not answer as it should. Try again in a minute.")
