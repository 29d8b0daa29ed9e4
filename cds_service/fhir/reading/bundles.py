"""What the Bundle of a search says of itself: entries, links, errors, whether it holds all."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from cds_service.fhir.reading.resources import (
    BundleLink,
    BundleResource,
    OperationOutcomeResource,
)

_ISSUE_CODE: Final = re.compile(r"[a-z\-]{1,40}", re.ASCII)
_HARMLESS: Final = frozenset({"information", "warning"})


def plain_entries(value: object) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """(fullUrl, resource) of a Bundle, an entry, a resource or a list of any of them."""
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        entries = item.get("entry")
        if item.get("resourceType") == "Bundle" or ("resourceType" not in item and entries is not None):
            for entry in entries if isinstance(entries, list) else [entries]:
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
    if isinstance(resource, dict):
        yield (url if isinstance(url, str) else None), resource


def bundle_links(value: object) -> tuple[BundleLink, ...]:
    """The links of a Bundle in plain JSON; none where they are no links."""
    try:
        return msgspec.convert(value or (), tuple[BundleLink, ...])
    except msgspec.ValidationError:
        return ()


def cut_short(key: str, bundle: BundleResource, usable: int, unread: int) -> str | None:
    """Why the Bundle of a search holds a part of its results only; None where it holds all, as far as it says.

    Some servers count what a search includes among its results: a total that fits all entries is taken for whole.
    """
    try:
        total = int(bundle.total or 0)
    except (ValueError, OverflowError):
        total = 0
    received = usable + unread
    if total > received and total != len(bundle.entry) + unread:
        return (
            f"only a part of {key} was given: {received} of {total}" if received else f"none of {total} {key} was given"
        )
    if linked_page(bundle, "next") is not None:
        return f"only the first page of {key} was given"
    if linked_page(bundle, "previous") is not None or linked_page(bundle, "prev") is not None:
        return f"only the last page of {key} was given"
    return None


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
