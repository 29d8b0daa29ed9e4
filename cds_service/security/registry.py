"""The clients that may call, from a YAML file: strict, and every refusal names file, client and key."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cds_service.errors import ConfigurationError
from cds_service.security.clients import Client, read_keys
from cds_service.security.entry_terms import TERMS, RegistryTerms
from cds_service.security.servers import Servers
from cds_service.yaml_files import YamlError, YamlFile

HINT: Final = "docs/security.md describes the registry of clients."
NOT_BUILT: Final[Mapping[str, object]] = {"crd": None, "system_actions": False}
"""Keys of what is to come, each with the value that asks for nothing of it."""


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
        services: Mapping[str, frozenset[str]] | None = None,
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
        terms = RegistryTerms(allow_http, services, prefetch_keys, path.parent)
        clients: dict[str, Client] = {}
        problems: list[str] = []
        for number, row in enumerate(_rows(path)):
            try:
                client = _client(row, terms)
            except _EntryError as refused:
                problems += [f"{path}: {_named(number, row)}: {problem}" for problem in refused.problems]
                continue
            if client.issuer in clients:
                problems.append(f"{path}: {_named(number, row)}: issuer: stands twice")
            problems += [f"{path}: {_named(number, row)}: {problem}" for problem in _shared(client, clients.values())]
            clients[client.issuer] = client
        if problems:
            raise ConfigurationError("\n".join(problems), HINT)
        return cls.of(clients.values())

    def client(self, issuer: str) -> Client | None:
        """The client of this issuer; None when there is none."""
        return self.clients.get(issuer)

    @property
    def with_app(self) -> tuple[Client, ...]:
        """The clients whose users may open the SMART app."""
        return tuple(client for client in self.clients.values() if client.app is not None)

    @property
    def origins(self) -> frozenset[str]:
        """Origins of all browser clients."""
        return frozenset(origin for client in self.clients.values() for origin in client.cors_origins)


class _EntryError(ValueError):
    """An entry that cannot be used; each problem names its key."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(*self.problems)


def _client(row: object, terms: RegistryTerms) -> Client:
    """The client of an entry, its keys read.

    Raises:
        _EntryError: it cannot be used.
    """
    problems = list(_not_built(row))
    try:
        client = Client.model_validate_json(_json(_built(row)), context={TERMS: terms})
    except (ValidationError, TypeError) as wrong:
        raise _EntryError((*problems, *_texts(wrong))) from None
    if sum(source is not None for source in (client.jwks_url, client.jwks_file, client.jwks)) != 1:
        problems.append("keys: needs exactly one of jwks_url, jwks_file and jwks")
    if client.app is not None and not client.fhir_servers:
        problems.append("app: needs fhir_servers: name the FHIR server that the EHR launches the app with")
    if problems:
        raise _EntryError(problems)
    if client.jwks_file is None:
        return client
    return client.model_copy(update={"jwks": read_keys(terms.folder / client.jwks_file)})


def _shared(client: Client, earlier: Iterable[Client]) -> Iterator[str]:
    """FHIR servers with an app that an earlier client has an app for, however spelled: a launch names no client."""
    if client.app is None:
        return
    for another in earlier:
        if another.app is not None and another.issuer != client.issuer:
            their_servers = Servers(another.fhir_servers, allow_http=True)
            for server in sorted(filter(their_servers.spelled, client.fhir_servers)):
                yield f"app: client {another.issuer} has an app for {server} too; leave app out of one of the two"


def _built(row: object) -> object:
    return {key: value for key, value in row.items() if key not in NOT_BUILT} if isinstance(row, dict) else row


def _not_built(row: object) -> Iterator[str]:
    for key, idle in NOT_BUILT.items():
        if isinstance(row, dict) and row.get(key, idle) is not idle:
            yield f"{key}: is not built yet: leave it out, or write {orjson.dumps(idle).decode()}"


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
