"""The production server: granian worker processes, each with its own application."""

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from cds_service.app.reloading import hangups_held_back
from cds_service.web.worker_process import SHARED, STOP_SECONDS, WORKER

CALLERS_AT_ONCE: Final = 4096
"""Most connections of a worker."""
FILES_BESIDE: Final = 256
"""Open files of a worker that are no connections of callers."""
HEAD_MILLISECONDS: Final = 30_000
"""Time for the head of a request, and that a connection without requests stays open."""


class _Server(MPServer):
    """Passes SIGHUP on to its workers, where granian would start new ones: those need files without mistakes.

    A worker is started with the signal held back, which would end it before it can listen; it lets it through then.
    Each is told its number.
    """

    def _spawn_worker(self, idx: int, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever granian hands over
        os.environ[WORKER] = str(idx)
        return super()._spawn_worker(idx, *args, **kwargs)

    def _spawn_workers(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - whatever granian hands over
        with hangups_held_back():
            super()._spawn_workers(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - whatever granian hands over
        with hangups_held_back():
            super()._respawn_workers(*args, **kwargs)

    def signal_handler_reload(self, *_: object, **__: object) -> None:
        """Let every worker read its files again."""
        for worker in multiprocessing.active_children():
            if worker.pid is not None:
                os.kill(worker.pid, signal.SIGHUP)


def _allow_connections() -> None:
    """Let this process and its workers have as many open files as connections need, where the system lets them."""
    wanted = CALLERS_AT_ONCE + FILES_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def run(host: str, port: int, workers: int, *, demo: bool = False, on_start: Callable[[], None] | None = None) -> None:
    """Serve until a termination signal; calls in flight are finished first.

    ``demo`` lets anybody call.
    """
    _allow_connections()
    server = _Server(
        f"cds_service.web.worker_process:{'demo_application' if demo else 'application'}",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_MILLISECONDS),
        websockets=False,
        workers=workers,
        backpressure=CALLERS_AT_ONCE,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
    )
    if on_start is not None:
        server.on_startup(on_start)
    if demo:
        server.serve()
        return
    with TemporaryDirectory(prefix="cds-metrics-") as folder:
        os.environ[SHARED] = folder
        server.serve()
