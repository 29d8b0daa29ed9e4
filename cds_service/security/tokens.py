"""The token of a call: a JWT that a registered client has signed for this endpoint, now, and only once (CH-X).

PyJWT has the last word on form, header, algorithm, key and signature. What comes before it is ours, because it has to:
issuer, key source, audience and times are judged before a key is looked for, so that a stranger costs little, and by
the clock that is passed in. PyJWT judges claims after the signature and by its own clock, takes a time written as text
for a number, breaks down over an infinite one, and knows neither the longest lifetime nor what an identifier that is
kept may look like.
"""

import re
from binascii import a2b_base64
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from jwt import PyJWK, PyJWS
from jwt.exceptions import InvalidSignatureError, PyJWTError

from cds_service.errors import Forbidden, Unauthenticated
from cds_service.security.clients import Caller, Client
from cds_service.security.key_store import KeyStore
from cds_service.security.keys import RECOMMENDED
from cds_service.security.registry import Registry
from cds_service.security.replay import Replay

LEEWAY_SECONDS: Final = 60
LONGEST_SECONDS: Final = 3600
MAX_TOKEN: Final = 16 * 1024
MAX_JTI: Final = 256
_BEARER: Final = re.compile(rb"(?i:bearer) +(([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+) *")
_SLASHES: Final = re.compile("//+")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_JWS: Final = PyJWS()


class _Header(msgspec.Struct):
    alg: str | None = None
    kid: str | None = None
    typ: str | None = None
    jku: str | None = None
    crit: Any = None
    b64: Any = None


class _Claims(msgspec.Struct):
    """The claims that are read. Times are ``float``: a number beyond its range is refused by the decoder."""

    iss: str | None = None
    aud: str | list[str] | None = None
    exp: float | None = None
    iat: float | None = None
    nbf: float | None = None
    jti: str | None = None
    tenant: str | None = None


_decode_header: Final = msgspec.json.Decoder(_Header).decode
_decode_claims: Final = msgspec.json.Decoder(_Claims).decode


def verify(
    authorization: str | None,
    audiences: Collection[str],
    registry: Registry,
    keys: KeyStore,
    replay: Replay,
    now: float,
    algorithms: Collection[str] = RECOMMENDED,
) -> Caller:
    """The client that makes this call, and for whom.

    Whatever costs something comes late: issuer and ``jku`` are matched with the registry before any key is fetched,
    and the token is remembered as used only when all else is right.

    Args:
        authorization: Value of the Authorization header.
        audiences: URLs of the endpoint; the token has to be made for one of them.
        registry: The clients that may call.
        keys: Their keys.
        replay: Which tokens were used before.
        now: Seconds since the epoch.
        algorithms: Signature algorithms that are accepted.

    Raises:
        Unauthenticated: the call does not prove that a registered client makes it (401).
        Forbidden: it does, for a tenant that the client is not registered for (403).
    """
    token, head, body = _parts(authorization)
    header, claims = _read(head, body)
    kid, algorithm = _check_header(header, algorithms)
    client = registry.client(claims.iss or "")
    if client is None:
        raise Unauthenticated("unknown-issuer")
    try:
        _check_source(header, client)
        exp, jti = _check_claims(claims, audiences, now)
        key = keys.find(client, kid, algorithm)
        if key is None:
            raise Unauthenticated("key")  # noqa: TRY301 - the handler adds whom the token names
        _check_signature(token, key, algorithm)
        if not client.serves(claims.tenant):
            raise Forbidden("tenant", client.issuer)
        _check_first_use(client, jti, exp, replay)
    except Unauthenticated as refused:
        refused.issuer = client.issuer
        raise
    return Caller(client, claims.tenant)


def _parts(authorization: str | None) -> tuple[bytes, bytes, bytes]:
    """The token, and of it the header and the claims, which are still encoded."""
    if not authorization:
        raise Unauthenticated("no-token")
    parts = _BEARER.fullmatch(authorization.encode(errors="replace")) if len(authorization) <= MAX_TOKEN else None
    if parts is None:
        raise Unauthenticated("malformed")
    return parts[1], parts[2], parts[3]


def _read(header: bytes, claims: bytes) -> tuple[_Header, _Claims]:
    try:
        return _decode_header(_decoded(header)), _decode_claims(_decoded(claims))
    except (ValueError, RecursionError):
        raise Unauthenticated("malformed") from None


def _decoded(part: bytes) -> bytes:
    return a2b_base64(part.translate(_STANDARD) + b"==")


def _check_header(header: _Header, algorithms: Collection[str]) -> tuple[str, str]:
    """Key id and algorithm; extensions that a reader must understand are refused, as none is understood here."""
    if header.alg is None or header.alg not in algorithms:
        raise Unauthenticated("algorithm")
    if header.typ is None or header.typ.upper() != "JWT":
        raise Unauthenticated("typ")
    if not header.kid:
        raise Unauthenticated("kid")
    if header.crit is not None or header.b64 is not None:
        raise Unauthenticated("extension")
    return header.kid, header.alg


def _check_source(header: _Header, client: Client) -> None:
    """Where the token says its keys are, against the registry; keys exchanged out of band are used as they are."""
    if header.jku is not None and client.jwks_url is not None and header.jku != client.jwks_url:
        raise Unauthenticated("foreign-jku")


def _check_claims(claims: _Claims, audiences: Collection[str], now: float) -> tuple[float, str]:
    """Expiry and identifier of a token for this endpoint and this moment.

    ``nbf`` may lie before ``iat``: Epic sets it five minutes back.
    """
    named = (claims.aud,) if isinstance(claims.aud, str) else claims.aud or ()
    if {_tidy(url) for url in named}.isdisjoint(map(_tidy, audiences)):
        raise Unauthenticated("aud")
    if claims.exp is None or claims.exp + LEEWAY_SECONDS <= now:
        raise Unauthenticated("exp")
    if claims.iat is None or claims.iat > now + LEEWAY_SECONDS:
        raise Unauthenticated("iat")
    if not 0 < claims.exp - claims.iat <= LONGEST_SECONDS:
        raise Unauthenticated("lifetime")
    if claims.nbf is not None and claims.nbf > now + LEEWAY_SECONDS:
        raise Unauthenticated("nbf")
    jti = claims.jti
    if not jti or len(jti) > MAX_JTI or not jti.isprintable():
        raise Unauthenticated("jti")
    return claims.exp, jti


def _tidy(url: str) -> str:
    """A URL with single slashes in its path and none at the end: all these spellings are answered alike."""
    scheme, mark, place = url.partition("://")
    return scheme + mark + (_SLASHES.sub("/", place) if "//" in place else place).rstrip("/")


def _check_signature(token: bytes, key: PyJWK, algorithm: str) -> None:
    try:
        _JWS.decode_complete(token, key, algorithms=(algorithm,))
    except InvalidSignatureError:
        raise Unauthenticated("signature") from None
    except PyJWTError:
        raise Unauthenticated("malformed") from None


def _check_first_use(client: Client, jti: str, exp: float, replay: Replay) -> None:
    if replay.seen(client.issuer, jti, datetime.fromtimestamp(exp + LEEWAY_SECONDS, UTC)):
        raise Unauthenticated("replayed")
