"""Only a server that the client registered is ever asked, and no address of this machine or of the cloud."""

import pytest

from cds_service.errors import DataNeeded
from cds_service.security.clients import DEMO, Caller
from tests import hosts
from tests.fhir_host import FhirHost
from tests.hooks.fetching.fetching_calls import access, gaps, without_prefetch
from tests.security.signing import client


@pytest.mark.parametrize("caller", [DEMO, Caller(client(fhir_servers=["https://ehr.example.org/fhir"]))])
def test_a_server_that_is_not_the_clients_sees_no_request(ask, ehr, discharge, caller):
    with pytest.raises(DataNeeded):
        ask(without_prefetch(discharge, ehr), caller)
    assert ehr.seen == []


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://localhost:{port}/r4", "http://127.0.0.1:{port}"]
)
def test_servers_on_this_machine_or_at_the_metadata_address_see_no_request(ask, ehr, discharge, url):
    request = {**discharge, **access(url.format(port=ehr.port)), "prefetch": {}}
    with pytest.raises(DataNeeded):
        ask(request)
    assert ehr.seen == []


def test_a_registered_name_that_leads_to_this_machine_sees_no_request(ask, ehr, discharge):
    url = f"http://ehr.example.org:{ehr.port}/r4"
    request = {**discharge, **access(url)}
    del request["prefetch"]["coverage"]
    answer = ask(request, Caller(client(fhir_servers=[url])), resolve=lambda *_: ("127.0.0.1",))
    assert "coverage was not given, and the EHR's FHIR server could not be reached" in gaps(answer)
    assert ehr.seen == []


def test_plain_http_is_not_used_without_the_switch_and_prefetch_still_answers(ask, ehr, discharge):
    full = ask(discharge)
    assert full == ask({**discharge, **access(ehr.url)}, allow_http=False)
    del discharge["prefetch"]["coverage"]
    assert "coverage was not given" in gaps(ask({**discharge, **access(ehr.url)}, allow_http=False))
    assert ehr.seen == []


def test_a_redirect_leads_nowhere(ask, ehr, discharge):
    with FhirHost() as second:
        ehr.faults["Coverage"] = hosts.redirect(f"{second.url}/Coverage")
        answer = ask(without_prefetch(discharge, ehr))
        assert second.seen == []
    said = "coverage was not given, and the EHR's FHIR server answered with a redirect, which is not followed (302)"
    assert said in gaps(answer)
