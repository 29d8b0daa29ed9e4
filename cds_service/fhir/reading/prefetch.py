"""From the bytes of a request to records: prefetch and drafts, entry by entry where they do not decode whole.

A resource is read in three steps: typed decoding; a tolerant second reading; and where both fail it is left out as a
named gap with the exact error of the R4 models. The rest still counts.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec

from cds_service.domain.chart import Fact, Gap
from cds_service.domain.frozen import dataclass
from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.reading import tolerant
from cds_service.fhir.reading.elements import Resource, type_of
from cds_service.fhir.reading.financial_resources import ClaimResource
from cds_service.fhir.reading.prefetch_keys import FACT_OF_TYPE, PREFETCH_KEYS, SUPPORTING, fact_of
from cds_service.fhir.reading.references import named
from cds_service.fhir.reading.resources import (
    RECORD_OF,
    AnyResource,
    BundleEntry,
    BundleLink,
    BundleResource,
    OperationOutcomeResource,
    OtherResource,
)

RawPrefetch: TypeAlias = "bytes | msgspec.Raw | None"
_R = TypeVar("_R", bound=Resource)

MOST_GAPS_PER_FACT: Final = 20
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

_OTHERS: Final = {"another patient": "other patients", "a patient of another server": "patients of another server"}
_LEFT_OUT: Final = (
    *(f" of {owner} was left out" for owner in _OTHERS),
    *(f" of {owners} were left out" for owners in _OTHERS.values()),
)
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError)
_ISSUE_CODE: Final = re.compile(r"[a-z\-]{1,40}", re.ASCII)
_PLAIN_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,39}", re.ASCII)
_HARMLESS: Final = frozenset({"information", "warning"})
_MESSAGE_VALUE: Final = re.compile(r" value '.*?'(?= - at|$)", re.DOTALL)


_NO_URLS: Final[Mapping[int, str]] = {}


class State(StrEnum):
    """What became of one prefetch key."""

    PRESENT = "present"
    PARTIAL = "partial"
    EMPTY = "empty"
    FAILED = "failed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Slot:
    """One prefetch key: EMPTY is known to be empty; FAILED, ABSENT and PARTIAL carry the reason, without patient data.

    PARTIAL is a search result of which only a part was given; ``next_link`` is where its following page is, if told.
    ``kept`` is where the clinic keeps what its EHR never sends for the key.
    """

    key: str
    state: State
    reason: str | None = None
    next_link: str | None = None
    kept: str | None = None


@dataclass(frozen=True)
class Prefetch:
    """All that a request's prefetch gave, by resource type and in the order given; duplicates dropped, first wins."""

    slots: Mapping[str, Slot] = field(default_factory=dict)
    by_type: Mapping[type[Resource], Mapping[str, Resource]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    raw: RawPrefetch = None

    def of(self, kind: type[_R]) -> Mapping[str, _R]:
        """Resources of one type by id; one without id stands under a name that is no id."""
        return self.by_type.get(kind, {})  # type: ignore[return-value]

    def kept_elsewhere(self, places: Mapping[str, str]) -> "Prefetch":
        """The same, with what was not delivered and is never sent by this EHR told by the place where it is kept."""
        kept = {
            key: replace(slot, reason=f"not sent by this EHR, kept in {places[key]}", kept=places[key])
            for key, slot in self.slots.items()
            if key in places and slot.state in {State.ABSENT, State.FAILED}
        }
        return replace(self, slots={**self.slots, **kept}) if kept else self

    def as_received(self, reference: str) -> dict[str, Any] | None:
        """The raw JSON of one resource exactly as received; reads the request again, so not for the hot path."""
        return next((resource for name, resource in self._received() if name == reference), None)

    def received(self, references: Collection[str]) -> dict[str, dict[str, Any]]:
        """The raw JSON of several resources by reference, read in one go; not for the hot path either."""
        return {name: resource for name, resource in self._received() if name in references} if references else {}

    def not_valid(self) -> tuple[Gap, ...]:
        """A gap for every resource that the R4 models do not take; judges all of them, so only where asked for."""
        judged = ((name, resource, first_r4_error(resource)) for name, resource in self._received())
        return tuple(
            Gap(
                FACT_OF_TYPE.get(str(resource.get("resourceType")), Fact.PATIENT), f"not valid FHIR R4: {problem}", name
            )
            for name, resource, problem in judged
            if problem is not None
        )

    def _received(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if self.raw is None:
            return
        try:
            prefetch = msgspec.json.decode(self.raw)
        except _UNREADABLE:
            return
        if isinstance(prefetch, dict):
            for key in self.slots:
                for _, resource in _plain_entries(prefetch.get(key)):
                    yield f"{resource.get('resourceType')}/{resource.get('id')}", resource


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
    gap: Gap | None = None


class Quarantine:
    """Collects what could not be read or used; after the first few of each fact only a count."""

    def __init__(self) -> None:
        self._gaps: dict[Fact, list[Gap]] = {}
        self._more: dict[Fact, int] = {}
        self._of_others: dict[str, dict[Fact, int]] = {}

    def full(self, fact: Fact) -> bool:
        """Whether further gaps of this fact are only counted, so that their reason need not be worked out."""
        return len(self._gaps.get(fact, ())) >= MOST_GAPS_PER_FACT

    def add(self, gap: Gap) -> None:
        """Record one gap."""
        if self.full(gap.fact):
            self._more[gap.fact] = self._more.get(gap.fact, 0) + 1
        else:
            self._gaps.setdefault(gap.fact, []).append(gap)

    def add_of_another(self, fact: Fact, owner: str = "another patient") -> None:
        """Record a resource that belongs to somebody else: it is only counted, never named."""
        counts = self._of_others.setdefault(owner, {})
        counts[fact] = counts.get(fact, 0) + 1

    def unread(self, resource: Mapping[str, Any], name: str, error: Exception) -> Gap:
        """Record a resource that could not be read, with the error of the R4 models."""
        fact = FACT_OF_TYPE.get(str(resource.get("resourceType")), Fact.PATIENT)
        reason = None if self.full(fact) else first_r4_error(resource)
        gap = Gap(fact, f"could not be read: {reason or _in_words(error)}", name)
        self.add(gap)
        return gap

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """All gaps, by fact in the order met; resources of other patients are counted together, whatever the fact."""
        counted = (Gap(fact, f"{count} more resources were left out") for fact, count in self._more.items())
        foreign = (
            Gap(fact, of_others(owner, sum(counts.values())))
            for owner, counts in self._of_others.items()
            for fact in counts
        )
        return (*(gap for gaps in self._gaps.values() for gap in gaps), *counted, *foreign)


def of_others(owner: str, count: int) -> str:
    """That so many resources of somebody else were left out."""
    return (
        f"{count} resources of {_OTHERS[owner]} were left out" if count > 1 else f"1 resource of {owner} was left out"
    )


def is_of_others(gap: Gap) -> bool:
    """Whether a gap counts resources of other patients."""
    return gap.reference is None and gap.why.endswith(_LEFT_OUT)


def read_prefetch(raw: RawPrefetch, keys: Iterable[str]) -> Prefetch:
    """Read the prefetch keys asked for; one that no service knows is named. Never raises on what a client sent.

    Args:
        raw: The JSON of ``prefetch``, or None when the request has none.
        keys: Keys of DESIGN part 2 that the service asks for.
    """
    wanted = tuple(dict.fromkeys(keys))
    if raw is None:
        return Prefetch({key: Slot(key, State.ABSENT, f"{key} was not given") for key in wanted})
    reader = _Reader()
    try:
        decoded = _prefetch_decoder(wanted).decode(raw)
    except _UNREADABLE:
        values = _values_by_key(raw)
        slots = {key: reader.slowly(key, values.get(key)) for key in wanted}
        for key in values:
            if key not in PREFETCH_KEYS and key not in wanted:
                reader.quarantine.add(_unknown(key))
    else:
        read = msgspec.structs.astuple(decoded)[: len(wanted)]
        slots = {key: reader.slot(key, value) for key, value in zip(wanted, read, strict=True)}
    aliases = {url: reference for url, reference in reader.aliases.items() if reference}
    return Prefetch(slots, reader.by_type, aliases, reader.quarantine.gaps, raw)


def read_drafts(raw: bytes | msgspec.Raw | None) -> tuple[Draft, ...]:
    """Read ``draftOrders`` or ``appointments``: a Bundle with or without type, a list of resources, or one resource.

    Resource types that no rule reads are skipped. Never raises: what cannot be read is a Draft without record.
    """
    if raw is None:
        return ()
    try:
        decoded = msgspec.json.decode(raw)
    except _UNREADABLE:
        return (Draft(None, {}, "drafts", gap=Gap(Fact.ORDERS, "the drafts are not readable JSON")),)
    quarantine = Quarantine()
    drafts = []
    for position, (full_url, resource) in enumerate(_plain_entries(decoded), start=1):
        draft = _draft(resource, full_url, position, quarantine)
        if draft is not None:
            drafts.append(draft)
    return tuple(drafts)


def aliases_of(drafts: Iterable[Draft]) -> dict[str, str]:
    """What ``urn:`` references among the drafts stand for."""
    aliases: dict[str, str] = {}
    for draft in drafts:
        if draft.full_url is not None and draft.full_url.startswith("urn:"):
            _add_alias(aliases, draft.full_url, draft.reference)
    return {url: reference for url, reference in aliases.items() if reference}


def _draft(resource: dict[str, Any], full_url: str | None, position: int, quarantine: Quarantine) -> Draft | None:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in RECORD_OF:
        return None
    name = named(kind, resource.get("id"), f"no id {position}")
    try:
        record = tolerant.read_tolerantly(resource)
    except _UNREADABLE as error:
        return Draft(None, resource, name, full_url, quarantine.unread(resource, name, error))
    return None if record is None else Draft(record, resource, name, full_url)


class _Reader:
    """Gathers the resources of one prefetch."""

    def __init__(self) -> None:
        self.by_type: dict[type[Resource], dict[str, Resource]] = {}
        self.aliases: dict[str, str] = {}
        self.quarantine = Quarantine()
        self._nameless = 0

    def slot(self, key: str, value: object) -> Slot:
        """Take in a value that decoded whole."""
        if value is msgspec.UNSET:
            return Slot(key, State.ABSENT, f"{key} was not given")
        if value is None:
            return Slot(key, State.EMPTY)
        if isinstance(value, BundleResource):
            return self.bundle(key, value)
        if isinstance(value, OperationOutcomeResource):
            return Slot(key, State.FAILED, _failure(key, value))
        return self.settle(key, self.take(key, (value,)), (value,))  # type: ignore[arg-type]

    def bundle(self, key: str, bundle: BundleResource, unread: int = 0) -> Slot:
        """Take in a Bundle; ``unread`` of its entries are in quarantine already."""
        resources = []
        nameless: dict[int, str] = {}
        for entry in bundle.entry:
            resource = entry.resource
            if resource is None:
                continue
            resources.append(resource)
            if entry.full_url is not None and entry.full_url.startswith("urn:"):
                if resource.id is not None:
                    _add_alias(self.aliases, entry.full_url, f"{type_of(resource)}/{resource.id}")
                else:
                    nameless[len(resources) - 1] = entry.full_url
        usable = self.take(key, resources, nameless)
        slot = self.settle(key, usable, resources, unread)
        cut = _cut_short(key, bundle, usable, unread)
        if cut is None or slot.state is State.FAILED:
            return slot
        following = _linked(bundle, "next")
        if slot.state is State.EMPTY and following is None:
            return Slot(key, State.ABSENT, cut)
        self.quarantine.add(Gap(fact_of(key), cut))
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
                    _add_alias(self.aliases, urls[position], named(type_of(resource), None, name))
            kept.setdefault(name, resource)
        return count

    def settle(self, key: str, usable: int, resources: Sequence[Resource], unread: int = 0) -> Slot:
        """The state of a key whose resources were taken in."""
        outcomes = [resource for resource in resources if isinstance(resource, OperationOutcomeResource)]
        errors = [outcome for outcome in outcomes if _is_error(outcome)]
        if errors:
            reason = _failure(key, errors[0])
            if usable:
                self.quarantine.add(Gap(fact_of(key), reason))
                return Slot(key, State.PRESENT)
            return Slot(key, State.FAILED, reason)
        if usable:
            return Slot(key, State.PRESENT)
        if unread:
            return Slot(key, State.FAILED, f"nothing given under {key} could be read")
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
        except _UNREADABLE:
            pass
        try:
            loose = _LOOSE_BUNDLE.decode(raw)
        except _UNREADABLE:
            return self._untyped(key, raw)
        if loose.resource_type not in {None, "Bundle"}:
            return self._untyped(key, raw)
        read = [self._entry(key, entry) for entry in loose.entry]
        entries = tuple(entry for entry in read if entry is not None)
        bundle = BundleResource(total=loose.total, link=loose.link, entry=entries)
        return self.bundle(key, bundle, unread=len(read) - len(entries))

    def _entry(self, key: str, raw: msgspec.Raw) -> BundleEntry | None:
        try:
            return _ENTRY.decode(raw)
        except _UNREADABLE:
            pass
        try:
            plain = msgspec.json.decode(raw)
        except _UNREADABLE as error:
            self.quarantine.add(Gap(fact_of(key), f"an entry of {key} could not be read: {_in_words(error)}"))
            return None
        entries = [self._resource(key, full_url, resource) for full_url, resource in _plain_entries([plain])]
        return entries[0] if entries else BundleEntry()

    def _untyped(self, key: str, raw: msgspec.Raw) -> Slot:
        try:
            plain = msgspec.json.decode(raw)
        except _UNREADABLE as error:
            return Slot(key, State.FAILED, f"{key} could not be read: {_in_words(error)}")
        if not isinstance(plain, dict | list):
            return Slot(key, State.ABSENT, f"what was given under {key} is not a resource")
        read = [self._resource(key, full_url, resource) for full_url, resource in _plain_entries(plain)]
        entries = tuple(entry for entry in read if entry is not None)
        links, total = (plain.get("link"), plain.get("total")) if isinstance(plain, dict) else (None, None)
        total = total if isinstance(total, int | float | str) else None
        bundle = BundleResource(total=total, link=_links(links), entry=entries)
        return self.bundle(key, bundle, unread=len(read) - len(entries))

    def _resource(self, key: str, full_url: str | None, resource: dict[str, Any]) -> BundleEntry | None:
        """One resource read tolerantly; None when it went into quarantine."""
        kind = RECORD_OF.get(str(resource.get("resourceType")))
        if not isinstance(resource.get("resourceType"), str):
            self.quarantine.add(Gap(fact_of(key), f"a resource under {key} has no resourceType"))
            return None
        if kind not in SUPPORTING.union(*_UNDER.get(key, _NO_TYPES), {OperationOutcomeResource}):
            return BundleEntry(resource=OtherResource())
        try:
            return BundleEntry(full_url=full_url, resource=tolerant.read_tolerantly(resource))
        except _UNREADABLE as error:
            name = named(str(resource.get("resourceType")), resource.get("id"))
            self.quarantine.unread(resource, name, error)
            return None


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
    except _UNREADABLE:
        return {}


def _unknown(key: str) -> Gap:
    """A prefetch key of no service; one that is no plain name is not repeated, for it may hold anything."""
    name = key if _PLAIN_KEY.fullmatch(key) is not None else "with an unusual name"
    return Gap(Fact.REQUEST, f"prefetch key {name} is not one this service knows")


def _plain_entries(value: object) -> Iterator[tuple[str | None, dict[str, Any]]]:
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


def _links(value: object) -> tuple[BundleLink, ...]:
    try:
        return msgspec.convert(value or (), tuple[BundleLink, ...])
    except msgspec.ValidationError:
        return ()


def _cut_short(key: str, bundle: BundleResource, usable: int, unread: int) -> str | None:
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
    if _linked(bundle, "next") is not None:
        return f"only the first page of {key} was given"
    if _linked(bundle, "previous") is not None or _linked(bundle, "prev") is not None:
        return f"only the last page of {key} was given"
    return None


def _linked(bundle: BundleResource, relation: str) -> str | None:
    return next((link.url for link in bundle.link if link.relation == relation and link.url), None)


def _add_alias(aliases: dict[str, str], url: str, reference: str) -> None:
    """A URL that stands for two resources stands for none; that is kept as an empty reference."""
    if aliases.setdefault(url, reference) != reference:
        aliases[url] = ""


def _is_error(outcome: OperationOutcomeResource) -> bool:
    return any(issue.severity not in _HARMLESS for issue in outcome.issue)


def _failure(key: str, outcome: OperationOutcomeResource) -> str:
    code = next((issue.code for issue in outcome.issue if issue.code), None)
    known = f" ({code})" if code is not None and _ISSUE_CODE.fullmatch(code) else ""
    return f"the EHR reported an error for {key}{known}"


def _in_words(error: Exception) -> str:
    """The decoder's message; it names element and type, and a value only for unknown codes, which is taken out."""
    if isinstance(error, msgspec.ValidationError):
        return _MESSAGE_VALUE.sub(" value", str(error))
    return "nested too deeply" if isinstance(error, RecursionError) else "not readable JSON"
