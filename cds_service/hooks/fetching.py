"""What the prefetch lacks, from the EHR's FHIR server: absent keys, further pages, and who is referred to.

Only the server of the call, only when the client's registration allows it, only with the token of the call, and within
one time budget (CH-P-08 to CH-P-11, CH-R-08 to CH-R-16). All that was found is put beside what was given and read the
same way, so that it makes no difference how data came. What cannot be had becomes a named gap.
"""

import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec
import requests
from msgspec import Raw

from cds_service.domain.chart import Fact, Gap
from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.prefetch import FACT_OF_TYPE, TYPE_OF_KEY, Prefetch, Slot, State, read_prefetch
from cds_service.fhir.reading.resources import type_name
from cds_service.fhir.server.client import NOT_OFFERED, REFUSED, TOO_SLOW, FhirClient, FhirFailure, Found
from cds_service.fhir.server.referred import Wanted, known_with, wanted
from cds_service.fhir.server.scopes import Right, covers, shows_a_part
from cds_service.hooks.call import HookCall
from cds_service.hooks.second_choices import reshaped, sources_beside
from cds_service.hooks.services import TEMPLATES

Permits: TypeAlias = Callable[[str], bool]
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

THREADS: Final = 32
"""Queries under way at once in a process; further ones wait, within the time of their call."""
MOST_REFERENCES: Final = 20
"""Referred resources read for one call."""
ROUNDS: Final = 3
"""From a role to its person, from a person to the roles: how far references are followed."""
GRACE_SECONDS: Final = 0.05
"""A query gives up by itself when the time is over; so much longer is waited for it to say so."""

_REFERRED: Final = "referred"
_VALUES: Final = msgspec.json.Decoder(dict[str, Raw])
_IN_PART: Final = "its token shows only a part of {} on the EHR's FHIR server"
_NOT_ASKED: Final = "its token does not cover {} on the EHR's FHIR server"


class _Bundle(msgspec.Struct):
    entry: tuple[Raw, ...] = ()


_BUNDLE: Final = msgspec.json.Decoder(_Bundle)


@dataclass(frozen=True, slots=True, repr=False)
class Searched:
    """What was found for a key. ``parts`` say what it shows only a part of.

    ``failure`` is why the fact itself is not known, where only documents that name it were found.
    """

    found: Found
    parts: tuple[str, ...] = ()
    failure: str | None = None


def unobserved(_outcome: str, _seconds: float) -> None:
    """Does not look how queries end."""


def pool_of_threads() -> ThreadPoolExecutor:
    """The threads that ask FHIR servers; one pool serves all calls of a process."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="fhir")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Completes the prefetch of calls; holds nothing of any call.

    ``seconds`` is the time for all queries of a call together. ``servers`` makes of base URLs the check whether a URL
    belongs to them. ``observe`` is told how each query ended, ``found`` or ``failed``, and
    how many seconds it took.
    """

    session: requests.Session
    pool: ThreadPoolExecutor
    servers: Callable[[tuple[str, ...]], Permits]
    seconds: float = 2.0
    observe: Callable[[str, float], None] = unobserved

    def complete(self, call: HookCall, prefetch: Prefetch, allowed: tuple[str, ...]) -> Prefetch:
        """The prefetch with all that could be fetched.

        A token for another patient than the call's is not used: what it does not show would look like nothing.

        Args:
            call: The call, with server and token.
            prefetch: What the call gave, as read.
            allowed: The FHIR servers that may be asked for this client.
        """
        client = self._client(call, allowed)
        return prefetch if client is None else _Completion(self, client, call).of(prefetch)

    def _client(self, call: HookCall, allowed: tuple[str, ...]) -> FhirClient | None:
        token, server = call.fhir_authorization, call.fhir_server
        if token is None or server is None or "?" in server or not self.servers(allowed)(server):
            return None
        if token.patient is not None and token.patient.rpartition("/")[2] != call.patient_id:
            return None
        deadline = time.monotonic() + self.seconds
        return FhirClient(server, token.access_token, deadline, self.session, self.servers((server,)))

    def together(self, jobs: Mapping[K, Callable[[], T]], deadline: float) -> dict[K, T | FhirFailure]:
        """Run all at once; what is not done by the deadline is given up, and nothing of it is sent any more."""
        began = time.monotonic()
        futures = {key: self.pool.submit(_timed, job) for key, job in jobs.items()}
        wait(futures.values(), timeout=max(0.0, deadline - time.monotonic()) + GRACE_SECONDS)
        results: dict[K, T | FhirFailure] = {}
        for key, future in futures.items():
            done = future.done()
            result, seconds = future.result() if done else (FhirFailure(TOO_SLOW), time.monotonic() - began)
            future.cancel()
            self.observe("failed" if isinstance(result, FhirFailure) else "found", seconds)
            results[key] = result
        return results


def _timed(job: Callable[[], T]) -> tuple[T | FhirFailure, float]:
    began = time.monotonic()
    try:
        result: T | FhirFailure = job()
    except FhirFailure as failure:
        result = failure
    return result, time.monotonic() - began


class _Completion:
    """The fetching for one call; used once."""

    def __init__(self, fetcher: Fetcher, client: FhirClient, call: HookCall) -> None:
        self._fetcher = fetcher
        self._client = client
        self._call = call
        self._scope = call.fhir_authorization.scope if call.fhir_authorization is not None else ""
        self._values: Mapping[str, Raw] = _VALUES.decode(call.prefetch) if call.prefetch is not None else {}

    def of(self, prefetch: Prefetch) -> Prefetch:
        """All of it: the keys, then what their resources refer to."""
        return self._with_referred(self._with_keys(prefetch))

    def _with_keys(self, prefetch: Prefetch) -> Prefetch:
        absent = {key: query for key, slot in prefetch.slots.items() if (query := self._query(slot)) is not None}
        uncovered = [key for key, query in absent.items() if not self._covered(_type(query), search="?" in query)]
        jobs: dict[str, Callable[[], bytes | Searched]] = {
            key: self._job_of(key, query) for key, query in absent.items() if key not in uncovered
        }
        for key, slot in prefetch.slots.items():
            if slot.next_link is not None and self._first_page(key) is not None:
                jobs[key] = partial(self._followed, key, slot.next_link)
        if not jobs and not uncovered:
            return prefetch
        results = self._fetcher.together(jobs, self._client.deadline)
        return self._read(prefetch, results, {key: _NOT_ASKED.format(_type(absent[key])) for key in uncovered})

    def _first_page(self, key: str) -> tuple[Raw, ...] | None:
        """The entries given under a key; None when they are not in a Bundle that pages can be added to."""
        try:
            return _BUNDLE.decode(self._values[key]).entry
        except (KeyError, msgspec.ValidationError):
            return None

    def _query(self, slot: Slot) -> str | None:
        """The query of an absent key; None for keys that are known or failed, and where the context lacks an id."""
        return self._filled(slot.key) if slot.state is State.ABSENT else None

    def _filled(self, key: str) -> str | None:
        ids = {"context.patientId": self._call.patient_id, "context.encounterId": self._call.encounter_id}
        query = TEMPLATES[key]
        for token, value in ids.items():
            if f"{{{{{token}}}}}" in query:
                if value is None:
                    return None
                query = query.replace(f"{{{{{token}}}}}", quote(value, safe=""))
        return query

    def _covered(self, resource_type: str, *, search: bool) -> bool:
        return covers(self._scope, resource_type, "s" if search else "r")

    def _job(self, query: str) -> Callable[[], bytes | Found]:
        if "?" in query:
            return partial(self._client.search, query)
        return partial(self._client.read, query, _type(query))

    def _job_of(self, key: str, query: str) -> Callable[[], bytes | Searched]:
        if "?" in query:
            return partial(self._searched, key, query)
        return partial(self._client.read, query, _type(query))

    def _followed(self, key: str, link: str) -> Searched:
        return Searched(self._client.follow(link, self._filled(key) or ""))

    def _searched(self, key: str, query: str) -> Searched:
        """What is found for a key; a refused query is tried once in another shape, then other sources are asked.

        Raises:
            FhirFailure: nothing of it can be had; of several refusals the first.
        """
        try:
            return Searched(self._client.search(query))
        except FhirFailure as failure:
            found = self._in_another_shape(query) if failure.status in REFUSED else None
            if found is None and failure.status in REFUSED | NOT_OFFERED:
                found = self._from_other_sources(key, failure)
            if found is None:
                raise
            return found

    def _in_another_shape(self, query: str) -> Searched | None:
        shape = reshaped(query)
        entries: list[Raw] = []
        problems: list[str] = []
        answered = 0
        for one in shape.queries if shape is not None else ():
            try:
                found = self._client.search(one)
            except FhirFailure as failure:
                problems.append(f"a part of {_type(one)} could not be had: {failure.reason}")
                continue
            answered += 1
            entries.extend(found.entries)
            if found.problem is not None:
                problems.append(f"further pages of {_type(one)}: {found.problem}")
        if shape is None or not answered:
            return None
        parts = (shape.part, *problems) if shape.part is not None else tuple(problems)
        return Searched(Found(tuple(entries)), tuple(dict.fromkeys(parts)))

    def _from_other_sources(self, key: str, refused: FhirFailure) -> Searched | None:
        """What other types of resources tell; None when nothing is found, for then nothing is known."""
        entries: list[Raw] = []
        parts: list[str] = []
        whole = read = False
        for source in sources_beside(key, quote(self._call.patient_id, safe="")):
            kind = _type(source.query)
            if not self._covered(kind, search=True):
                continue
            try:
                found = self._client.search(source.query) if source.read else self._client.search(source.query, pages=1)
            except FhirFailure:
                continue
            if not found.entries:
                continue
            entries.extend(found.entries)
            whole, read = whole or source.whole, read or source.read
            if source.read and found.problem is not None:
                parts.append(f"further pages of {kind}: {found.problem}")
        if not entries:
            return None
        if not read:
            return Searched(Found(tuple(entries)), failure=refused.reason)
        if not whole:
            parts.append(f"{key} are known only as far as payers have settled them: {refused.reason}")
        return Searched(Found(tuple(entries)), tuple(parts))

    def _read(
        self, given: Prefetch, results: Mapping[str, bytes | Searched | FhirFailure], failed: dict[str, str]
    ) -> Prefetch:
        """Given and fetched values together, read as one prefetch."""
        values = dict(self._values)
        gaps: list[Gap] = []
        parts: list[tuple[str, str]] = []
        for key, result in results.items():
            absent = given.slots[key].state is State.ABSENT
            if isinstance(result, FhirFailure):
                if absent:
                    failed[key] = result.reason
                else:
                    gaps.append(Gap(_fact(key), f"further pages of {key}: {result.reason}"))
            elif isinstance(result, bytes):
                values[key] = Raw(result)
            else:
                values[key] = _bundle(() if absent else self._first_page(key) or (), result.found)
                if result.found.problem is not None:
                    gaps.append(Gap(_fact(key), f"further pages of {key}: {result.found.problem}"))
                if result.failure is not None:
                    failed[key] = result.failure
                parts.extend((key, part) for part in result.parts)
        read = read_prefetch(msgspec.json.encode(values), given.slots)
        parts.extend(
            (key, _IN_PART.format(type_name(TYPE_OF_KEY[key])))
            for key in self._seen_in_part(key for key in results if key not in failed)
        )
        for key, reason in parts:
            if read.slots[key].state is State.EMPTY:
                failed[key] = reason
            else:
                gaps.append(Gap(_fact(key), reason))
        slots = {key: _settled(slot, failed.get(key), fetched=key in results) for key, slot in read.slots.items()}
        return replace(read, slots=slots, gaps=(*read.gaps, *gaps))

    def _seen_in_part(self, keys: Iterable[str]) -> Iterator[str]:
        for key in keys:
            right: Right = "s" if "?" in TEMPLATES[key] else "r"
            if shows_a_part(self._scope, type_name(TYPE_OF_KEY[key]), right):
                yield key

    def _with_referred(self, prefetch: Prefetch) -> Prefetch:
        asked: set[str] = set()
        for _ in range(ROUNDS):
            found = self._next_references(prefetch, asked)
            if not found:
                break
            asked.update(one.query for one in found)
            jobs = {one: self._job(one.query) for one in found}
            prefetch = _beside(prefetch, self._fetcher.together(jobs, self._client.deadline))
        return prefetch

    def _next_references(self, prefetch: Prefetch, asked: Collection[str]) -> list[Wanted]:
        found = [
            one
            for one in wanted(prefetch, self._client.base, self._call.encounter_id)
            if one.query not in asked and self._covered(one.resource_type, search=one.is_search)
        ]
        return found[: MOST_REFERENCES - len(asked)]


def _settled(slot: Slot, failure: str | None, *, fetched: bool) -> Slot:
    """The state of a key after fetching: one that was asked for in vain counts as failed."""
    if failure is not None:
        return Slot(slot.key, State.FAILED, f"{slot.key} was not given, and {failure}")
    if fetched and slot.state is State.ABSENT:
        return Slot(slot.key, State.FAILED, slot.reason)
    return slot


def _beside(prefetch: Prefetch, results: Mapping[Wanted, bytes | Found | FhirFailure]) -> Prefetch:
    """The prefetch with referred resources; one that could not be had is a gap where nothing else tells."""
    entries: list[Raw] = []
    gaps: list[Gap] = []
    for one, result in results.items():
        if isinstance(result, bytes):
            entries.append(Raw(msgspec.json.encode({"resource": Raw(result)})))
        elif isinstance(result, Found):
            entries.extend(result.entries)
        elif one.fact is not None:
            gaps.append(_gap_of(one, one.fact, result))
    read = read_prefetch(msgspec.json.encode({_REFERRED: _bundle((), Found(tuple(entries)))}), (_REFERRED,))
    return replace(prefetch, by_type=dict(known_with(prefetch, read)), gaps=(*prefetch.gaps, *read.gaps, *gaps))


def _gap_of(one: Wanted, fact: Fact, failure: FhirFailure) -> Gap:
    return Gap(fact, f"could not be read: {failure.reason}", None if one.is_search else one.query)


def _bundle(given: tuple[Raw, ...], found: Found) -> Raw:
    """Entries as one searchset; a link stays only where pages are still missing."""
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": [*given, *found.entries]}
    if found.rest is not None:
        bundle["link"] = [{"relation": "next", "url": found.rest}]
    if found.total is not None:
        bundle["total"] = found.total
    return Raw(msgspec.json.encode(bundle))


def _type(query: str) -> str:
    return query.partition("?")[0].partition("/")[0]


def _fact(key: str) -> Fact:
    return FACT_OF_TYPE[type_name(TYPE_OF_KEY[key])]
