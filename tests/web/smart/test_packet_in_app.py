"""The request for approval in the app: of the chart that was read, for the EHR that opened it, and nobody else."""

import re
from html import unescape

import pytest

from tests.security.signing import client
from tests.web.smart.launching import Browser, client_of, ehr_with, gate_for, service_for

CHART = "https://chart.example.org"


class OpenPacket:
    """A program that was opened in the app, with the form that leads to its packet."""

    def __init__(self, ehr):
        self.ehr = ehr
        self.clients = [client_of(ehr, frame_ancestors=[CHART])]
        self.gate = gate_for(self.clients)
        self.browser = Browser(service_for(gate=self.gate, try_page=True))
        self.program = self.browser.launched(ehr).text
        self.action = unescape(re.search(r'action="(/rehab/app/packet[^"]*)"', self.program)[1])
        self.sealed = re.search(r'name="sealed" value="([^"]+)"', self.program)[1]

    def now(self, *clients):
        """The registry has others from now on."""
        self.clients[:] = clients
        self.gate.reload()

    def posted(self, path=None, sealed=None):
        return self.browser.client.post(
            (path or self.action).removeprefix("/rehab"),
            data={"sealed": sealed or self.sealed},
            content_type="multipart/form-data",
            headers={"Accept": "text/html"},
        )


@pytest.fixture(scope="module")
def ehr():
    with ehr_with() as started:
        yield started


@pytest.fixture
def opened(ehr):
    return OpenPacket(ehr)


def framing(reply):
    return reply.headers["Content-Security-Policy"].rpartition("frame-ancestors ")[2]


def test_the_packet_is_shown_in_the_frame_of_its_ehr_and_kept_by_nobody(opened):
    page = opened.posted()
    assert (200, CHART, "no-store") == (page.status_code, framing(page), page.headers["Cache-Control"])
    again = unescape(re.search(r'<form class="packet" action="([^"]+)"', page.text)[1])
    assert opened.action == again


def test_what_cannot_be_opened_any_more_is_said_in_the_frame_of_its_ehr(opened):
    stop = opened.posted(sealed="AAAA")
    assert (400, CHART) == (stop.status_code, framing(stop))
    assert "This launch is over" in stop.text


def test_a_packet_without_a_launch_names_no_ehr(opened):
    assert "'none'" == framing(opened.posted("/rehab/app/packet", sealed="AAAA"))


def test_a_client_without_the_app_or_in_shadow_mode_gets_no_packet(opened):
    opened.now(client(fhir_servers=[opened.ehr.url]))
    assert 400 == opened.posted().status_code
    opened.now(client_of(opened.ehr, members={"mode": "shadow"}))
    assert 403 == opened.posted().status_code


def test_a_packet_of_the_app_opens_in_the_app_only(opened):
    assert 404 == opened.posted("/rehab/packet").status_code
