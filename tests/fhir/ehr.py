"""A FHIR server of an invented EHR: real HTTP, searches over given resources, faults on request, notes of requests."""

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

Json = dict[str, Any]
JSON = "application/fhir+json"
BASE = "/r4"
WHOSE = ("subject", "patient", "beneficiary")
TOKEN = "token-of-nobody-7f3a"  # noqa: S105 - invented


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    query: str
    headers: dict[str, str]


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as a call opens."""

    request_queue_size = 256


@dataclass
class Ehr:
    """The server. ``faults`` answer instead of it, by the beginning of the query; ``paged`` gives entries a page."""

    resources: list[Json] = field(default_factory=list)
    faults: dict[str, Callable[["Handler"], None]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    paged: int | None = None
    gzipped: bool = False
    gate: Callable[[], None] = lambda: None
    released: threading.Event = field(default_factory=threading.Event)
    server: ThreadingHTTPServer | None = None
    scheme: str = "http"

    def __enter__(self) -> Self:
        ehr = self

        class Bound(Handler):
            pass

        Bound.ehr = ehr
        self.server = Server(("127.0.0.1", 0), Bound)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        assert self.server is not None
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def with_tls(self, context: ssl.SSLContext) -> "Ehr":
        assert self.server is not None
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https"
        return self

    @property
    def port(self) -> int:
        assert self.server is not None
        return self.server.server_address[1]

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{BASE}"

    @property
    def queries(self) -> list[str]:
        return [request.query for request in self.seen]

    def answer(self, query: str) -> Json | None:
        """What a read or a search finds; None for a resource that is not there."""
        path, _, search = query.partition("?")
        kind, _, key = path.partition("/")
        if key:
            return next(
                (
                    resource
                    for resource in self.resources
                    if resource["resourceType"] == kind and resource.get("id") == key
                ),
                None,
            )
        filters = dict(parse_qsl(search))
        page = int(filters.pop("page", 0))
        found = [
            resource for resource in self.resources if resource["resourceType"] == kind and matches(resource, filters)
        ]
        return self._searchset(found, query.partition("&page=")[0], page)

    def _searchset(self, found: list[Json], query: str, page: int) -> Json:
        size = self.paged or len(found) or 1
        entries = [
            {"resource": resource, "search": {"mode": "match"}} for resource in found[page * size : (page + 1) * size]
        ]
        whole: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}
        if (page + 1) * size < len(found):
            whole["link"] = [{"relation": "next", "url": f"{self.url}/{query}&page={page + 1}"}]
        return whole


def matches(resource: Json, filters: dict[str, str]) -> bool:
    patient = filters.get("patient")
    if patient is not None:
        subject = next((resource[name]["reference"] for name in WHOSE if name in resource), None)
        if subject != f"Patient/{patient}":
            return False
    if (
        "practitioner" in filters
        and resource["practitioner"]["reference"].rpartition("/")[2] != filters["practitioner"]
    ):
        return False
    if "category" in filters and not codes_of(resource) & set(filters["category"].split(",")):
        return False
    return all(resource.get(name) == filters[name] for name in ("status", "use") if name in filters)


def codes_of(resource: Json) -> set[str]:
    return {coding.get("code", "") for concept in resource.get("category", ()) for coding in concept.get("coding", ())}


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    wbufsize = 64 * 1024
    ehr: Ehr

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = self.path.removeprefix(f"{BASE}/")
        self.ehr.seen.append(Seen(query, {name.lower(): value for name, value in self.headers.items()}))
        self.ehr.gate()
        for beginning, fault in self.ehr.faults.items():
            if query.startswith(beginning):
                fault(self)
                return
        assert parts.path.startswith(BASE)
        assert all(len(values) == 1 for values in parse_qs(parts.query).values())
        found = self.ehr.answer(query)
        if found is None:
            self.reply(404, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]})
        else:
            self.reply(200, found)

    def reply(self, status: int, body: Json | bytes, content_type: str = JSON, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if self.ehr.gzipped:
            raw = gzip.compress(raw)
            headers["Content-Encoding"] = "gzip"
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def status(code: int) -> Callable[[Handler], None]:
    """Answers with an OperationOutcome."""
    return lambda handler: handler.reply(code, {"resourceType": "OperationOutcome", "issue": []})


def body(content: Json | bytes, content_type: str = JSON) -> Callable[[Handler], None]:
    """Answers with this."""
    return lambda handler: handler.reply(200, content, content_type)


def redirect(url: str) -> Callable[[Handler], None]:
    """Sends the caller elsewhere."""
    return lambda handler: handler.reply(302, b"", Location=url)


def half(handler: Handler) -> None:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"resourceType": "Bundle", "entry": [')
    handler.wfile.flush()
    handler.close_connection = True


def hang(handler: Handler) -> None:
    """Says nothing until the test is over."""
    handler.ehr.released.wait(10)
    handler.close_connection = True


def drip(handler: Handler) -> None:
    """Sends a little, again and again, and never all."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        while not handler.ehr.released.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        pass
    handler.close_connection = True


def drop(handler: Handler) -> None:
    """Hangs up without an answer."""
    handler.close_connection = True


def once(first: Callable[[Handler], None], then: Json) -> Callable[[Handler], None]:
    """The first request meets ``first``, later ones get this."""
    left = [first]

    def answer(handler: Handler) -> None:
        if left:
            left.pop()(handler)
        else:
            handler.reply(200, then)

    return answer


def searchset(resources: Iterable[Json], following: str | None = None) -> Json:
    """A page of a search."""
    links = [{"relation": "next", "url": following}] if following else []
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": resource} for resource in resources],
        "link": links,
    }
