"""The application of a worker, with all that a first call would load already there."""

import gc
import os
from dataclasses import asdict
from pathlib import Path
from typing import Final

from flask import Flask

from cards.wording import bundled_wordings
from cds_service.app.assembly import answerer_for, gate_for, load_policies, open_records
from cds_service.app.fee_file import ReloadableFees
from cds_service.app.metrics import Metrics
from cds_service.app.reloading import ReloadablePolicies, on_hangup
from cds_service.app.settings import Settings, load_settings
from cds_service.fhir.judge import warm
from cds_service.records.keeping import Records
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.web.application import create_app
from cds_service.web.around.logs import speak_for_all, tell_calls
from cds_service.web.around.memory import share_memory_among_threads
from cds_service.web.front import Front
from cds_service.web.worker_process import SHARED, WORKER

COLLECTOR_THRESHOLDS: Final = (50_000, 50, 100)
WAITING_THREADS: Final = 8
OUTGOING: Final = ("Claim", "ServiceRequest", "Task")


def for_clients() -> Front:
    """For registered clients.

    Raises:
        ConfigurationError: there is no registry of clients, or it cannot be used.
    """
    settings = load_settings()
    records = open_records(settings)
    gate = gate_for(settings, records.replay(MemoryReplay()))
    return Front(_warm(settings, gate, records), settings.max_body_bytes, _threads(gate))


def for_anybody() -> Front:
    """For anybody on this machine; calls are printed."""
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
    gc.enable()
    return app


def _threads(gate: Gate) -> int:
    """One thread a worker, for a call is computation; more where clients have FHIR servers, which a call waits for."""
    return WAITING_THREADS if any(client.fhir_servers for client in gate.registry.clients.values()) else 1
