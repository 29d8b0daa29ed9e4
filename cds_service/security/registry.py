"""The clients that may call, from a YAML file: strict, and every refusal names file, client and key."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from cds_service.errors import ConfigurationError
from cds_service.security.addresses import checked_url
from cds_service.security.keys import read_key_set
from cds_service.yaml_files import YamlError, YamlFile

HINT: Final = "docs/security.md describes the registry of clients."
ALLOW_HTTP: Final = "allow_http"
SERVICES: Final = "services"
FOLDER: Final = "folder"
PREFETCH_KEYS: Final = "prefetch_keys"


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise ValueError("has an entry twice")
    return values


Word: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
Words: TypeAlias = Annotated[tuple[Word, ...], Field(min_length=1), AfterValidator(_distinct)]
Permitted: TypeAlias = Mapping[str, frozenset[str]]
Label: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Origin: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(loopback|https?://[A-Za-z0-9.:\[\]-]+)$")]


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
    """One registered client: how it proves who it is, what it may do, and how it wants its answers.

    Exactly one of ``jwks_url`` (fetched), ``jwks_file`` and ``jwks`` (both exchanged out of band) gives its keys; a
    file is read into ``jwks`` when the registry is loaded. None for ``tenants`` and ``services`` is any, a shared
    id in ``services`` is read as itself and the ids of its hooks; None for
    ``max_cards``, ``jurisdiction``, ``time_zone`` and ``source_label`` is the site's own setting. ``not_available``
    tells by prefetch key where the clinic keeps what its EHR never sends; ``program_state`` and ``not_checked`` are
    whether the two quiet cards are shown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    issuer: Word
    jwks_url: str | None = None
    jwks_file: str | None = None
    jwks: Mapping[str, Any] | None = None
    fhir_servers: tuple[str, ...] = ()
    tenants: Words | None = None
    services: Words | None = None
    cors_origins: Annotated[tuple[Origin, ...], AfterValidator(_distinct)] = ()
    mode: Literal["live", "shadow"] = "live"
    cds_hooks: Literal["1.0", "2.0", "3.0"] = "2.0"
    crd: Literal["2.0", "2.1", "2.2"] | None = None
    system_actions: bool = False
    charges: Literal["claim", "chargeitem"] = "claim"
    max_cards: Annotated[int, Field(ge=1, le=50)] | None = None
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    time_zone: TimeZone | None = None
    source_label: Label | None = None
    not_available: Mapping[str, Label] = {}
    program_state: bool = True
    not_checked: bool = True

    @field_validator("jwks_url")
    @classmethod
    def _callable_url(cls, url: str | None, info: ValidationInfo) -> str | None:
        return None if url is None else checked_url(url, allow_http=_given(info)[ALLOW_HTTP])

    @field_validator("fhir_servers")
    @classmethod
    def _callable_urls(cls, urls: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return _distinct(tuple(checked_url(url, allow_http=_given(info)[ALLOW_HTTP]).rstrip("/") for url in urls))

    @field_validator("services")
    @classmethod
    def _known_services(cls, services: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        known = _given(info)[SERVICES]
        unknown = sorted(set(services or ()) - set(known)) if known is not None else []
        if unknown:
            raise ValueError(f"there is no service {unknown[0]}; there are {', '.join(sorted(known))}")
        if services is None or known is None:
            return services
        return tuple(sorted({permitted for one in services for permitted in known[one]}))

    @field_validator("not_available")
    @classmethod
    def _known_prefetch_keys(cls, places: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        known = _given(info)[PREFETCH_KEYS]
        unknown = sorted(set(places) - set(known)) if known is not None else []
        if unknown:
            raise ValueError(f"there is no prefetch key {unknown[0]}; there are {', '.join(sorted(known))}")
        return MappingProxyType(dict(places))

    @field_validator("jwks_file")
    @classmethod
    def _readable_file(cls, file: str | None, info: ValidationInfo) -> str | None:
        if file is not None:
            _check_keys(_read_keys(_given(info)[FOLDER] / file))
        return file

    @field_validator("jwks")
    @classmethod
    def _inline_keys(cls, jwks: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if jwks is not None:
            _check_keys(jwks)
        return jwks

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> Self:
        if sum(one is not None for one in (self.jwks_url, self.jwks_file, self.jwks)) != 1:
            raise ValueError("needs exactly one of jwks_url, jwks_file and jwks")
        return self

    def may_call(self, service: str) -> bool:
        """Whether the client may call the service of this id."""
        return self.services is None or service in self.services

    def serves(self, tenant: str | None) -> bool:
        """Whether the client may call for this tenant; with a list of tenants one of them has to be named."""
        return self.tenants is None or tenant in self.tenants


@dataclass(frozen=True)
class Registry:
    """The clients that may call, by issuer."""

    clients: Mapping[str, Client]

    @classmethod
    def of(cls, clients: Iterable[Client]) -> Self:
        """A registry of these clients."""
        return cls(MappingProxyType({client.issuer: client for client in clients}))

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        allow_http: bool = False,
        services: Permitted | None = None,
        prefetch_keys: Collection[str] | None = None,
    ) -> Self:
        """Read and check a registry file.

        Args:
            path: YAML with a list ``clients``; key files in it are relative to its folder.
            allow_http: Let keys and FHIR servers be plain http.
            services: Ids that ``services`` may name, each with those it permits; None lets every id pass.
            prefetch_keys: Keys that ``not_available`` may name; None lets every key pass.

        Raises:
            ConfigurationError: the file cannot be used; each problem names file, client and key.
        """
        rows = _rows(path)
        given = {ALLOW_HTTP: allow_http, SERVICES: services, PREFETCH_KEYS: prefetch_keys, FOLDER: path.parent}
        clients: dict[str, Client] = {}
        problems: list[str] = []
        for number, row in enumerate(rows):
            try:
                client = Client.model_validate_json(_json(row), context=given)
            except (ValidationError, TypeError) as wrong:
                problems += [f"{path}: {_named(number, row)}: {what}" for what in _texts(wrong)]
                continue
            if client.issuer in clients:
                problems.append(f"{path}: {_named(number, row)}: issuer: stands twice")
            clients[client.issuer] = _with_file_keys(client, path.parent)
        if problems:
            raise ConfigurationError("\n".join(problems), HINT)
        return cls.of(clients.values())

    def client(self, issuer: str) -> Client | None:
        """The client of this issuer; None when there is none."""
        return self.clients.get(issuer)

    @property
    def origins(self) -> frozenset[str]:
        """Origins of all browser clients."""
        return frozenset(origin for client in self.clients.values() for origin in client.cors_origins)


def _given(info: ValidationInfo) -> Mapping[str, Any]:
    strict = {ALLOW_HTTP: False, SERVICES: None, PREFETCH_KEYS: None, FOLDER: Path()}
    return strict | (info.context or {})


def _read_keys(path: Path) -> Mapping[str, Any]:
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


def _with_file_keys(client: Client, folder: Path) -> Client:
    if client.jwks_file is None:
        return client
    return client.model_copy(update={"jwks": _read_keys(folder / client.jwks_file)})


def _rows(path: Path) -> list[object]:
    """The entries of ``clients``, not checked yet."""
    try:
        data = YamlFile.read(path).content
    except YamlError as problem:
        raise ConfigurationError(str(problem), HINT) from None
    if not isinstance(data, dict) or set(data) != {"clients"}:
        raise ConfigurationError(f"{path}: clients: the file has one key, clients, and nothing else", HINT)
    rows = data["clients"]
    if not isinstance(rows, list) or not rows:
        raise ConfigurationError(f"{path}: clients: must be a list with at least one client", HINT)
    return rows


def _json(row: object) -> bytes:
    """The entry as JSON, which types are checked against.

    Raises:
        TypeError: a value that JSON does not know, or an alias that contains itself.
    """
    return orjson.dumps(row)


def _named(number: int, row: object) -> str:
    """How an entry is called in an error: by its issuer, else by its place from 1."""
    issuer = row.get("issuer") if isinstance(row, Mapping) else None
    return f"client {issuer}" if isinstance(issuer, str) and issuer.isprintable() else f"client {number + 1}"


def _texts(wrong: ValidationError | TypeError) -> Iterator[str]:
    if isinstance(wrong, TypeError):
        yield "holds something that is neither text, number, list nor table"
        return
    for error in wrong.errors(include_url=False):
        key = ".".join(str(part) for part in error["loc"]) or "keys"
        yield f"{key}: {_reason(error)}"


def _reason(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "no such key"
        case "missing":
            return "is required"
        case "value_error":
            return error["msg"].removeprefix("Value error, ")
        case _:
            return error["msg"]
