"""A FHIR server of an invented EHR: searches and reads over what it holds, takes what is put, refuses what dangles."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.hosts import NO_FAULTS, Answer, Handler, HttpHost, Json

TOKEN = "token-of-nobody-7f3a"  # noqa: S105 - invented
SUBJECTS = ("subject", "patient", "beneficiary")


class FhirHost(HttpHost):
    """The server; ``paged`` is the most entries of a page."""

    base = "/r4"

    def __init__(
        self, resources: Iterable[Json] = (), *, paged: int | None = None, faults: Mapping[str, Answer] = NO_FAULTS
    ) -> None:
        super().__init__(faults)
        self.resources = list(resources)
        self.paged = paged

    @property
    def held(self) -> set[str]:
        """What it holds, as ``Type/id``."""
        return {reference_of(resource) for resource in self.resources}

    def answer_to(self, handler: Handler) -> None:
        assert handler.path.startswith(self.base)
        query = handler.path.removeprefix(f"{self.base}/")
        if handler.command == "PUT":
            handler.reply(*self.put(query, self.seen[-1].body))
        elif handler.command == "DELETE":
            handler.reply(*self.delete(query))
        else:
            found = self.answer(query)
            handler.reply(404 if found is None else 200, found or outcome("not there", "not-found"))

    def answer(self, query: str) -> Json | None:
        """What a read or a search finds; None for a resource that is not there."""
        path, _, search = query.partition("?")
        if "/" in path:
            return next((resource for resource in self.resources if reference_of(resource) == path), None)
        pairs = parse_qsl(search)
        filters = dict(pairs)
        assert len(filters) == len(pairs)
        page = int(filters.pop("page", 0))
        found = [
            resource for resource in self.resources if resource["resourceType"] == path and matches(resource, filters)
        ]
        return self._searchset(found, query.partition("&page=")[0], page)

    def _searchset(self, found: list[Json], query: str, page: int) -> Json:
        size = self.paged or len(found) or 1
        entries = [
            {"resource": resource, "search": {"mode": "match"}} for resource in found[page * size : (page + 1) * size]
        ]
        whole: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}
        if (page + 1) * size < len(found):
            whole["link"] = [{"relation": "next", "url": f"{self.url}/{query}&page={page + 1}"}]
        return whole

    def put(self, reference: str, resource: Json) -> tuple[int, Any]:
        missing = [name for name in references(resource) if name not in self.held and not name.startswith("#")]
        if missing:
            return 422, outcome(f"{missing[0]} is not known")
        self.resources = [*(kept for kept in self.resources if reference_of(kept) != reference), resource]
        return 201, resource

    def delete(self, reference: str) -> tuple[int, Any]:
        if any(reference in references(resource) for resource in self.resources):
            return 409, outcome(f"{reference} is referred to")
        if reference not in self.held:
            return 404, outcome("not there", "not-found")
        self.resources = [resource for resource in self.resources if reference_of(resource) != reference]
        return 204, b""


def reference_of(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource.get('id')}"


def matches(resource: Json, filters: dict[str, str]) -> bool:
    patient = filters.get("patient")
    if patient is not None:
        subject = next((resource[name]["reference"] for name in SUBJECTS if name in resource), None)
        if subject != f"Patient/{patient}":
            return False
    if (
        "practitioner" in filters
        and resource["practitioner"]["reference"].rpartition("/")[2] != filters["practitioner"]
    ):
        return False
    if "category" in filters and not codes_of(resource) & set(filters["category"].split(",")):
        return False
    return all(resource.get(name) == filters[name] for name in ("status", "use") if name in filters)


def codes_of(resource: Json) -> set[str]:
    return {coding.get("code", "") for concept in resource.get("category", ()) for coding in concept.get("coding", ())}


def references(value: Any) -> list[str]:
    """Every reference within a resource."""
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["reference"]] if isinstance(value.get("reference"), str) else []
    return own + [found for item in value.values() for found in references(item)]


def searchset(resources: Iterable[Json], following: str | None = None) -> Json:
    """A page of a search."""
    links = [{"relation": "next", "url": following}] if following else []
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": resource} for resource in resources],
        "link": links,
    }


def outcome(text: str, code: str = "x") -> Json:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "details": {"text": text}}],
    }
