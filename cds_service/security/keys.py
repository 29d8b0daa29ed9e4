"""Public keys of clients: the signature algorithms a token may have, and what of a JSON Web Key Set can be used.

All algorithms are asymmetric (CH-X-05).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from jwt import PyJWK
from jwt.exceptions import PyJWTError

MIN_RSA_BITS: Final = 2048


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


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys that can be used, by ``kid`` and algorithm; ``private`` when a private key was among them."""

    keys: Mapping[tuple[str, str], PyJWK]
    ids: frozenset[str]
    private: bool = False


EMPTY: Final = KeySet(MappingProxyType({}), frozenset())


def read_key_set(document: Mapping[str, Any]) -> KeySet:
    """The usable keys of a JSON Web Key Set: public, with ``kid``, and for each algorithm that agrees with the key.

    A key agrees by its type and curve, and by its ``alg``, ``use`` and ``key_ops`` where it has them (CH-X-06). RSA
    keys under 2048 bits and whatever cannot be read are left out.
    """
    listed = document.get("keys")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    public = [row for row in rows if "d" not in row and row.get("kty") != "oct"]
    found: dict[tuple[str, str], PyJWK] = {}
    for row in public:
        for algorithm in _agreeing(row):
            key = _readable(row, algorithm)
            if key is not None:
                found.setdefault((row["kid"], algorithm), key)
    return KeySet(MappingProxyType(found), frozenset(kid for kid, _ in found), private=len(public) < len(rows))


def _agreeing(row: Mapping[str, Any]) -> Iterator[str]:
    kid, use, operations = row.get("kid"), row.get("use", "sig"), row.get("key_ops", ["verify"])
    if not isinstance(kid, str) or not kid or use != "sig":
        return
    if not isinstance(operations, list) or "verify" not in operations:
        return
    kind = KeyKind(str(row.get("kty")), row.get("crv"))
    for algorithm, needed in ALGORITHMS.items():
        if kind == needed and row.get("alg", algorithm) == algorithm:
            yield algorithm


def _readable(row: Mapping[str, Any], algorithm: str) -> PyJWK | None:
    try:
        key = PyJWK(dict(row), algorithm)
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if row["kty"] != "RSA" or key.key.key_size >= MIN_RSA_BITS else None
