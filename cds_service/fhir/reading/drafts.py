"""Drafts of a hook's context, read tolerantly one by one."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading import tolerant
from cds_service.fhir.reading.bundles import add_alias, plain_entries
from cds_service.fhir.reading.code_spelling import with_plain_codes
from cds_service.fhir.reading.elements import Resource
from cds_service.fhir.reading.quarantine import UNREADABLE, Quarantine
from cds_service.fhir.reading.references import named
from cds_service.fhir.reading.resources import (
    RECORD_OF,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A resource of the hook's context. ``received`` is its JSON as it came.

    ``record`` is None when it could not be read; ``gap`` then says why. ``reference`` is ``Type/id``, for one without
    id its place among the drafts; ``full_url`` the entry's.
    """

    record: Resource | None
    received: Mapping[str, Any]
    reference: str
    full_url: str | None = None
    gap: Unknown | None = None


def read_drafts(raw: bytes | msgspec.Raw | None) -> tuple[Draft, ...]:
    """Read ``draftOrders`` or ``appointments``: a Bundle with or without type, a list of resources, or one resource.

    Resource types that no rule reads are skipped. Never raises: what cannot be read is a Draft without record.
    """
    if raw is None:
        return ()
    try:
        decoded = msgspec.json.decode(raw)
    except UNREADABLE:
        return (Draft(None, {}, "drafts", gap=Unknown(Fact.ORDERS, "the drafts are not readable JSON")),)
    quarantine = Quarantine()
    drafts = []
    for position, (full_url, resource) in enumerate(plain_entries(decoded), start=1):
        draft = _draft(resource, full_url, position, quarantine)
        if draft is not None:
            drafts.append(draft)
    return tuple(drafts)


def aliases_of(drafts: Iterable[Draft]) -> dict[str, str]:
    """What ``urn:`` references among the drafts stand for."""
    aliases: dict[str, str] = {}
    for draft in drafts:
        if draft.full_url is not None and draft.full_url.startswith("urn:"):
            add_alias(aliases, draft.full_url, draft.reference)
    return {url: reference for url, reference in aliases.items() if reference}


def _draft(resource: dict[str, Any], full_url: str | None, position: int, quarantine: Quarantine) -> Draft | None:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in RECORD_OF:
        return None
    name = named(kind, resource.get("id"), f"no id {position}")
    try:
        record = tolerant.read_tolerantly(resource)
    except UNREADABLE as error:
        return Draft(None, resource, name, full_url, quarantine.unread(resource, name, error))
    return None if record is None else Draft(with_plain_codes(record), resource, name, full_url)
