"""HTTP hosts of others, as real servers on this machine: what they are asked is kept, and they fail on request."""

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, ClassVar, Self

Json = dict[str, Any]
FHIR_JSON = "application/fhir+json"


class HostServer(ThreadingHTTPServer):
    """Takes as many connections at once as a call opens."""

    request_queue_size = 256


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    timeout = 10
    wbufsize = 64 * 1024
    host: "HttpHost"
    sent: bytes

    def handle_request(self) -> None:
        self.sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.host.asked_by(self)

    do_GET = do_PUT = do_POST = do_DELETE = handle_request  # noqa: N815 - http.server wants these names

    def reply(self, status: int, content: Any, content_type: str = FHIR_JSON, **headers: str) -> None:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        if self.host.gzipped:
            raw = gzip.compress(raw)
            headers["Content-Encoding"] = "gzip"
        self.send_response(status)
        for name, value in ({"Content-Type": content_type, "Content-Length": str(len(raw))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


Answer = Callable[[Handler], None]
NO_FAULTS: Mapping[str, Answer] = MappingProxyType({})


@dataclass(frozen=True)
class Seen:
    """One request as it came; ``query`` is its path below the host's base, headers are in small letters."""

    method: str
    query: str
    headers: dict[str, str]
    body: Any


class HttpHost:
    """A host. ``faults`` answer instead of it: by the beginning of the query, or of method and query unless GET."""

    base: ClassVar[str] = ""
    protocol: ClassVar[str] = "HTTP/1.1"

    def __init__(self, faults: Mapping[str, Answer] = NO_FAULTS) -> None:
        self.seen: list[Seen] = []
        self.faults = dict(faults)
        self.gate: Callable[[], None] = lambda: None
        self.released = threading.Event()
        self.gzipped = False
        self.scheme = "http"

    def __enter__(self) -> Self:
        bound = type("BoundHandler", (Handler,), {"host": self, "protocol_version": self.protocol})
        self.server = HostServer(("127.0.0.1", 0), bound)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def with_tls(self, context: ssl.SSLContext) -> Self:
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https"
        return self

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{self.base}"

    @property
    def queries(self) -> list[str]:
        return [request.query for request in self.seen]

    def asked_by(self, handler: Handler) -> None:
        query = handler.path.removeprefix(f"{self.base}/")
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = json.loads(handler.sent) if handler.sent else None
        self.seen.append(Seen(handler.command, query, headers, body))
        self.gate()
        line = query if handler.command == "GET" else f"{handler.command} {query}"
        fault = next((fault for beginning, fault in self.faults.items() if line.startswith(beginning)), None)
        (fault or self.answer_to)(handler)

    def answer_to(self, handler: Handler) -> None:
        """Answer a request that meets no fault."""
        raise NotImplementedError


class ScriptedHost(HttpHost):
    """Answers with what a function of method and query says: a status and JSON."""

    def __init__(self, script: Callable[[str, str], tuple[int, Any]]) -> None:
        super().__init__()
        self.script = script

    def answer_to(self, handler: Handler) -> None:
        handler.reply(*self.script(handler.command, handler.path.removeprefix("/")))


class KeyHost(HttpHost):
    """Publishes keys; what it answers may be changed at will."""

    protocol = "HTTP/1.0"

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b'{"keys": []}'

    def answer_to(self, handler: Handler) -> None:
        handler.reply(self.status, self.body, "application/json", **self.headers)

    @property
    def asked(self) -> int:
        return len(self.seen)

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/jwks.json"

    def publish(self, *keys: Json) -> None:
        self.status, self.headers = 200, {}
        self.body = json.dumps({"keys": keys}).encode()


def replies(status: int, content: Any, content_type: str = FHIR_JSON) -> Answer:
    """Answers with this."""
    return lambda handler: handler.reply(status, content, content_type)


def status(code: int) -> Answer:
    """Answers with an OperationOutcome."""
    return replies(code, {"resourceType": "OperationOutcome", "issue": []})


def body(content: Json | bytes, content_type: str = FHIR_JSON) -> Answer:
    """Answers well, with this content."""
    return replies(200, content, content_type)


def redirect(url: str) -> Answer:
    """Sends the caller elsewhere."""
    return lambda handler: handler.reply(302, b"", Location=url)


def half(handler: Handler) -> None:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Type", FHIR_JSON)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"resourceType": "Bundle", "entry": [')
    handler.wfile.flush()
    handler.close_connection = True


def hang(handler: Handler) -> None:
    """Says nothing until the test is over."""
    handler.host.released.wait(10)
    handler.close_connection = True


def drip(handler: Handler) -> None:
    """Sends a little, again and again, and never all."""
    repeat(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ")


def drip_head(handler: Handler) -> None:
    """Sends its head byte by byte, and never all."""
    repeat(handler, b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")


def continue_for_ever(handler: Handler) -> None:
    """Promises an answer, again and again."""
    repeat(handler, b"", b"HTTP/1.1 100 Continue\r\n\r\n")


def repeat(handler: Handler, beginning: bytes, part: bytes, pause: float = 0.02) -> None:
    """Sends the part, with pauses, until the caller hangs up or the test is over."""
    try:
        handler.wfile.write(beginning)
        while not handler.host.released.wait(pause):
            handler.wfile.write(part)
            handler.wfile.flush()
    except OSError:
        pass
    handler.close_connection = True


def drop(handler: Handler) -> None:
    """Hangs up without an answer."""
    handler.close_connection = True


def once(first: Answer, then: Json) -> Answer:
    """The first request meets ``first``, later ones get this."""
    left = [first]

    def answer(handler: Handler) -> None:
        if left:
            left.pop()(handler)
        else:
            handler.reply(200, then)

    return answer
