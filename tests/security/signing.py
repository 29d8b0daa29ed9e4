"""Clients of the tests: keys made for this run, tokens as an EHR makes them, and registry files that name them."""

import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import get_default_algorithms

from cds_service.security.clients import Client
from cds_service.security.entry_terms import TERMS, RegistryTerms
from cds_service.security.registry import Registry

ISSUER = "https://ehr.example.org"
PUBLIC_URL = "https://cds.example.org"
SERVICE = "work-rehab-order"
AUDIENCE = f"{PUBLIC_URL}/cds-services/{SERVICE}"
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@cache
def private_key(algorithm: str, name: str = "first") -> Any:
    """A private key for the algorithm; another ``name`` is another key."""
    assert name
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    return rsa.generate_private_key(65537, 2048)


def encoded(part: dict[str, Any] | bytes) -> str:
    """A part of a token."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def without_none(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}


@dataclass(frozen=True)
class Signer:
    """One key of a client."""

    algorithm: str = "ES384"
    kid: str = "key-1"
    name: str = "first"

    @property
    def key(self) -> Any:
        return private_key("RS384" if self.algorithm[0] in "RP" else self.algorithm, self.name)

    def jwk(self, **members: Any) -> dict[str, Any]:
        """The public key as the client publishes it; None leaves a member out."""
        public = get_default_algorithms()[self.algorithm].to_jwk(self.key.public_key(), as_dict=True)
        standard = {"kid": self.kid, "alg": self.algorithm, "use": "sig"}
        return without_none({name: value for name, value in public.items() if name != "key_ops"} | standard | members)

    def signed(self, header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes) -> str:
        """A token of exactly these parts."""
        signing_input = f"{encoded(header)}.{encoded(claims)}"
        signature = get_default_algorithms()[self.algorithm].sign(signing_input.encode(), self.key)
        return f"{signing_input}.{encoded(signature)}"

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is right but for what is given; None leaves a member out."""
        now = claims.pop("now", time.time())
        head = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid} | (header or {})
        body = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": int(now) + 300,
            "iat": int(now),
            "jti": str(uuid4()),
        } | claims
        return self.signed(without_none(head), without_none(body))


@dataclass(frozen=True)
class Ehr:
    """A registered client that calls a running service."""

    signer: Signer = field(default_factory=Signer)
    issuer: str = ISSUER

    def headers(self, url: str, **claims: Any) -> dict[str, str]:
        """The Authorization header for a call of this URL."""
        return bearer(self.signer.token(iss=self.issuer, aud=url, **claims))

    def entry(self, **members: Any) -> dict[str, Any]:
        """The client's entry in a registry."""
        keys = {} if {"jwks_url", "jwks_file"} & members.keys() else {"jwks": {"keys": [self.signer.jwk()]}}
        return {"issuer": self.issuer, **keys, **members}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def client(signer: Signer | None = None, **members: Any) -> Client:
    """A registered client."""
    entry = Ehr(signer or Signer()).entry(**members)
    return Client.model_validate_json(json.dumps(entry), context={TERMS: RegistryTerms(allow_http=True)})


def registry(*clients: Client) -> Registry:
    return Registry.of(clients or (client(),))


def write_registry(path: Any, *entries: dict[str, Any]) -> Any:
    """A registry file; JSON is YAML too."""
    path.write_text(json.dumps({"clients": list(entries)}))
    return path
