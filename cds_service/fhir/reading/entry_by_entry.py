"""What of a prefetch does not decode whole, read entry by entry: each resource typed, else tolerantly, else left out.

What is left out is a named gap with the exact error of the R4 models. The rest still counts.
"""

from typing import Any, Final, NamedTuple

import msgspec

from cds_service.domain.chart import Unknown
from cds_service.fhir.reading import tolerant
from cds_service.fhir.reading.bundles import plain_entries, told_of
from cds_service.fhir.reading.key_types import NO_TYPES, TYPES_UNDER
from cds_service.fhir.reading.prefetch import Slot, State
from cds_service.fhir.reading.prefetch_keys import fact_of
from cds_service.fhir.reading.quarantine import UNREADABLE, Quarantine, decoding_error
from cds_service.fhir.reading.references import named
from cds_service.fhir.reading.resources import (
    RECORD_OF,
    BundleEntry,
    BundleLink,
    BundleResource,
    OperationOutcomeResource,
    OtherResource,
)


class LooseBundle(NamedTuple):
    """A Bundle of the entries that could be read, and how many could not."""

    bundle: BundleResource
    unread: int


class EntryReader:
    """Reads the value of a prefetch key entry by entry; what cannot be read goes into the quarantine."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    def entries(self, key: str, raw: msgspec.Raw) -> LooseBundle | Slot:
        """The entries of a Bundle, each decoded by itself; the state of the key where its value is none."""
        try:
            loose = _LOOSE_BUNDLE.decode(raw)
        except UNREADABLE:
            return self.anything(key, raw)
        if loose.resource_type not in {None, "Bundle"}:
            return self.anything(key, raw)
        read = [self._entry(key, entry) for entry in loose.entry]
        entries = tuple(entry for entry in read if entry is not None)
        return LooseBundle(
            BundleResource(total=loose.total, link=loose.link, entry=entries), unread=len(read) - len(entries)
        )

    def anything(self, key: str, raw: msgspec.Raw) -> LooseBundle | Slot:
        """The resources of a Bundle, of a list of resources or entries, or of a single one."""
        try:
            plain = msgspec.json.decode(raw)
        except UNREADABLE as error:
            return Slot(key, State.FAILED, f"{key} could not be read: {decoding_error(error)}")
        if not isinstance(plain, dict | list):
            return Slot(key, State.ABSENT, f"what was given under {key} is not a resource")
        return self._plain_bundle(key, plain)

    def _entry(self, key: str, raw: msgspec.Raw) -> BundleEntry | None:
        try:
            entry = _ENTRY.decode(raw)
        except UNREADABLE:
            pass
        else:
            if entry.resource_type is None:
                return entry
        try:
            plain = msgspec.json.decode(raw)
        except UNREADABLE as error:
            self._quarantine.add(Unknown(fact_of(key), f"an entry of {key} could not be read: {decoding_error(error)}"))
            return None
        within = plain.get("resource") if isinstance(plain, dict) else None
        if isinstance(within, dict) and within.get("resourceType") == "Bundle":
            return BundleEntry(resource=self._plain_bundle(key, within).bundle)
        read = [self._resource(key, full_url, resource) for full_url, resource in plain_entries([plain])]
        return next(iter(read), BundleEntry())

    def _plain_bundle(self, key: str, plain: object) -> LooseBundle:
        read = [self._resource(key, full_url, resource) for full_url, resource in plain_entries(plain)]
        entries = tuple(entry for entry in read if entry is not None)
        links, total = told_of(plain)
        return LooseBundle(BundleResource(total=total, link=links, entry=entries), len(read) - len(entries))

    def _resource(self, key: str, full_url: str | None, resource: dict[str, Any]) -> BundleEntry | None:
        """One resource read tolerantly; None when it went into quarantine."""
        kind = RECORD_OF.get(str(resource.get("resourceType")))
        if not isinstance(resource.get("resourceType"), str):
            self._quarantine.add(Unknown(fact_of(key), f"a resource under {key} has no resourceType"))
            return None
        if kind is not OperationOutcomeResource and not TYPES_UNDER.get(key, NO_TYPES).reads(kind):
            return BundleEntry(resource=OtherResource())
        try:
            return BundleEntry(full_url=full_url, resource=tolerant.read_tolerantly(resource))
        except UNREADABLE as error:
            name = named(str(resource.get("resourceType")), resource.get("id"))
            self._quarantine.unread(resource, name, error)
            return None


class _LooseBundle(msgspec.Struct, rename="camel"):
    entry: list[msgspec.Raw]
    resource_type: str | None = None
    total: int | float | str | None = None
    link: tuple[BundleLink, ...] = ()


_ENTRY: Final = msgspec.json.Decoder(BundleEntry)
_LOOSE_BUNDLE: Final = msgspec.json.Decoder(_LooseBundle)
