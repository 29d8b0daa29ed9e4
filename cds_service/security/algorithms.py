"""The signature algorithms a token may have, and the key each one needs. All are asymmetric (CH-X-05)."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class KeyKind(NamedTuple):
    """Key type of RFC 7517 and, for elliptic curves, the curve."""

    kty: str
    curve: str | None = None


ALGORITHMS: Final[Mapping[str, KeyKind]] = {
    "ES256": KeyKind("EC", "P-256"),
    "ES384": KeyKind("EC", "P-384"),
    "ES512": KeyKind("EC", "P-521"),
    "PS256": KeyKind("RSA"),
    "PS384": KeyKind("RSA"),
    "PS512": KeyKind("RSA"),
    "RS256": KeyKind("RSA"),
    "RS384": KeyKind("RSA"),
    "RS512": KeyKind("RSA"),
}
RECOMMENDED: Final = ("ES384", "RS384")
"""What CDS Hooks recommends for client tokens (CH-X-06)."""
