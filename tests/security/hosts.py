"""A host that publishes keys, as a real HTTP server on this machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class KeyHost:
    """What the host answers, to be changed at will, and what it was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b'{"keys": []}'
        self.paths: list[str] = []

    @property
    def asked(self) -> int:
        return len(self.paths)

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/jwks.json"

    def publish(self, *keys: dict[str, Any]) -> None:
        self.status, self.headers = 200, {}
        self.body = json.dumps({"keys": keys}).encode()


@contextmanager
def key_host() -> Iterator[KeyHost]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.paths.append(self.path)
            self.send_response(host.status)
            for name, value in host.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in host.headers:
                self.send_header("Content-Length", str(len(host.body)))
            self.end_headers()
            self.wfile.write(host.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        host = KeyHost(f"http://127.0.0.1:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
