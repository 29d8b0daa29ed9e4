"""A registered client: who it is, what it may do, and how it wants its answers; and who makes a call."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from cds_service.security.entry_terms import DistinctWords, Label, Origin, Word, each_once, terms_of
from cds_service.security.keys import read_key_set
from cds_service.security.servers import registered_url
from cds_service.security.smart_app import SmartApp


def time_zone(name: object) -> ZoneInfo:
    """The time zone of an IANA name, like America/Chicago.

    Raises:
        ValueError: there is no zone of that name.
    """
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{str(name)!r} is not the name of a time zone, like America/Chicago") from None


TimeZone: TypeAlias = Annotated[ZoneInfo, PlainValidator(time_zone)]


class Client(BaseModel):
    """One client: how it proves who it is, what it may do, and how it wants its answers.

    ``jwks_url`` (fetched), ``jwks_file`` or ``jwks`` (both exchanged out of band) gives its keys; a file is read into
    ``jwks`` when the registry is loaded, and a client without keys can prove nothing. None for ``tenants`` and
    ``services`` is any, a shared id in ``services`` is read as itself and the ids of its hooks; None for
    ``max_cards``, ``jurisdiction``, ``time_zone`` and ``source_label`` is the site's own setting. ``fhir_servers`` are
    the only servers that are asked for this client. In ``shadow`` mode calls are evaluated and recorded, and nothing is
    shown. ``not_available`` tells by prefetch key where the clinic keeps what its EHR never sends; ``program_state``
    and ``not_checked`` are whether the two quiet cards are shown. With ``app`` users of the EHR may open the SMART app.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    issuer: Word
    jwks_url: str | None = None
    jwks_file: str | None = None
    jwks: Mapping[str, Any] | None = None
    fhir_servers: tuple[str, ...] = ()
    tenants: DistinctWords | None = None
    services: DistinctWords | None = None
    cors_origins: Annotated[tuple[Origin, ...], AfterValidator(each_once)] = ()
    mode: Literal["live", "shadow"] = "live"
    cds_hooks: Literal["1.0", "2.0", "3.0"] = "2.0"
    charges: Literal["claim", "chargeitem"] = "claim"
    max_cards: Annotated[int, Field(ge=1, le=50)] | None = None
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    time_zone: TimeZone | None = None
    source_label: Label | None = None
    not_available: Mapping[str, Label] = {}
    program_state: bool = True
    not_checked: bool = True
    app: SmartApp | None = None

    @field_validator("jwks_url")
    @classmethod
    def _callable_url(cls, url: str | None, info: ValidationInfo) -> str | None:
        return None if url is None else registered_url(url, allow_http=terms_of(info).allow_http)

    @field_validator("fhir_servers")
    @classmethod
    def _callable_urls(cls, urls: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        allow_http = terms_of(info).allow_http
        return each_once(tuple(registered_url(url, allow_http=allow_http).rstrip("/") for url in urls))

    @field_validator("services")
    @classmethod
    def _known_services(cls, services: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        known = terms_of(info).services
        if services is None or known is None:
            return services
        unknown = sorted(set(services) - set(known))
        if unknown:
            raise ValueError(f"there is no service {unknown[0]}; there are {', '.join(sorted(known))}")
        return tuple(sorted({permitted for service in services for permitted in known[service]}))

    @field_validator("not_available")
    @classmethod
    def _known_prefetch_keys(cls, places: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        known = terms_of(info).prefetch_keys
        unknown = sorted(set(places) - set(known)) if known is not None else []
        if known is not None and unknown:
            raise ValueError(f"there is no prefetch key {unknown[0]}; there are {', '.join(sorted(known))}")
        return MappingProxyType(dict(places))

    @field_validator("jwks_file")
    @classmethod
    def _readable_file(cls, file: str | None, info: ValidationInfo) -> str | None:
        if file is not None:
            _check_keys(read_keys(terms_of(info).folder / file))
        return file

    @field_validator("jwks")
    @classmethod
    def _inline_keys(cls, jwks: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if jwks is not None:
            _check_keys(jwks)
        return jwks

    def may_call(self, service: str) -> bool:
        """Whether the client may call the service of this id."""
        return self.services is None or service in self.services

    def serves(self, tenant: str | None) -> bool:
        """Whether the client may call for this tenant; with a list of tenants one of them has to be named."""
        return self.tenants is None or tenant in self.tenants

    @property
    def unwanted_rules(self) -> frozenset[str]:
        """The rules whose quiet card this client does not want."""
        shown = {"program-state": self.program_state, "not-checked": self.not_checked}
        return frozenset(rule for rule, wanted in shown.items() if not wanted)


class Caller(NamedTuple):
    """Who makes a call: the client, and the tenant it calls for, where its token names one."""

    client: Client
    tenant: str | None = None


DEMO: Final = Caller(Client(issuer="demo"))
"""Whoever calls where calls are not authenticated."""


def read_keys(path: Path) -> Mapping[str, Any]:
    """The JSON Web Key Set in a file, not checked yet.

    Raises:
        ValueError: there is none that can be read.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror}") from None
    except ValueError:
        raise ValueError(f"{path} is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError(f"{path} is not a JSON Web Key Set")  # noqa: TRY004 - the model reports ValueError only
    return document


def _check_keys(document: Mapping[str, Any]) -> None:
    keys = read_key_set(document)
    if keys.private:
        raise ValueError("holds a private key; only public keys belong here, and this one is no secret any more")
    if not keys.ids:
        raise ValueError("holds no public key with kid that can be used")
