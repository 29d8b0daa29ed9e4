"""A PostgreSQL server of a test's own, which can stand still, stop and come back."""

import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.serving import free_port

SCRIPT = Path(__file__).parent / "postgres.sh"
LONGEST_SECONDS = 40
"""After so long a server that stands still goes on, so that a test that waits for it fails and does not hang."""


class PostgresServer:
    """The server; ``gave_up`` is whether it had to go on by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"postgresql://cds@127.0.0.1:{self.port}/postgres"
        self.gave_up = False
        self._watch: threading.Timer | None = None
        self._run("start", str(self.port))

    def freeze(self) -> None:
        """Stop all its processes where they stand; their connections stay open."""
        self._signal(signal.SIGSTOP)
        self._watch = threading.Timer(LONGEST_SECONDS, self._give_up)
        self._watch.start()

    def thaw(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        self._run("stop")

    def start_again(self) -> None:
        self._run("again", str(self.port))

    def _give_up(self) -> None:
        self.gave_up = True
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            postmaster = psutil.Process(int((self.folder / "data/postmaster.pid").read_text().split()[0]))
            for process in (postmaster, *postmaster.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    def _run(self, *arguments: str) -> None:
        verb, *rest = arguments
        subprocess.run([SCRIPT, verb, self.folder, *rest], check=True, capture_output=True, timeout=60)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory(prefix="cds-postgres-", dir="/tmp") as parent:
        Path(parent).chmod(0o755)
        server = PostgresServer(Path(parent) / "server")
        yield server
        server.thaw()
        with suppress(subprocess.CalledProcessError):
            server.stop()
