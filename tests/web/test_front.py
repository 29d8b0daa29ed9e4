"""What stands between server and application: which requests can keep which others waiting."""

import asyncio
from threading import Event

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from cds_service.web.front import Front
from tests.web.talking import client_of

BUSY = 6
"""Requests of a kind, more than there are threads for any."""


class Head:
    """What a server says of a request."""

    query_string, http_version, client, server, scheme, authority = "", "1.1", "192.0.2.7:5", "a:1", "http", None

    def __init__(self, path, method="GET", length=0):
        self.path, self.method, self.length = path, method, length
        self.headers = self

    def items(self):
        return [("content-length", str(self.length))]


class Exchange:
    """The server's side of a request."""

    def __init__(self, body=b""):
        self.body = body

    async def __call__(self):
        return self.body

    async def __aiter__(self):
        yield self.body

    def response_bytes(self, status, headers, body):
        pass


async def with_busy(front, busy, asked):
    """Ask for something while so many requests for a busy path wait."""
    front.__rsgi_init__(asyncio.get_running_loop())
    waiting = [asyncio.create_task(front.__rsgi__(head, exchange)) for head, exchange in busy]
    await asyncio.sleep(0)
    try:
        await asyncio.wait_for(front.__rsgi__(*asked), timeout=30)
    finally:
        front.free.set()
        await asyncio.gather(*waiting)


def front_where(path):
    """A front whose application does not answer at this path until the front is ``free``."""
    free = Event()

    def app(environ, start):
        if environ["PATH_INFO"] == path:
            free.wait(30)
        start("200 OK", [])
        return [b""]

    front = Front(app, max_body_bytes=100, threads=1)
    front.free = free
    return front


@pytest.mark.parametrize(
    "asked",
    ["/health/live", "/health/ready", "/metrics", "/cds-services", "/cds-services/x", "/cds-services/x/feedback"],
)
@pytest.mark.parametrize(
    "busy", ["/", "/try", "/insights", "/app/launch", "/insights/sign-in/provider", "/insights/callback"]
)
def test_no_number_of_pages_keeps_machines_waiting(busy, asked):
    requests = [(Head(busy), Exchange()) for _ in range(BUSY)]
    asyncio.run(with_busy(front_where(busy), requests, (Head(asked), Exchange())))


@pytest.mark.parametrize("busy", ["/app/launch", "/insights/sign-in/provider", "/insights/callback"])
def test_what_waits_for_another_server_keeps_no_page_waiting(busy):
    requests = [(Head(busy), Exchange()) for _ in range(BUSY)]
    asyncio.run(with_busy(front_where(busy), requests, (Head("/rules"), Exchange())))


def test_bodies_that_pages_have_not_read_yet_keep_no_call_waiting():
    requests = [(Head("/try/pasted", "POST", 100), Exchange(b"x" * 100)) for _ in range(BUSY)]
    call = Head("/cds-services/x", "POST", 100), Exchange(b"x" * 100)
    asyncio.run(with_busy(front_where("/try/pasted"), requests, call))


@pytest.mark.parametrize(("path", "status"), [("*", "404 NOT FOUND"), ("", "200 OK"), ("//", "200 OK")])
def test_a_path_of_any_form_has_an_answer(path, status):
    environ = create_environ(method="OPTIONS") | {"PATH_INFO": path}
    assert status == run_wsgi_app(client_of(lambda _: None).application, environ)[1]
