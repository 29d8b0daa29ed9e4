"""From the bytes of a request to records: the prefetch is decoded whole, and entry by entry where that fails."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.lazy import lazy
from cds_service.fhir.reading import tolerant
from cds_service.fhir.reading.bundles import (
    add_alias,
    cut_short,
    flattened,
    holds_resources_as_entries,
    linked_page,
    reported_failure,
    reports_error,
)
from cds_service.fhir.reading.code_spelling import plain_code, spell_codes
from cds_service.fhir.reading.elements import Resource, type_of
from cds_service.fhir.reading.entry_by_entry import EntryReader, LooseBundle
from cds_service.fhir.reading.financial_resources import ClaimResource, ExplanationOfBenefitResource
from cds_service.fhir.reading.key_types import NO_TYPES, TYPES_UNDER
from cds_service.fhir.reading.prefetch import Prefetch, RawPrefetch, Slot, State, resources_in
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS, SUPPORTING, fact_of
from cds_service.fhir.reading.quarantine import UNREADABLE, Quarantine
from cds_service.fhir.reading.references import named
from cds_service.fhir.reading.resource_versions import newest_by_reference
from cds_service.fhir.reading.resources import (
    AnyResource,
    BundleResource,
    OperationOutcomeResource,
)

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
    spell_codes(reader.by_type)
    aliases = {url: reference for url, reference in reader.aliases.items() if reference}
    return Prefetch(slots, reader.by_type, aliases, reader.quarantine.gaps, raw, addresses=tuple(reader.addresses))


class _Reader:
    """Gathers the resources of one prefetch: typed decoding first, `entry_by_entry` where a value did not decode."""

    def __init__(self, raw: bytes | msgspec.Raw) -> None:
        self._raw = raw
        self.by_type: dict[type[Resource], dict[str, Resource]] = {}
        self.aliases: dict[str, str] = {}
        self.addresses: list[str] = []
        self.in_versions: dict[str, type[Resource]] = {}
        self.quarantine = Quarantine()
        self._entry_by_entry = EntryReader(self.quarantine)
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
        bundle = flattened(bundle)
        resources = [entry.resource for entry in bundle.entry if entry.resource is not None]
        urls = [entry.full_url for entry in bundle.entry if entry.resource is not None]
        if len(resources) < len(bundle.entry) and holds_resources_as_entries(bundle) and key in self.values:
            return self._loosely(key, self._entry_by_entry.anything(key, self.values[key]))
        if urls and urls[0] is not None:
            self.addresses.append(urls[0])
        nameless = self._urn_addresses(urls, resources)
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

    def _urn_addresses(self, urls: Sequence[str | None], resources: Sequence[Resource]) -> Mapping[int, str]:
        """Note which resource each ``urn:`` address stands for; those of resources without an id, by place."""
        addresses = [(place, url) for place, url in enumerate(urls) if url is not None and url[:4] == "urn:"]
        if not addresses:
            return _NO_URLS
        nameless = {}
        for place, url in addresses:
            resource = resources[place]
            if resource.id is not None:
                add_alias(self.aliases, url, f"{type_of(resource)}/{resource.id}")
            else:
                nameless[place] = url
        return nameless

    def take(self, key: str, resources: Sequence[Resource], urls: Mapping[int, str] = _NO_URLS) -> int:
        """Keep the resources that belong under the key; how many of the key's own type there were.

        ``urls`` are the ``urn:`` addresses of those without an id, by place.
        """
        types = TYPES_UNDER.get(key, NO_TYPES)
        kind: type[Resource] | None = None
        kept: dict[str, Resource] | None = None
        count, counts = 0, False
        for position, resource in enumerate(resources):
            if type(resource) is not kind:
                kind = type(resource)
                counts = kind in types.own
                kept = self.by_type.setdefault(kind, {}) if types.reads(kind) else None
            if kept is None:
                continue
            count += counts
            name = resource.id
            if name is None:
                self._nameless += 1
                name = f"no id {self._nameless}"
                if position in urls:
                    add_alias(self.aliases, urls[position], named(type_of(resource), None, name))
            known = kept.setdefault(name, resource)
            if known is not resource and known != resource:
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
                self.by_type[self.in_versions[name]][name.partition("/")[2]] = newest

    def settle(self, key: str, usable: int, resources: Sequence[Resource], unread: int = 0) -> Slot:
        """The state of a key whose resources were taken in."""
        beside = TYPES_UNDER.get(key, NO_TYPES).beside
        outcomes = [resource for resource in resources if type(resource) is OperationOutcomeResource]
        errors = [outcome for outcome in outcomes if reports_error(outcome)] if outcomes else []
        if errors:
            reason = reported_failure(key, errors[0])
            if usable:
                self.quarantine.add(Unknown(fact_of(key), reason))
                return Slot(key, State.PRESENT)
            return Slot(key, State.FAILED, reason)
        if usable or (ExplanationOfBenefitResource in beside and any(map(_is_answer, resources))):
            return Slot(key, State.PRESENT)
        if unread:
            return nothing_read(key)
        types = {type(resource) for resource in resources} - SUPPORTING - {OperationOutcomeResource}
        if types - beside:
            return Slot(key, State.ABSENT, f"what was given under {key} is of another resource type")
        if types - {ClaimResource}:
            what = "explanations of benefits" if ExplanationOfBenefitResource in types else "orders or documents"
            return Slot(key, State.ABSENT, f"only {what} were given under {key}")
        return Slot(key, State.EMPTY)

    def slowly(self, key: str, raw: msgspec.Raw | None) -> Slot:
        """Take in a value of a prefetch that did not decode whole."""
        if raw is None:
            return Slot(key, State.ABSENT, f"{key} was not given")
        try:
            return self.slot(key, _VALUE.decode(raw))
        except UNREADABLE:
            pass
        return self._loosely(key, self._entry_by_entry.entries(key, raw))

    def _loosely(self, key: str, read: LooseBundle | Slot) -> Slot:
        return read if isinstance(read, Slot) else self.bundle(key, read.bundle, read.unread)


def _is_answer(resource: Resource) -> bool:
    """Whether an explanation of benefits tells of a request for approval, as a ClaimResponse does."""
    return isinstance(resource, ExplanationOfBenefitResource) and plain_code(resource.use or "") == "preauthorization"


def nothing_read(key: str) -> Slot:
    """The slot of a key of whose own resources none could be read."""
    return Slot(key, State.FAILED, f"nothing given under {key} could be read")


_VALUE: Final[msgspec.json.Decoder[Resource | None]] = msgspec.json.Decoder(AnyResource | None)
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
