"""What the Bundle of a search says of itself: entries, links, errors, whether it holds all."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from cds_service.fhir.reading.elements import Resource
from cds_service.fhir.reading.resources import (
    BundleLink,
    BundleResource,
    OperationOutcomeResource,
)

_ISSUE_CODE: Final = re.compile(r"[a-z\-]{1,40}", re.ASCII)
_HARMLESS: Final = frozenset({"information", "warning"})


def plain_entries(value: object) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """(fullUrl, resource) of a Bundle, an entry, a resource or a list of any of them."""
    for item in _several(value):
        if not isinstance(item, dict):
            continue
        entries = item.get("entry")
        if item.get("resourceType") == "Bundle" or ("resourceType" not in item and entries is not None):
            for entry in _several(entries):
                if isinstance(entry, dict):
                    yield from _plain_entry(entry)
        else:
            yield from _plain_entry(item)


def _plain_entry(entry: dict[str, Any]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    if "resourceType" in entry or "resource" not in entry:
        yield None, entry
        return
    url = entry.get("fullUrl")
    resource = entry["resource"]
    if not isinstance(resource, dict):
        return
    if _is_bundle(resource):
        yield from plain_entries(resource)
    else:
        yield (url if isinstance(url, str) else None), resource


def told_of(value: object) -> tuple[tuple[BundleLink, ...], int]:
    """Links and total of a Bundle in plain JSON, and of the Bundles in it; none where they cannot be read."""
    if not isinstance(value, dict):
        return (), 0
    entries = value.get("entry")
    inside = (
        [entry.get("resource") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    within = [told_of(resource) for resource in inside if _is_bundle(resource)]
    try:
        links = msgspec.convert(value.get("link") or (), tuple[BundleLink, ...])
    except msgspec.ValidationError:
        links = ()
    total = sum(total for _, total in within) or _number(value.get("total"))
    return (*links, *(link for inner, _ in within for link in inner)), total


def _several(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_bundle(value: object) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "Bundle"


def flattened(bundle: BundleResource) -> BundleResource:
    """A Bundle with the entries of the Bundles in it, such as the answer of a batch holds, and what these say."""
    if not any([type(entry.resource) is BundleResource for entry in bundle.entry]):  # noqa: C419 - half the time
        return bundle
    within = [flattened(entry.resource) for entry in bundle.entry if isinstance(entry.resource, BundleResource)]
    entries = [entry for entry in bundle.entry if not isinstance(entry.resource, BundleResource)]
    return BundleResource(
        total=sum(map(_total, within)) or bundle.total,
        link=(*bundle.link, *(link for inner in within for link in inner.link)),
        entry=(*entries, *(entry for inner in within for entry in inner.entry)),
    )


def holds_resources_as_entries(bundle: BundleResource) -> bool:
    """Whether a resource stands in place of an entry."""
    return any(entry.resource is None and entry.resource_type is not None for entry in bundle.entry)


def _total(bundle: BundleResource) -> int:
    return _number(bundle.total)


def _number(total: object) -> int:
    try:
        return int(total) if isinstance(total, int | float | str) and total else 0
    except (ValueError, OverflowError):
        return 0


def cut_short(key: str, bundle: BundleResource, usable: int, resources: Sequence[Resource], unread: int) -> str | None:
    """Why the Bundle of a search holds a part of its results only; None where it holds all, as far as it says.

    Some servers count what a search includes among its results: a total that fits all ``resources``, with or without
    what the server says of the search, is taken for whole.
    """
    total = _total(bundle) if bundle.total else 0
    received = usable + unread
    if total > received and total - unread not in _counted(bundle, resources):
        return (
            f"only a part of {key} was given: {received} of {total}" if received else f"none of {total} {key} was given"
        )
    if not bundle.link:
        return None
    if linked_page(bundle, "next") is not None:
        return f"only the first page of {key} was given"
    if linked_page(bundle, "previous") is not None or linked_page(bundle, "prev") is not None:
        return f"only the last page of {key} was given"
    return None


def _counted(bundle: BundleResource, resources: Sequence[Resource]) -> set[int]:
    """How many results a server may count that counts all it sent."""
    outcomes = sum(isinstance(resource, OperationOutcomeResource) for resource in resources)
    return {len(resources), len(resources) - outcomes, len(bundle.entry)}


def linked_page(bundle: BundleResource, relation: str) -> str | None:
    """Where the next, previous or other page of a search is."""
    return next((link.url for link in bundle.link if link.relation == relation and link.url), None)


def add_alias(aliases: dict[str, str], url: str, reference: str) -> None:
    """A URL that stands for two resources stands for none; that is kept as an empty reference."""
    if aliases.setdefault(url, reference) != reference:
        aliases[url] = ""


def reports_error(outcome: OperationOutcomeResource) -> bool:
    """Whether an outcome says more than a warning."""
    return any(issue.severity not in _HARMLESS for issue in outcome.issue)


def reported_failure(key: str, outcome: OperationOutcomeResource) -> str:
    """What an outcome under a key says, by its code and without its text."""
    code = next((issue.code for issue in outcome.issue if issue.code), None)
    known = f" ({code})" if code is not None and _ISSUE_CODE.fullmatch(code) else ""
    return f"the EHR reported an error for {key}{known}"
