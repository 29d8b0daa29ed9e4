"""Two clients of one service, one of them with hosts that never come to an end: the other is answered all the same."""

import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial

import pytest
import requests

from cds_service.stories import load
from tests import hosts
from tests.fhir_host import TOKEN, FhirHost
from tests.hooks.hook_requests import SERVICE_OF
from tests.hosts import KeyHost
from tests.security.signing import Ehr, Signer, write_registry
from tests.serving import running

pytestmark = pytest.mark.server

GOOD = Ehr(issuer="https://good.example.org")
BAD = Ehr(Signer(name="second"), issuer="https://bad.example.org")
STORY = load("texas-hardening-pt-pta", datetime.now(UTC).astimezone().date())
HOOK = "encounter-discharge"
SECONDS = 20
"""Longest wait for an answer, so that a broken service does not hang the test."""


@pytest.fixture
def serve(tmp_path):
    """Starts a service of one worker with these clients."""

    def started(*entries):
        path = write_registry(tmp_path / "clients.yaml", *entries)
        return running(
            "serve", "--workers", "1",
            CDS_CLIENTS=str(path), CDS_DATABASE_URL=f"sqlite:///{tmp_path}/records.sqlite3", CDS_ALLOW_HTTP="1",
        )  # fmt: skip

    return started


def call(service, headers, request):
    """The status of a call; 0 when there was no answer in time."""
    url = f"{service.url}/cds-services/{SERVICE_OF[HOOK]}"
    try:
        return requests.post(url, json=request, headers=headers(url), timeout=SECONDS).status_code
    except requests.Timeout:
        return 0


def unsigned(url):
    """A token that anybody can write: it names the client, and its signature is none."""
    token = BAD.headers(url)["Authorization"]
    return {"Authorization": f"{token.rpartition('.')[0]}.AAAA"}


def asking(ehr):
    """The request of the closing visit without prefetch; the EHR holds what it needs."""
    request = deepcopy(STORY.request(HOOK))
    ehr.resources = deepcopy(STORY.material.resources)
    return {key: value for key, value in request.items() if key != "prefetch"} | {
        "fhirServer": ehr.url,
        "fhirAuthorization": {
            "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs", "subject": "cds",
        },
    }  # fmt: skip


@pytest.mark.parametrize("fault", [hosts.drip_head, hosts.drip, hosts.continue_for_ever, hosts.hang])
def test_a_key_host_without_end_asked_for_by_unsigned_tokens_starves_nobody(serve, fault):
    with KeyHost() as keys:
        keys.faults["jwks"] = fault
        with (
            serve(BAD.entry(jwks_url=keys.jwks_url), GOOD.entry()) as service,
            ThreadPoolExecutor(24) as strangers,
        ):
            refused = [strangers.submit(call, service, unsigned, STORY.request(HOOK)) for _ in range(24)]
            until = time.monotonic() + SECONDS
            while not keys.seen and time.monotonic() < until:
                time.sleep(0.01)
            assert [200] * 4 == [call(service, GOOD.headers, STORY.request(HOOK)) for _ in range(4)]
            assert {401} == {answer.result() for answer in refused}
            assert 1 == keys.asked
            keys.released.set()


@pytest.mark.parametrize("fault", [hosts.drip_head, hosts.drip, hosts.continue_for_ever, hosts.hang])
def test_a_fhir_server_without_end_starves_nobody(serve, fault):
    with FhirHost() as healthy, FhirHost() as endless:
        endless.faults[""] = fault
        with (
            serve(BAD.entry(fhir_servers=[endless.url]), GOOD.entry(fhir_servers=[healthy.url])) as service,
            ThreadPoolExecutor(16) as callers,
        ):
            starved = [callers.submit(call, service, BAD.headers, asking(endless)) for _ in range(8)]
            until = time.monotonic() + SECONDS
            while not endless.seen and time.monotonic() < until:
                time.sleep(0.01)
            answers = list(callers.map(partial(call, service, GOOD.headers), [asking(healthy)] * 4))
            assert {412} == {answer.result() for answer in starved}
            answers += callers.map(partial(call, service, GOOD.headers), [asking(healthy)] * 4)
            endless.released.set()
    assert [200] * 8 == answers
