"""Which of the versions of one resource is the newest: histories and copies bring several.

The records have no ``meta``, which every resource carries and few requests need: where a resource came in two versions
the JSON is looked at again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from cds_service.fhir.reading.dates import When, read_date


class VersionMeta(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """What ``meta`` of a resource tells of its version."""

    version_id: str | None = None
    last_updated: str | None = None


def newest_by_reference(resources: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Resources in plain JSON by reference: of several versions the newest, of those that do not tell the first."""
    found: dict[str, dict[str, Any]] = {}
    for reference, resource in resources:
        known = found.setdefault(reference, resource)
        if known is not resource and is_newer(_meta_of(resource), _meta_of(known)):
            found[reference] = resource
    return found


def is_newer(version: VersionMeta, known: VersionMeta) -> bool:
    """Whether a version was written after the one known, by the time of its last change, else by its number."""
    changed, before = _instant(version), _instant(known)
    if changed is not None and before is not None and changed != before:
        return changed > before
    number, earlier = _number(version), _number(known)
    return number is not None and earlier is not None and number > earlier


def _instant(meta: VersionMeta) -> datetime | None:
    when = read_date(meta.last_updated) if meta.last_updated else None
    return when.instant if isinstance(when, When) else None


def _number(meta: VersionMeta) -> int | None:
    text = meta.version_id or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None  # noqa: PLR2004 - 64 bits


def _meta_of(resource: Mapping[str, Any]) -> VersionMeta:
    try:
        return msgspec.convert(resource.get("meta") or {}, VersionMeta, strict=False)
    except msgspec.ValidationError:
        return VersionMeta()
