"""Runs the prefetch templates of a service on a FHIR server."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from cds_service.ehr.trial_server import FhirServer, FhirServerError, reference_to
from cds_service.stories.resources.pieces import FhirJson

_TOKEN: Final = re.compile(r"\{\{\s*([A-Za-z0-9.]+)\s*\}\}")


def prefetch_of(server: FhirServer, templates: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, Any]:
    """The prefetch of a call: null where nothing is found, an OperationOutcome where the server fails.

    A template whose tokens the context does not fill is left out.
    """
    queries = {key: query_of(template, context) for key, template in templates.items()}
    return {key: _fetched(server, query) for key, query in queries.items() if query is not None}


def query_of(template: str, context: Mapping[str, Any]) -> str | None:
    """A prefetch template with its tokens replaced; None when the context lacks one (CH-P-03)."""
    values = {f"context.{name}": value for name, value in context.items() if isinstance(value, str)}
    kind, _, identifier = str(context.get("userId", "")).partition("/")
    values[f"user{kind}Id"] = identifier
    if any(token not in values for token in _TOKEN.findall(template)):
        return None
    return _TOKEN.sub(lambda token: quote(values[token[1]], safe=""), template)


def _fetched(server: FhirServer, query: str) -> FhirJson | None:
    try:
        if "?" not in query:
            return server.read(query)
        found = server.search(query)
    except FhirServerError as error:
        return error.outcome
    return _searchset(server.url, found) if found else None


def _searchset(base: str, found: Iterable[FhirJson]) -> FhirJson:
    match = {"search": {"mode": "match"}}
    entries = [{"fullUrl": f"{base}/{reference_to(resource)}", "resource": resource, **match} for resource in found]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
