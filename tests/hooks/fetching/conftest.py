"""An EHR with a FHIR server on this machine, and a service that asks it."""

import json
from datetime import UTC, datetime

import pytest

from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.hooks.fetching import Fetcher, pool_of_threads
from cds_service.hooks.shares import Shares
from cds_service.policies.stack import PolicyStack
from cds_service.security.addresses import Addresses
from cds_service.security.clients import Caller
from cds_service.security.outgoing import outgoing_session
from cds_service.security.servers import Servers
from tests.fhir_host import FhirHost
from tests.hooks.fetching.fetching_calls import STORY, in_ehr
from tests.hooks.hook_requests import SERVICE_OF
from tests.security.signing import client


@pytest.fixture(scope="module")
def policies():
    return PolicyStack.load()


@pytest.fixture
def ehr():
    with FhirHost() as running:
        yield running


@pytest.fixture
def ask(policies, ehr):
    """Answers a request as for a client that registered the EHR's server; ``pool`` shows when all queries ended."""
    with outgoing_session(Addresses()) as session, pool_of_threads() as pool:

        def answer(request, caller=None, *, seconds=5.0, allow_http=True, resolve=None):
            fetcher = Fetcher(
                session=session if resolve is None else outgoing_session(Addresses(resolve=resolve)),
                shares=Shares(pool),
                servers=lambda allowed: Servers(allowed, allow_http).permits,
                seconds=seconds,
            )
            answerer = Answerer(
                policies=policies,
                clock=lambda: datetime(2026, 3, 16, 9, tzinfo=UTC),
                public_url="https://cds.example.org",
                source_label="Example Rehab",
                max_cards=50,
                fetcher=fetcher,
            )
            call = read_call(json.dumps(request).encode(), SERVICE_OF[request["hook"]])
            return answerer.answered(call, caller or Caller(client(fhir_servers=[ehr.url]))).response

        answer.pool = pool
        yield answer
        ehr.released.set()


@pytest.fixture
def discharge(ehr):
    return in_ehr(STORY, ehr, "encounter-discharge")
