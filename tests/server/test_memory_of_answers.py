"""What FHIR servers answer leaves no memory behind in a worker, however much it is.

An answer leaves before the record of its call is made: what was read for it is given back a moment later.
"""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, datetime
from itertools import cycle, islice

import orjson
import psutil
import pytest
import requests

from cds_service.fhir.server.client import MOST_BYTES
from cds_service.stories import load
from tests.fhir_host import TOKEN, FhirHost, outcome
from tests.hooks.hook_requests import SERVICE_OF
from tests.security.signing import Ehr, write_registry
from tests.serving import running, wait_until

pytestmark = pytest.mark.server

EHR = Ehr()
HOOK = "encounter-discharge"
STORY = load("texas-hardening-pt-pta", datetime.now(UTC).astimezone().date())
MEGABYTE = 1_000_000
AT_ONCE = 8


class LargeFhirHost(FhirHost):
    """Answers rightly, each answer filled up to so many bytes."""

    size = 0

    def answer_to(self, handler):
        query = handler.path.removeprefix(f"{self.base}/")
        raw = orjson.dumps(self.answer(query) or outcome("not there"))
        missing = self.size - len(raw) - len(b',"text":""')
        handler.reply(200, raw if missing <= 0 else b'%b,"text":"%b"}' % (raw[:-1], b"x" * missing))


@pytest.fixture
def ehr():
    with LargeFhirHost(deepcopy(STORY.material.resources)) as host:
        yield host


@pytest.fixture
def service(tmp_path, ehr):
    path = write_registry(tmp_path / "clients.yaml", EHR.entry(fhir_servers=[ehr.url]))
    with running(
        "serve", "--workers", "1",
        CDS_CLIENTS=str(path), CDS_DATABASE_URL=f"sqlite:///{tmp_path}/records.sqlite3", CDS_ALLOW_HTTP="1",
        CDS_FHIR_SECONDS="20", CDS_LOG_LEVEL="ERROR",
    ) as started:  # fmt: skip
        yield started


def memory(service):
    """MB that the largest process of the service holds."""
    children = psutil.Process(service.process.pid).children(recursive=True)
    return max(child.memory_info().rss for child in children) / MEGABYTE


def ask(service, request):
    url = f"{service.url}/cds-services/{SERVICE_OF[HOOK]}"
    return requests.post(url, json=request, headers=EHR.headers(url), timeout=60).status_code


def asked(service, requests_, count):
    """The statuses of so many calls, eight at once."""
    with ThreadPoolExecutor(AT_ONCE) as callers:
        return list(callers.map(lambda request: ask(service, request), islice(cycle(requests_), count)))


def without_prefetch(ehr):
    authorization = {
        "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs", "subject": "cds",
    }  # fmt: skip
    request = {name: value for name, value in STORY.request(HOOK).items() if name != "prefetch"}
    return request | {"fhirServer": ehr.url, "fhirAuthorization": authorization}


@pytest.mark.parametrize(
    ("size", "gzipped"),
    [(MOST_BYTES // 8, False), (MOST_BYTES, False), (MOST_BYTES + 1, False), (MOST_BYTES + 1, True)],
)
def test_large_answers_leave_no_memory_behind(service, ehr, size, gzipped):
    request = without_prefetch(ehr)
    assert {200} == set(asked(service, [request], 2 * AT_ONCE))
    before = memory(service)
    ehr.size, ehr.gzipped = size, gzipped
    asked(service, [request], 2 * AT_ONCE)
    wait_until(lambda: memory(service) < before + 40, service)
    ehr.size = 0
    assert 200 == ask(service, request)


def test_many_mixed_calls_leave_no_memory_behind(service, ehr):
    refused = {**STORY.request(HOOK), "hookInstance": ""}
    large = {**STORY.request(HOOK), "extension": {"x": "y" * 5 * MEGABYTE}}
    mixed = [*[STORY.request(HOOK)] * 60, *[without_prefetch(ehr)] * 30, *[refused] * 9, large]
    assert {200, 400} == set(asked(service, mixed, 1000))
    before = memory(service)
    asked(service, mixed, 3000)
    assert memory(service) < before + 15
