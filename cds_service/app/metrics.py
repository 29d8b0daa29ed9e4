"""What happens, in numbers: Prometheus metrics that are right over all worker processes of a service.

A call only adds to counts in memory. They go to Prometheus's values together, before each reading and, in a worker,
every second: so a call costs microseconds, and what a worker answers at any time is at most a second old for the
others: added to Prometheus's values one by one, the counts of a call take 50 us instead of 3. The values of workers are
files in a folder that they share, as the library keeps them for several processes. A file is named by the number that
the server gives its worker; one that replaces a dead worker has its number and counts on from there, so no count is
lost, no file is left over, and gauges are set anew.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import prometheus_client
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
FLUSH_SECONDS: Final = 1.0
CALL_BUCKETS: Final = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
FHIR_BUCKETS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
NONE: Final = "none"
"""Label of what is not known, such as the hook of a call that was refused before it was read."""

MetricKey: TypeAlias = tuple[str, ...]
"""Name of a metric, and the values of its labels."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric; ``known`` are the label values that it shows from the start, with 0, so that alerts can rely on them.

    Labels take few values, all of our own making: ids, codes and states, never anything of a patient or a client.
    """

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    help: str
    labels: tuple[str, ...] = ()
    known: tuple[MetricKey, ...] = ()
    buckets: tuple[float, ...] = ()


METRICS: Final = (
    Metric("cds_requests_total", "counter", "HTTP requests", ("route", "status")),
    Metric("cds_calls_total", "counter", "Hook calls", ("service", "hook", "status")),
    Metric(
        "cds_call_seconds", "histogram", "Time to answer a hook call that was read", ("service", "hook"),
        buckets=CALL_BUCKETS,
    ),
    Metric("cds_cards_total", "counter", "Cards by the rule of their first finding", ("rule", "indicator", "state")),
    Metric("cds_rule_outcomes_total", "counter", "Outcomes of rules", ("rule", "outcome")),
    Metric("cds_gaps_total", "counter", "Facts that could not be known, once a call and reason", ("fact",)),
    Metric(
        "cds_fhir_query_seconds", "histogram", "Time of queries to FHIR servers of clients", ("outcome",),
        known=(("found",), ("failed",)), buckets=FHIR_BUCKETS,
    ),
    Metric("cds_refusals_total", "counter", "Calls without a right to be answered", ("reason",)),
    Metric(
        "cds_feedback_total", "counter", "Feedback on cards that was kept", ("outcome",),
        known=(("accepted",), ("overridden",)),
    ),
    Metric(
        "cds_records_total", "counter", "Records of calls: written, or dropped and lost", ("outcome",),
        known=(("written",), ("dropped",)),
    ),
    Metric("cds_records_waiting", "gauge", "Records of calls that are still to be written", known=((),)),
    Metric("cds_policies_outdated", "gauge", "Workers whose last reading of the policies was refused", known=((),)),
)  # fmt: skip


class Metrics:
    """Counts of one process, or with ``folder`` of one of several that share it, each with a ``worker`` number.

    Only one object of a process may use a folder: the values in files belong to the process.
    """

    def __init__(self, folder: Path | None = None, worker: int = 0) -> None:
        self._folder = folder
        if folder is not None:
            values.ValueClass = values.MultiProcessValue(lambda: worker)  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._families = {
            metric.name: _family(metric, self._registry if folder is None else None) for metric in METRICS
        }
        self._child = cache(self._labelled)
        self._counts: Counter[MetricKey] = Counter()
        self._times: list[tuple[MetricKey, float]] = []
        self._records: Callable[[], Mapping[str, int]] | None = None
        self._records_before: Mapping[str, int] = {}
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        for metric in METRICS:
            for labels in metric.known:
                self._child((metric.name, *labels))

    def count(self, keys: Iterable[MetricKey]) -> None:
        """Add one to each of these."""
        with self._lock:
            self._counts.update(keys)

    def time(self, key: MetricKey, seconds: float) -> None:
        """Add a duration."""
        with self._lock:
            self._times.append((key, seconds))

    def fhir_query(self, outcome: str, seconds: float) -> None:
        """Add a query to a FHIR server."""
        self.time(("cds_fhir_query_seconds", outcome), seconds)

    def policies_outdated(self, outdated: bool) -> None:  # noqa: FBT001 - the one thing it is told
        """Set whether this process uses policies that the files have others for."""
        self._child(("cds_policies_outdated",)).set(outdated)

    def watch_records(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Read from here how many records were ``written`` and ``dropped`` since the start, and are ``waiting``."""
        self._records = counts

    def flush(self) -> None:
        """Put what was counted into the values that are read."""
        with self._flushing:
            with self._lock:
                counts, self._counts = self._counts, Counter()
                times, self._times = self._times, []
            for key, number in counts.items():
                self._child(key).inc(number)
            for key, seconds in times:
                self._child(key).observe(seconds)
            if self._records is not None:
                self._flush_records(self._records())

    def _flush_records(self, now: Mapping[str, int]) -> None:
        before, self._records_before = self._records_before, now
        for outcome in ("written", "dropped"):
            self._child(("cds_records_total", outcome)).inc(now[outcome] - before.get(outcome, 0))
        self._child(("cds_records_waiting",)).set(now["waiting"])

    def flush_by_itself(self) -> None:
        """Flush every second, as long as the process lives."""

        def go_on() -> None:
            pause = threading.Event()
            while not pause.wait(FLUSH_SECONDS):
                self.flush()

        threading.Thread(target=go_on, name="metrics", daemon=True).start()

    def text(self) -> bytes:
        """All of it as Prometheus reads it, over all processes that share the folder."""
        self.flush()
        if self._folder is None:
            return generate_latest(self._registry)
        shared = CollectorRegistry()
        MultiProcessCollector(shared, str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(shared)

    def _labelled(self, key: MetricKey) -> Any:  # noqa: ANN401 - each kind has its own verbs
        family = self._families[key[0]]
        return family.labels(*key[1:]) if len(key) > 1 else family


def _family(metric: Metric, registry: CollectorRegistry | None) -> Any:  # noqa: ANN401 - one of three classes
    match metric.kind:
        case "counter":
            return prometheus_client.Counter(metric.name, metric.help, metric.labels, registry=registry)
        case "histogram":
            return prometheus_client.Histogram(
                metric.name, metric.help, metric.labels, registry=registry, buckets=metric.buckets
            )
        case "gauge":
            return prometheus_client.Gauge(
                metric.name, metric.help, metric.labels, registry=registry, multiprocess_mode="sum"
            )


prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
