"""Tokens that prove who calls, as an EHR makes them, and key pairs for trials (CH-X-01 to CH-X-06)."""

import json
import os
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cds_service.errors import CdsError

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

LIFETIME: Final = 300
"""Seconds that a token lives."""
SIGNING_ALGORITHMS: Final = ("ES384", "RS384")
ISSUER: Final = "https://sandbox.example.org"
KEY_FILE: Final = "private-key.pem"
JWKS_FILE: Final = "jwks.json"
REGISTRY_FILE: Final = "clients.yaml"

_THUMBPRINT_MEMBERS: Final = ("crv", "e", "kty", "n", "x", "y")


class KeyFileError(CdsError):
    """A key file cannot be used or written."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: {why}", "The command sandbox keys makes a pair that fits.")


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A client that signs its calls; ``kid`` names the key in the set that it publishes. No repr: it has a key."""

    key: PrivateKey
    issuer: str
    kid: str
    algorithm: str

    def headers(self, url: str) -> dict[str, str]:
        """The Authorization header for one call of exactly this URL."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": url, "iat": now, "exp": now + LIFETIME, "jti": str(uuid4())}
        token = jwt.encode(claims, self.key, self.algorithm, {"kid": self.kid, "typ": "JWT"})
        return {"Authorization": f"Bearer {token}"}


def read_signer(file: Path, issuer: str, kid: str | None = None, algorithm: str | None = None) -> Signer:
    """A signer from a private key, PEM without password or JWK.

    Args:
        file: The private key.
        issuer: ``iss`` of the tokens, as registered.
        kid: Id of the key; by default that of the JWK, else the key's thumbprint (RFC 7638), as ``make_keys`` has it.
        algorithm: ``ES384`` or ``RS384``; by default the one that fits the key.

    Raises:
        KeyFileError: this is no private key, or it does not fit the algorithm.
    """
    named, key = _read(file)
    fitting = "ES384" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS384"
    if isinstance(key, ec.EllipticCurvePrivateKey) and not isinstance(key.curve, ec.SECP384R1):
        raise KeyFileError(file, f"ES384 needs a key on P-384, this one is on {key.curve.name}")
    if algorithm not in (None, fitting):
        raise KeyFileError(file, f"the key is for {fitting}, not for {algorithm}")
    return Signer(key, issuer, kid or named or thumbprint(public_jwk(key)), fitting)


def _read(file: Path) -> tuple[str | None, PrivateKey]:
    """Key id, where the file tells it, and key."""
    try:
        content = file.read_bytes()
        jwk = json.loads(content) if content.lstrip().startswith(b"{") else None
        if jwk is None:
            key = load_pem_private_key(content, password=None)
        else:
            algorithm = ECAlgorithm if jwk.get("kty") == "EC" else RSAAlgorithm
            key = algorithm.from_jwk(jwk)  # type: ignore[assignment]
    except OSError as error:
        raise KeyFileError(file, error.strerror or "cannot be read") from None
    except (ValueError, TypeError, jwt.InvalidKeyError):
        raise KeyFileError(file, "is no private key in PEM without password, nor a JWK") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise KeyFileError(file, "needs a private key, elliptic curve or RSA")
    return (jwk.get("kid") if jwk is not None else None), key


def public_jwk(key: PrivateKey) -> dict[str, Any]:
    """The public half as a JWK, without id."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", **{name: public[name] for name in ("n", "e")}}


def thumbprint(jwk: dict[str, Any]) -> str:
    """The thumbprint of a key with SHA-256 (RFC 7638)."""
    members = {name: jwk[name] for name in _THUMBPRINT_MEMBERS if name in jwk}
    digest = sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class MadeClient:
    """The files of a client for trials: those ``written`` now, those ``kept`` from an earlier time.

    ``kid`` is the id of its key. ``differs`` is true where the registry that was kept says something else.
    """

    kid: str
    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    differs: bool


def make_client(folder: Path, issuer: str, fhir: str | None) -> MadeClient:
    """Make a key pair for ES384 and a registry with this one client; a file that is there already stays as it is.

    The private key is for the client; the public one, in a JWKS file that the registry names, for the service.

    Raises:
        KeyFileError: a file of the folder is not what it should be, or cannot be written.
    """
    private, public, registry = (folder / name for name in (KEY_FILE, JWKS_FILE, REGISTRY_FILE))
    kept = tuple(file for file in (private, public, registry) if file.exists())
    if private not in kept:
        if public in kept:
            raise KeyFileError(public, f"belongs to a key that is not here: bring {private} back, or take it away")
        key = ec.generate_private_key(ec.SECP384R1())
        _write(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    signer = read_signer(private, issuer)
    if public not in kept:
        jwks = {"keys": [{**public_jwk(signer.key), "kid": signer.kid, "alg": signer.algorithm, "use": "sig"}]}
        _write(public, json.dumps(jwks, indent=2).encode(), 0o644)
    elif signer.kid not in public.read_text(encoding="utf-8"):
        raise KeyFileError(public, f"does not hold the public half of {private}: take one of them away")
    entry = f"{registry_entry(folder, issuer, fhir)}\n"
    if registry not in kept:
        _write(registry, entry.encode(), 0o644)
    written = tuple(file for file in (private, public, registry) if file not in kept)
    return MadeClient(signer.kid, written, kept, differs=registry.read_text(encoding="utf-8") != entry)


def _write(file: Path, content: bytes, mode: int) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise KeyFileError(file, error.strerror or "cannot be written") from None


def registry_entry(folder: Path, issuer: str, fhir: str | None) -> str:
    """A registry of clients, as YAML, with this one client."""
    lines = ["clients:", f"  - issuer: {issuer}", f"    jwks_file: {(folder / JWKS_FILE).resolve()}"]
    if fhir is not None:
        lines.append(f"    fhir_servers: [{fhir}]")
    return "\n".join(lines)
