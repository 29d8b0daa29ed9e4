"""The production server: granian worker processes, each with its own application."""

import gc
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from cards.wording import bundled_wordings
from cds_service.app.assembly import answerer_for, gate_for, load_policies, open_records
from cds_service.app.fee_file import ReloadableFees
from cds_service.app.metrics import Metrics
from cds_service.app.reloading import ReloadablePolicies, hangups_held_back, on_hangup
from cds_service.app.settings import Settings, load_settings
from cds_service.fhir.judge import warm
from cds_service.records.keeping import Records
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.web.application import create_app
from cds_service.web.around.logs import speak_for_all, tell_calls
from cds_service.web.around.memory import share_memory_among_threads
from cds_service.web.front import Front
from cds_service.web.orphans import end_with_parent

COLLECTOR_THRESHOLDS: Final = (50_000, 50, 100)
STOP_SECONDS: Final = 30
WAITING_THREADS: Final = 8
CALLERS_AT_ONCE: Final = 4096
"""Most connections of a worker."""
FILES_BESIDE: Final = 256
"""Open files of a worker that are no connections of callers."""
HEAD_MILLISECONDS: Final = 30_000
"""Time for the head of a request, and that a connection without requests stays open."""
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names, for the workers of a server, the folder in which they count together."""
WORKER: Final = "WORK_REHAB_CDS_WORKER"
"""Names the number of a worker: no two that live have the same, and one that replaces a dead worker has its number."""
OUTGOING: Final = ("Claim", "ServiceRequest")


def application() -> Front:
    """The application of one worker, for registered clients.

    Raises:
        ConfigurationError: there is no registry of clients, or it cannot be used.
    """
    end_with_parent(STOP_SECONDS)
    settings = load_settings()
    records = open_records(settings)
    gate = gate_for(settings, records.replay(MemoryReplay()))
    return Front(_warm(settings, gate, records), settings.max_body_bytes, _threads(gate))


def demo_application() -> Front:
    """The application of the demo, which anybody on this machine may call; it prints the calls."""
    end_with_parent(STOP_SECONDS)
    tell_calls()
    settings = load_settings()
    return Front(_warm(settings, None, open_records(settings)), settings.max_body_bytes, threads=1)


def _warm(settings: Settings, gate: Gate | None, records: Records) -> Flask:
    """The application from the environment, with all that a first call would load already there.

    SIGHUP makes it read the policies, the registry of clients and the fees again, each for itself.
    What lives as long as the worker is taken out of the garbage collector's sight, and the collector runs less
    often: measured, this takes the 99th percentile of a call from 13 ms to 2 ms.
    """
    share_memory_among_threads()
    speak_for_all()
    folder = os.environ.get(SHARED)
    metrics = Metrics(Path(folder) if folder is not None else None, int(os.environ.get(WORKER, "0")))
    metrics.watch_records(lambda: asdict(records.counts()))
    if folder is not None:
        metrics.flush_by_itself()
    policies = ReloadablePolicies(lambda: load_policies(settings), metrics.policies_outdated)
    fees = ReloadableFees(settings.fees)
    on_hangup(policies.reload, *((gate.reload,) if gate is not None else ()), fees.reload)
    answerer = answerer_for(settings, policies, records=records, observe=metrics.fhir_query)
    app = create_app(settings, answerer, policies, gate, records, metrics, fees)
    warm(OUTGOING)
    bundled_wordings()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    return app


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


def _threads(gate: Gate) -> int:
    """One thread a worker, for a call is computation; more where clients have FHIR servers, which a call waits for."""
    return WAITING_THREADS if any(client.fhir_servers for client in gate.registry.clients.values()) else 1


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
        f"cds_service.web.server:{'demo_application' if demo else 'application'}",
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
