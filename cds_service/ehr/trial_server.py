"""A FHIR R4 server as a client of it sees it: read, search with all pages, put, delete."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests

from cds_service.errors import CdsError
from cds_service.stories.resources.pieces import FhirJson

SERVER_SECONDS: Final = 30
"""Most seconds that one request may take."""
MOST_SEARCH_PAGES: Final = 200
FHIR_JSON: Final = "application/fhir+json"

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
        self._session = requests.Session()
        # HAPI FHIR answers a search that it has seen within a minute from memory unless told not to.
        self._session.headers.update({"Accept": FHIR_JSON, "Cache-Control": "no-cache"})
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def read(self, reference: str) -> FhirJson | None:
        """The resource at ``Type/id``; None when there is none.

        Raises:
            FhirServerError: the server does not tell.
        """
        reply = self._send("GET", reference)
        return None if reply.status_code in _GONE else _body(f"GET {reference}", reply)

    def search(self, query: str) -> list[FhirJson]:
        """The resources that ``Type?...`` finds, all pages of it, without OperationOutcomes about the search.

        Raises:
            FhirServerError: a page cannot be had, or lies on another server.
        """
        found: list[FhirJson] = []
        seen: set[str] = set()
        following: str | None = query
        while following is not None:
            seen.add(following)
            page = _body(f"GET {query}", self._send("GET", following))
            found += _resources(page)
            links = (link.get("url") for link in page.get("link", ()) if link.get("relation") == "next")
            following = next(links, None)
            if following in seen or len(seen) == MOST_SEARCH_PAGES:
                raise FhirServerError(f"GET {query}", "the server links its pages without end")
        return found

    def first(self, query: str) -> FhirJson | None:
        """The first resource that ``Type?...`` finds; None when there is none.

        Raises:
            FhirServerError: the server does not tell.
        """
        return next(iter(_resources(_body(f"GET {query}", self._send("GET", query)))), None)

    def put(self, resource: Mapping[str, Any]) -> None:
        """Create or replace a resource under its own id.

        Raises:
            FhirServerError: the server does not take it; names the resource and the server's answer.
        """
        reference = f"{resource['resourceType']}/{resource['id']}"
        _body(f"PUT {reference}", self._send("PUT", reference, resource))

    def delete(self, reference: str) -> None:
        """Delete a resource; one that is gone already is no error.

        Raises:
            FhirServerError: the server does not.
        """
        reply = self._send("DELETE", reference)
        if reply.status_code not in _GONE and not reply.ok:
            raise _refusal(f"DELETE {reference}", reply)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        request = f"{method} {path}"
        url = urljoin(f"{self.url}/", path)
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            raise FhirServerError(request, "this is on another server, which is not asked")
        headers = {"Content-Type": FHIR_JSON} if body is not None else {}
        try:
            return self._session.request(method, url, json=body, headers=headers, timeout=SERVER_SECONDS)
        except requests.RequestException as error:
            raise FhirServerError(request, f"{self.url} could not be reached ({type(error).__name__})") from None


def _body(request: str, reply: requests.Response) -> FhirJson:
    if not reply.ok:
        raise _refusal(request, reply)
    body = _json(reply)
    if not reply.content and reply.request.method == "PUT":
        return {}
    if "resourceType" not in body:
        raise FhirServerError(request, "the answer is not FHIR JSON")
    return body


def _resources(page: Mapping[str, Any]) -> list[FhirJson]:
    entries = (entry["resource"] for entry in page.get("entry", ()) if "resource" in entry)
    return [resource for resource in entries if resource.get("resourceType") != "OperationOutcome"]


def _json(reply: requests.Response) -> FhirJson:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refusal(request: str, reply: requests.Response) -> FhirServerError:
    body = _json(reply)
    why = f"the server answered {reply.status_code}"
    if reason := told_by(body):
        why += f": {reason}"
    return FhirServerError(request, why, body if body.get("resourceType") == "OperationOutcome" else None)


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
