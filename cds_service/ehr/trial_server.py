"""A FHIR R4 server as the EHR for trials sees it: resources as JSON objects, and refusals in the server's own words."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import orjson
import requests
from msgspec import Raw

from cds_service.errors import CdsError
from cds_service.fhir.server.client import FhirClient
from cds_service.fhir.server.failures import SERVER, FhirFailure
from cds_service.security.servers import Servers
from cds_service.stories.resources.pieces import FhirJson

_T = TypeVar("_T")

SERVER_SECONDS: Final = 60
"""Most seconds that one read, one search with all its pages, or one upload may take."""

_GONE: Final = frozenset({404, 410})


class FhirServerError(CdsError):
    """A FHIR server did not do what was asked; ``outcome`` is an OperationOutcome that says so."""

    def __init__(self, request: str, why: str, outcome: FhirJson | None = None) -> None:
        text = f"{request}: {why}"
        super().__init__(text, "Look at the address, the token and the log of the FHIR server.")
        issue = {"severity": "error", "code": "exception", "diagnostics": text}
        self.outcome = outcome or {"resourceType": "OperationOutcome", "issue": [issue]}


class FhirServer:
    """One server, with its base ``url`` and perhaps a bearer token."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """Prepare; nothing is sent yet."""
        self.url = url.rstrip("/")
        self._token = token
        self._session = requests.Session()
        # HAPI FHIR answers a search that it has seen within a minute from memory unless told not to.
        self._session.headers["Cache-Control"] = "no-cache"

    def read(self, reference: str) -> FhirJson | None:
        """The resource at ``Type/id``; None when there is none.

        Raises:
            FhirServerError: the server does not tell.
        """
        kind = reference.partition("/")[0]
        body = self._asked(f"GET {reference}", lambda client: _unless_gone(lambda: client.read(reference, kind)))
        return _object(body) if body is not None else None

    def search(self, query: str) -> list[FhirJson]:
        """The resources that ``Type?...`` finds, all pages of it, without OperationOutcomes about the search.

        Raises:
            FhirServerError: a page cannot be had, or lies on another server.
        """
        return self._asked(f"GET {query}", lambda client: _all_found(client, query))

    def first(self, query: str) -> FhirJson | None:
        """The first resource that ``Type?...`` finds; None when there is none.

        Raises:
            FhirServerError: the server does not tell.
        """
        entries = self._asked(f"GET {query}", lambda client: client.search(query, pages=1).entries)
        return next(iter(_resources(entries)), None)

    def put(self, resource: Mapping[str, Any]) -> None:
        """Create or replace a resource under its own id.

        Raises:
            FhirServerError: the server does not take it; names the resource and the server's answer.
        """
        reference = f"{resource['resourceType']}/{resource['id']}"
        self._asked(f"PUT {reference}", lambda client: client.put(reference, orjson.dumps(resource)))

    def delete(self, reference: str) -> None:
        """Delete a resource; one that is gone already is no error.

        Raises:
            FhirServerError: the server does not.
        """
        self._asked(f"DELETE {reference}", lambda client: _unless_gone(lambda: client.delete(reference)))

    def _asked(self, request: str, ask: Callable[[FhirClient], _T]) -> _T:
        same_server = Servers((self.url,), allow_http=True).permits
        until = time.monotonic() + SERVER_SECONDS
        client = FhirClient(self.url, self._token, until, self._session, same_server, keep_refusals=True)
        try:
            return ask(client)
        except FhirFailure as failure:
            raise self._error(request, failure) from None

    def _error(self, request: str, failure: FhirFailure) -> FhirServerError:
        outcome = _object(failure.body)
        if failure.status is None:
            return FhirServerError(request, failure.reason.replace(SERVER, self.url))
        reason = told_by(outcome)
        why = f"the server answered {failure.status}" + (f": {reason}" if reason else "")
        return FhirServerError(request, why, outcome if outcome.get("resourceType") == "OperationOutcome" else None)


def _unless_gone(ask: Callable[[], _T]) -> _T | None:
    try:
        return ask()
    except FhirFailure as failure:
        if failure.status in _GONE:
            return None
        raise


def _all_found(client: FhirClient, query: str) -> list[FhirJson]:
    found = client.search(query)
    if found.failure is not None:
        raise found.failure
    if found.problem is not None:
        raise FhirFailure(found.problem)
    return _resources(found.entries)


def _resources(entries: Iterable[Raw]) -> list[FhirJson]:
    found = (_object(bytes(entry)).get("resource", {}) for entry in entries)
    return [resource for resource in found if resource.get("resourceType", "OperationOutcome") != "OperationOutcome"]


def _object(body: bytes) -> FhirJson:
    """The JSON object in a body; an empty one for anything else."""
    try:
        content = orjson.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def told_by(outcome: Mapping[str, Any]) -> str:
    """What an OperationOutcome says, issue by issue; empty for anything else."""
    if outcome.get("resourceType") != "OperationOutcome":
        return ""
    return "; ".join(filter(None, map(_issue, outcome.get("issue", ()))))


def _issue(issue: Mapping[str, Any]) -> str:
    where = ", ".join(issue.get("expression", ()))
    text = issue.get("details", {}).get("text") or issue.get("diagnostics") or issue.get("code", "")
    return f"{text} ({where})" if where else str(text)


def reference_to(resource: Mapping[str, Any]) -> str:
    """Reference to a resource by type and id."""
    return f"{resource['resourceType']}/{resource.get('id', '')}"
