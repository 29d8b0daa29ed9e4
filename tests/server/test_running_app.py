"""The SMART app of a running service: workers share the seal of a launch, and launches have threads of their own."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.authserver.served import app_in_ehr
from tests.hosts import hang

pytestmark = pytest.mark.server
ALONE = {"Connection": "close", "Accept": "text/html"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with app_in_ehr(tmp_path_factory.mktemp("app"), workers=2) as running:
        yield running
        running.ehr.released.set()


def open_app(opened):
    with requests.Session() as browser:
        return browser.get(opened.launch, headers=ALONE, timeout=60)


def test_any_worker_ends_a_launch_that_another_began(opened):
    for _ in range(8):
        page = open_app(opened)
        assert 200 == page.status_code, page.text
        assert "s program</h1>" in page.text
    assert "Longson" not in opened.service.said()


def test_launches_that_wait_for_an_ehr_keep_neither_pages_nor_health_waiting(opened):
    opened.ehr.faults["Procedure"] = hang
    with ThreadPoolExecutor(8) as users:
        launches = [users.submit(open_app, opened) for _ in range(8)]
        for path in ("/health/ready", "/rules") * 4:
            assert requests.get(f"{opened.service.url}{path}", headers=ALONE, timeout=60).ok
        assert not any(launch.done() for launch in launches)
        opened.ehr.released.set()
        assert {200, 502} >= {launch.result().status_code for launch in launches}
