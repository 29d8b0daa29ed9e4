"""Server processes of the service for a test, each on a port of its own."""

import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

COMMAND = [sys.executable, "-m", "cds_service.cli"]
LOWEST_PORT, PORTS = 10_000, 20_000
"""Below the ports that systems give to outgoing connections, so that nobody takes it before the server does."""


def free_port() -> int:
    """A port that nobody listens on; chosen by chance, so that tests at the same time take different ones."""
    while True:
        port = LOWEST_PORT + secrets.randbelow(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@dataclass
class Running:
    """A server process; ``said`` reads what it has printed so far."""

    url: str
    process: subprocess.Popen
    output: Path

    def said(self) -> str:
        return self.output.read_text()


@contextmanager
def running(*arguments: str, cwd: Path | None = None, port: str | None = None, **environment: str) -> Iterator[Running]:
    """A process of our own command that has said it is ready; it is ended in the end."""
    with started([*COMMAND, *arguments], cwd=cwd, port=port, **environment) as service:
        yield service


@contextmanager
def started(
    command: list[str], cwd: Path | None = None, port: str | None = None, **environment: str
) -> Iterator[Running]:
    """A process that serves on the port it is given by ``--port``."""
    port = port or str(free_port())
    url = f"http://127.0.0.1:{port}"
    with tempfile.NamedTemporaryFile(suffix=".log") as output:
        process = subprocess.Popen(
            [*command, "--port", port],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd()), "CDS_PUBLIC_URL": url, **environment},
        )
        service = Running(url, process, Path(output.name))
        try:
            wait_until(lambda: is_ready(service), service)
            yield service
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def refused(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A start of our own command that is expected to end by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_ready(service: Running) -> bool:
    assert service.process.poll() is None, service.said()
    try:
        return requests.get(f"{service.url}/health/ready", timeout=5).ok
    except requests.ConnectionError:
        return False


def wait_until(true: Callable[[], bool], service: Running) -> None:
    """Wait at most a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(service.said())
