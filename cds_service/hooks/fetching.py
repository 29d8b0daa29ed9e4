"""What the prefetch lacks, from the EHR's FHIR server: absent keys, further pages, and who is referred to.

Only the server of the call, only when the client's registration allows it, only with the token of the call, and within
one time budget (CH-P-08 to CH-P-11, CH-R-08 to CH-R-16). All that was found is put beside what was given and read the
same way, so that it makes no difference how data came. What cannot be had becomes a named gap.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import msgspec
import requests
from msgspec import Raw

from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.key_types import REFERRED
from cds_service.fhir.reading.prefetch import Prefetch, Slot, State
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS, PrefetchKey, fact_of
from cds_service.fhir.reading.prefetch_reader import read_prefetch
from cds_service.fhir.server.client import FhirClient
from cds_service.fhir.server.failures import FhirFailure
from cds_service.fhir.server.referred import Wanted, known_with, wanted
from cds_service.fhir.server.room import Room
from cds_service.fhir.server.scopes import Right, covers, shows_a_part
from cds_service.fhir.server.server_answers import Found
from cds_service.hooks.call import HookCall
from cds_service.hooks.searching import FURTHER_PAGES, KeySearch, Searched
from cds_service.hooks.shares import QUERY_THREADS, Asking, Shares
from cds_service.security.clients import Client

Permits: TypeAlias = Callable[[str], bool]

MOST_REFERENCES: Final = 20
"""Referred resources read for one call."""
ROUNDS: Final = 3
"""From a role to its person, from a person to the roles: how far references are followed."""

_VALUES: Final = msgspec.json.Decoder(dict[str, Raw])
_IN_PART: Final = "its token shows only a part of {} on the EHR's FHIR server"
_NOT_ASKED: Final = "its token does not cover {} on the EHR's FHIR server"


class _Bundle(msgspec.Struct):
    entry: tuple[Raw, ...] = ()


_BUNDLE: Final = msgspec.json.Decoder(_Bundle)


def unobserved(_outcome: str, _seconds: float) -> None:
    """Does not look how queries end."""


def pool_of_threads() -> ThreadPoolExecutor:
    """The threads that ask FHIR servers; one pool serves all calls of a process."""
    return ThreadPoolExecutor(QUERY_THREADS, thread_name_prefix="fhir")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Completes the prefetch of calls; holds nothing of any call.

    ``shares`` is what each client may use up. ``servers`` makes of base URLs the check whether a URL belongs to them.
    ``seconds`` is the time for all queries of a call together. ``observe`` is told how each query ended, ``found`` or
    ``failed``, and how many seconds it took.
    """

    session: requests.Session
    shares: Shares
    servers: Callable[[tuple[str, ...]], Permits]
    seconds: float = 2.0
    observe: Callable[[str, float], None] = unobserved

    def complete(self, call: HookCall, prefetch: Prefetch, client: Client) -> Prefetch:
        """The prefetch with all that could be fetched.

        A token for another patient than the call's is not used: what it does not show would look like nothing.

        Args:
            call: The call, with server and token.
            prefetch: What the call gave, as read.
            client: Who calls; only the FHIR servers of its registration are asked.
        """
        token, server = call.fhir_authorization, call.fhir_server
        if token is None or server is None or "?" in server or not self.servers(client.fhir_servers)(server):
            return prefetch
        if token.patient is not None and token.patient.rpartition("/")[2] != call.patient_id:
            return prefetch
        with self.shares.asking(client.issuer, server, self.observe) as asking:
            access = self._access(server, token.access_token, asking.room)
            return _Completion(asking, access, call).of(prefetch)

    def _access(self, server: str, token: str, room: Room) -> FhirClient:
        deadline = time.monotonic() + self.seconds
        return FhirClient(server, token, deadline, self.session, self.servers((server,)), room=room)


class _Completion:
    """The fetching for one call; used once."""

    def __init__(self, asking: Asking, client: FhirClient, call: HookCall) -> None:
        self._asking = asking
        self._client = client
        self._call = call
        self._scope = call.fhir_authorization.scope if call.fhir_authorization is not None else ""
        self._values: Mapping[str, Raw] = _VALUES.decode(call.prefetch) if call.prefetch is not None else {}
        self._patient = quote(call.patient_id, safe="")
        encounter = call.encounter_id
        self._ids = {
            "patientId": self._patient,
            "encounterId": quote(encounter, safe="") if encounter is not None else None,
        }

    def of(self, prefetch: Prefetch) -> Prefetch:
        """All of it: the keys, then what their resources refer to."""
        return self._with_referred(self._with_keys(prefetch))

    def _with_keys(self, prefetch: Prefetch) -> Prefetch:
        absent = {key.name: (key, query) for key, query in self._absent(prefetch)}
        uncovered = {
            name: _NOT_ASKED.format(key.resource_type)
            for name, (key, _) in absent.items()
            if not self._covered(key.resource_type, search=key.is_search)
        }
        jobs: dict[str, Callable[[], bytes | Searched]] = {
            name: self._job_of(key, query) for name, (key, query) in absent.items() if name not in uncovered
        }
        for name, slot in prefetch.slots.items():
            if slot.next_link is not None and self._first_page(name) is not None:
                jobs[name] = partial(self._followed, name, slot.next_link)
        if not jobs and not uncovered:
            return prefetch
        return self._read(prefetch, self._asking.together(jobs, self._client.deadline), uncovered)

    def _absent(self, prefetch: Prefetch) -> Iterator[tuple[PrefetchKey, str]]:
        """Absent keys with their queries, as far as the context has the ids; known and failed ones are not asked."""
        for name, slot in prefetch.slots.items():
            key = PREFETCH_KEYS[name]
            query = key.query(self._ids) if slot.state is State.ABSENT else None
            if query is not None:
                yield key, query

    def _first_page(self, key: str) -> tuple[Raw, ...] | None:
        """The entries given under a key; None when they are not in a Bundle that pages can be added to."""
        try:
            return _BUNDLE.decode(self._values[key]).entry
        except (KeyError, msgspec.ValidationError):
            return None

    def _covered(self, resource_type: str, *, search: bool) -> bool:
        return covers(self._scope, resource_type, "s" if search else "r")

    def _job_of(self, key: PrefetchKey, query: str) -> Callable[[], bytes | Searched]:
        if not key.is_search:
            return partial(self._client.read, query, key.resource_type)
        return partial(KeySearch(self._client, key, self._patient, partial(self._covered, search=True)).run, query)

    def _followed(self, name: str, link: str) -> Searched:
        return Searched(self._client.follow(link, PREFETCH_KEYS[name].query(self._ids) or ""))

    def _read(
        self, before: Prefetch, results: Mapping[str, bytes | Searched | FhirFailure], failed: dict[str, str]
    ) -> Prefetch:
        """What came and what was fetched together, read as one prefetch."""
        values = dict(self._values)
        gaps: list[Unknown] = []
        parts: list[tuple[str, str]] = []
        for key, result in results.items():
            absent = before.slots[key].state is State.ABSENT
            if isinstance(result, FhirFailure):
                if absent:
                    failed[key] = result.reason
                else:
                    gaps.append(Unknown(fact_of(key), FURTHER_PAGES.format(key, result.reason)))
            elif isinstance(result, bytes):
                values[key] = Raw(result)
            else:
                values[key] = _bundle(() if absent else self._first_page(key) or (), result.found)
                if result.found.problem is not None:
                    gaps.append(Unknown(fact_of(key), FURTHER_PAGES.format(key, result.found.problem)))
                if result.failure is not None:
                    failed[key] = result.failure
                parts.extend((key, part) for part in result.parts)
        read = read_prefetch(msgspec.json.encode(values), before.slots)
        parts.extend(self._seen_in_part(key for key in results if key not in failed))
        for key, reason in parts:
            if read.slots[key].state is State.EMPTY:
                failed[key] = reason
            else:
                gaps.append(Unknown(fact_of(key), reason))
        slots = {key: _settled(slot, failed.get(key), fetched=key in results) for key, slot in read.slots.items()}
        return replace(read, slots=slots, gaps=(*read.gaps, *gaps))

    def _seen_in_part(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Keys of which the token shows a part only, with that reason."""
        for name in names:
            key = PREFETCH_KEYS[name]
            right: Right = "s" if key.is_search else "r"
            if shows_a_part(self._scope, key.resource_type, right):
                yield name, _IN_PART.format(key.resource_type)

    def _with_referred(self, prefetch: Prefetch) -> Prefetch:
        asked: set[str] = set()
        for _ in range(ROUNDS):
            references = self._next_references(prefetch, asked)
            if not references:
                break
            asked.update(reference.query for reference in references)
            jobs = {reference: self._job(reference) for reference in references}
            prefetch = _beside(prefetch, self._asking.together(jobs, self._client.deadline))
        return prefetch

    def _job(self, reference: Wanted) -> Callable[[], bytes | Found]:
        if reference.is_search:
            return partial(self._client.search, reference.query)
        return partial(self._client.read, reference.query, reference.resource_type)

    def _next_references(self, prefetch: Prefetch, asked: Collection[str]) -> list[Wanted]:
        references = [
            reference
            for reference in wanted(prefetch, self._client.base, self._call.encounter_id)
            if reference.query not in asked and self._covered(reference.resource_type, search=reference.is_search)
        ]
        return references[: MOST_REFERENCES - len(asked)]


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
    gaps: list[Unknown] = []
    for reference, result in results.items():
        if isinstance(result, bytes):
            entries.append(Raw(msgspec.json.encode({"resource": Raw(result)})))
        elif isinstance(result, Found):
            entries.extend(result.entries)
        elif reference.fact is not None:
            gaps.append(_gap_of(reference, reference.fact, result))
    read = read_prefetch(msgspec.json.encode({REFERRED: _bundle((), Found(tuple(entries)))}), (REFERRED,))
    return replace(
        prefetch,
        by_type=dict(known_with(prefetch, read)),
        gaps=(*prefetch.gaps, *read.gaps, *gaps),
        beside=(*prefetch.beside, read.raw),
    )


def _gap_of(reference: Wanted, fact: Fact, failure: FhirFailure) -> Unknown:
    return Unknown(fact, f"could not be read: {failure.reason}", None if reference.is_search else reference.query)


def _bundle(first_page: tuple[Raw, ...], found: Found) -> Raw:
    """Entries as one searchset; a link stays only where pages are still missing."""
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": [*first_page, *found.entries]}
    if found.rest is not None:
        bundle["link"] = [{"relation": "next", "url": found.rest}]
    if found.total is not None:
        bundle["total"] = found.total
    return Raw(msgspec.json.encode(bundle))
