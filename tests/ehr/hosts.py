"""A FHIR server and a CDS service as real HTTP servers on this machine, that remember what they were asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
WHOSE = ("subject", "patient", "beneficiary")


class Host:
    """One host. ``answers`` are by the beginning of ``METHOD path``, and go before what ``respond`` gives."""

    def __init__(self, respond: Callable[[str, str, Any], tuple[int, Any]]) -> None:
        self.respond = respond
        self.answers: dict[str, tuple[int, Any]] = {}
        self.seen: list[tuple[str, Any, dict[str, str]]] = []
        self.url = ""

    @property
    def requests(self) -> list[str]:
        return [line for line, _, _ in self.seen]


@contextmanager
def running(host: Host) -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 64 * 1024

        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(sent) if sent else None
            line = f"{self.command} {self.path}"
            host.seen.append((line, body, dict(self.headers)))
            prepared = next((reply for start, reply in host.answers.items() if line.startswith(start)), None)
            status, content = prepared or host.respond(self.command, self.path, body)
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - http.server wants these names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        host.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


class FhirHost(Host):
    """Keeps what is put; ``page`` is how many entries a search answers at once."""

    def __init__(self, *resources: Json, page: int = 1000) -> None:
        super().__init__(self.fhir)
        self.page = page
        self.held = {f"{resource['resourceType']}/{resource['id']}": resource for resource in resources}

    def fhir(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(path)
        reference = parts.path.removeprefix("/")
        if method == "PUT":
            missing = [
                reference
                for reference in references(body)
                if reference not in self.held and not reference.startswith("#")
            ]
            if missing:
                return 422, outcome(f"{missing[0]} is not known")
            self.held[reference] = body
            return 201, body
        if method == "DELETE":
            if any(reference in references(resource) for resource in self.held.values()):
                return 409, outcome(f"{reference} is referred to")
            return (204, b"") if self.held.pop(reference, None) else (404, outcome("not there"))
        if "/" in reference:
            return (200, self.held[reference]) if reference in self.held else (404, outcome("not there"))
        return 200, self.searchset(reference, {name: values[0] for name, values in parse_qs(parts.query).items()})

    def searchset(self, kind: str, filters: dict[str, str]) -> Json:
        found = [resource for resource in self.held.values() if resource["resourceType"] == kind]
        if "patient" in filters:
            found = [resource for resource in found if whose(resource) == f"Patient/{filters['patient']}"]
        size, start = min(int(filters.get("_count", self.page)), self.page), int(filters.get("_offset", 0))
        entries = [{"resource": resource} for resource in found[start : start + size]]
        whole: Json = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        if start + size < len(found):
            query = "&".join(f"{name}={value}" for name, value in {**filters, "_offset": start + size}.items())
            whole["link"] = [{"relation": "next", "url": f"{self.url}/{kind}?{query}"}]
        return whole


def whose(resource: Json) -> str | None:
    return next((resource[name].get("reference") for name in WHOSE if name in resource), None)


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for part in value for found in references(part)]
    if not isinstance(value, dict):
        return []
    own = [value["reference"]] if isinstance(value.get("reference"), str) else []
    return own + [found for part in value.values() for found in references(part)]


def outcome(text: str) -> Json:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "x", "details": {"text": text}}],
    }
