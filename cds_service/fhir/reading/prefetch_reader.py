"""From the bytes of a request to records: the prefetch, entry by entry where it does not decode whole.

A resource is read in three steps: typed decoding; a tolerant second reading; and where both fail it is left out as a
named gap with the exact error of the R4 models. The rest still counts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.lazy import lazy
from cds_service.fhir.reading import tolerant
from cds_service.fhir.reading.bundles import (
    add_alias,
    cut_short,
    flattened,
    linked_page,
    plain_entries,
    reported_failure,
    reports_error,
    told_of,
)
from cds_service.fhir.reading.code_spelling import PLAIN_CODES
from cds_service.fhir.reading.elements import Resource, type_of
from cds_service.fhir.reading.financial_resources import ClaimResource
from cds_service.fhir.reading.prefetch import Prefetch, RawPrefetch, Slot, State, resources_in
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS, SUPPORTING, fact_of
from cds_service.fhir.reading.quarantine import UNREADABLE, Quarantine, decoding_error
from cds_service.fhir.reading.references import named
from cds_service.fhir.reading.resource_versions import newest_by_reference
from cds_service.fhir.reading.resources import (
    RECORD_OF,
    AnyResource,
    BundleEntry,
    BundleLink,
    BundleResource,
    OperationOutcomeResource,
    OtherResource,
)

REFERRED: Final = "referred"
"""The key under which resources that others refer to are read."""


class _Types(NamedTuple):
    """What is read under a key: the types that it asks for, and others that may come with them."""

    own: frozenset[type[Resource]] = frozenset()
    beside: frozenset[type[Resource]] = frozenset()


_NO_TYPES: Final = _Types()
_UNDER: Final[Mapping[str, _Types]] = {
    **{name: _Types(key.also | {key.resource}, key.beside) for name, key in PREFETCH_KEYS.items()},
    REFERRED: _Types(beside=frozenset({ClaimResource})),
}
_PLAIN_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,39}", re.ASCII)
_NO_URLS: Final[Mapping[int, str]] = {}


def read_prefetch(raw: RawPrefetch, keys: Iterable[str]) -> Prefetch:
    """Read the prefetch keys asked for; one that no service knows is named. Never raises on what a client sent.

    Args:
        raw: The JSON of ``prefetch``, or None when the request has none.
        keys: Keys of DESIGN part 2 that the service asks for.
    """
    wanted = tuple(dict.fromkeys(keys))
    if raw is None:
        return Prefetch({key: Slot(key, State.ABSENT, f"{key} was not given") for key in wanted})
    reader = _Reader(raw)
    try:
        decoded = _prefetch_decoder(wanted).decode(raw)
    except UNREADABLE:
        values = reader.values
        slots = {key: reader.slowly(key, values.get(key)) for key in wanted}
        for key in values:
            if key not in PREFETCH_KEYS and key not in wanted:
                reader.quarantine.add(_unknown(key))
    else:
        read = msgspec.structs.astuple(decoded)[: len(wanted)]
        slots = {key: reader.slot(key, value) for key, value in zip(wanted, read, strict=True)}
    if reader.in_versions:
        reader.keep_newest(wanted)
    aliases = {url: reference for url, reference in reader.aliases.items() if reference}
    return Prefetch(slots, reader.by_type, aliases, reader.quarantine.gaps, raw, addresses=tuple(reader.addresses))


class _Reader:
    """Gathers the resources of one prefetch."""

    def __init__(self, raw: bytes | msgspec.Raw) -> None:
        self._raw = raw
        self.by_type: dict[type[Resource], dict[str, Resource]] = {}
        self.aliases: dict[str, str] = {}
        self.addresses: list[str] = []
        self.in_versions: dict[str, type[Resource]] = {}
        self.quarantine = Quarantine()
        self._nameless = 0

    @lazy
    def values(self) -> dict[str, msgspec.Raw]:
        """The JSON of each key; only asked for where a part did not decode as it should."""
        return _values_by_key(self._raw)

    def slot(self, key: str, value: object) -> Slot:
        """Take in a value that decoded whole."""
        if value is msgspec.UNSET:
            return Slot(key, State.ABSENT, f"{key} was not given")
        if value is None:
            return Slot(key, State.EMPTY)
        if isinstance(value, BundleResource):
            return self.bundle(key, value)
        if isinstance(value, OperationOutcomeResource):
            return Slot(key, State.FAILED, reported_failure(key, value))
        return self.settle(key, self.take(key, (value,)), (value,))  # type: ignore[arg-type]

    def bundle(self, key: str, bundle: BundleResource, unread: int = 0) -> Slot:
        """Take in a Bundle; ``unread`` of its entries are in quarantine already."""
        resources = []
        nameless: dict[int, str] = {}
        bundle = flattened(bundle)
        for entry in bundle.entry:
            resource = entry.resource
            if resource is None:
                if entry.resource_type is not None and key in self.values:
                    return self._untyped(key, self.values[key])
                continue
            resources.append(resource)
            if entry.full_url is None:
                continue
            if len(resources) == 1:
                self.addresses.append(entry.full_url)
            if entry.full_url.startswith("urn:"):
                if resource.id is not None:
                    add_alias(self.aliases, entry.full_url, f"{type_of(resource)}/{resource.id}")
                else:
                    nameless[len(resources) - 1] = entry.full_url
        usable = self.take(key, resources, nameless)
        slot = self.settle(key, usable, resources, unread)
        cut = cut_short(key, bundle, usable, resources, unread)
        if cut is None or slot.state is State.FAILED:
            return slot
        following = linked_page(bundle, "next")
        if slot.state is State.EMPTY and following is None:
            return Slot(key, State.ABSENT, cut)
        self.quarantine.add(Unknown(fact_of(key), cut))
        return Slot(key, State.PARTIAL, cut, following)

    def take(self, key: str, resources: Sequence[Resource], urls: Mapping[int, str] = _NO_URLS) -> int:
        """Keep the resources that belong under the key; how many of the key's own type there were.

        ``urls`` are the ``urn:`` addresses of those without an id, by place.
        """
        own, beside = _UNDER.get(key, _NO_TYPES)
        count = 0
        for position, resource in enumerate(resources):
            kind = type(resource)
            if kind in own:
                count += 1
            elif kind not in SUPPORTING and kind not in beside:
                continue
            kept = self.by_type.get(kind)
            if kept is None:
                kept = self.by_type[kind] = {}
            name = resource.id
            if name is None:
                self._nameless += 1
                name = f"no id {self._nameless}"
                if position in urls:
                    add_alias(self.aliases, urls[position], named(type_of(resource), None, name))
            spelled = PLAIN_CODES.of(resource)
            known = kept.setdefault(name, spelled)
            if known is not spelled and known != spelled:
                self.in_versions[f"{type_of(resource)}/{name}"] = kind
        return count

    def keep_newest(self, keys: Iterable[str]) -> None:
        """Of resources that came in several versions keep the newest, where it can be read."""
        versions = ((name, resource) for name, resource in resources_in(self._raw, keys) if name in self.in_versions)
        for name, resource in newest_by_reference(versions).items():
            try:
                newest = tolerant.read_tolerantly(resource)
            except UNREADABLE:
                continue
            if newest is not None:
                self.by_type[self.in_versions[name]][name.partition("/")[2]] = PLAIN_CODES.of(newest)

    def settle(self, key: str, usable: int, resources: Sequence[Resource], unread: int = 0) -> Slot:
        """The state of a key whose resources were taken in."""
        outcomes = [resource for resource in resources if isinstance(resource, OperationOutcomeResource)]
        errors = [outcome for outcome in outcomes if reports_error(outcome)]
        if errors:
            reason = reported_failure(key, errors[0])
            if usable:
                self.quarantine.add(Unknown(fact_of(key), reason))
                return Slot(key, State.PRESENT)
            return Slot(key, State.FAILED, reason)
        if usable:
            return Slot(key, State.PRESENT)
        if unread:
            return nothing_read(key)
        types = {type(resource) for resource in resources} - SUPPORTING - {OperationOutcomeResource}
        if types - _UNDER.get(key, _NO_TYPES).beside:
            return Slot(key, State.ABSENT, f"what was given under {key} is of another resource type")
        if types - {ClaimResource}:
            return Slot(key, State.ABSENT, f"only orders or documents were given under {key}")
        return Slot(key, State.EMPTY)

    def slowly(self, key: str, raw: msgspec.Raw | None) -> Slot:
        """Take in a value of a prefetch that did not decode whole."""
        if raw is None:
            return Slot(key, State.ABSENT, f"{key} was not given")
        try:
            return self.slot(key, _VALUE.decode(raw))
        except UNREADABLE:
            pass
        try:
            loose = _LOOSE_BUNDLE.decode(raw)
        except UNREADABLE:
            return self._untyped(key, raw)
        if loose.resource_type not in {None, "Bundle"}:
            return self._untyped(key, raw)
        read = [self._entry(key, entry) for entry in loose.entry]
        entries = tuple(entry for entry in read if entry is not None)
        bundle = BundleResource(total=loose.total, link=loose.link, entry=entries)
        return self.bundle(key, bundle, unread=len(read) - len(entries))

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
            self.quarantine.add(Unknown(fact_of(key), f"an entry of {key} could not be read: {decoding_error(error)}"))
            return None
        within = plain.get("resource") if isinstance(plain, dict) else None
        if isinstance(within, dict) and within.get("resourceType") == "Bundle":
            return BundleEntry(resource=self._plain_bundle(key, within)[0])
        read = [self._resource(key, full_url, resource) for full_url, resource in plain_entries([plain])]
        return next(iter(read), BundleEntry())

    def _untyped(self, key: str, raw: msgspec.Raw) -> Slot:
        try:
            plain = msgspec.json.decode(raw)
        except UNREADABLE as error:
            return Slot(key, State.FAILED, f"{key} could not be read: {decoding_error(error)}")
        if not isinstance(plain, dict | list):
            return Slot(key, State.ABSENT, f"what was given under {key} is not a resource")
        bundle, unread = self._plain_bundle(key, plain)
        return self.bundle(key, bundle, unread)

    def _plain_bundle(self, key: str, plain: object) -> tuple[BundleResource, int]:
        """A Bundle, a list or a resource in plain JSON, read tolerantly; and how many of it could not be read."""
        read = [self._resource(key, full_url, resource) for full_url, resource in plain_entries(plain)]
        entries = tuple(entry for entry in read if entry is not None)
        links, total = told_of(plain)
        return BundleResource(total=total, link=links, entry=entries), len(read) - len(entries)

    def _resource(self, key: str, full_url: str | None, resource: dict[str, Any]) -> BundleEntry | None:
        """One resource read tolerantly; None when it went into quarantine."""
        kind = RECORD_OF.get(str(resource.get("resourceType")))
        if not isinstance(resource.get("resourceType"), str):
            self.quarantine.add(Unknown(fact_of(key), f"a resource under {key} has no resourceType"))
            return None
        if kind not in SUPPORTING.union(*_UNDER.get(key, _NO_TYPES), {OperationOutcomeResource}):
            return BundleEntry(resource=OtherResource())
        try:
            return BundleEntry(full_url=full_url, resource=tolerant.read_tolerantly(resource))
        except UNREADABLE as error:
            name = named(str(resource.get("resourceType")), resource.get("id"))
            self.quarantine.unread(resource, name, error)
            return None


def nothing_read(key: str) -> Slot:
    """The slot of a key of whose own resources none could be read."""
    return Slot(key, State.FAILED, f"nothing given under {key} could be read")


class _LooseBundle(msgspec.Struct, rename="camel"):
    entry: list[msgspec.Raw]
    resource_type: str | None = None
    total: int | float | str | None = None
    link: tuple[BundleLink, ...] = ()


_VALUE: Final[msgspec.json.Decoder[Resource | None]] = msgspec.json.Decoder(AnyResource | None)
_ENTRY: Final = msgspec.json.Decoder(BundleEntry)
_LOOSE_BUNDLE: Final = msgspec.json.Decoder(_LooseBundle)
_RAW_VALUES: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


@lru_cache(maxsize=64)
def _prefetch_decoder(keys: tuple[str, ...]) -> msgspec.json.Decoder[msgspec.Struct]:
    """A decoder of exactly these keys, so that those of other services are skipped and not built.

    It refuses a key that no service knows, so that naming it costs only the calls that have one.
    """
    kind: object = AnyResource | None | msgspec.UnsetType
    names = {f"key{number}": key for number, key in enumerate((*keys, *(set(PREFETCH_KEYS) - set(keys))))}
    fields = [
        (name, kind if key in keys else msgspec.Raw, msgspec.UNSET if key in keys else msgspec.Raw())
        for name, key in names.items()
    ]
    record = msgspec.defstruct("Prefetch", fields, rename=names, gc=False, forbid_unknown_fields=True)
    return msgspec.json.Decoder(record)


def _values_by_key(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        return _RAW_VALUES.decode(raw)
    except UNREADABLE:
        return {}


def _unknown(key: str) -> Unknown:
    """A prefetch key of no service; one that is no plain name is not repeated, for it may hold anything."""
    name = key if _PLAIN_KEY.fullmatch(key) is not None else "with an unusual name"
    return Unknown(Fact.REQUEST, f"prefetch key {name} is not one this service knows")
