"""Measures a whole answered call against the floor, paired in one run, and prints the ratios.

Run:  python -m tests.benchmarks [--rounds 5] [--json]

Both servers run side by side; each round asks one and then the other with the same bytes, so that a machine whose
speed drifts changes both. Only ratios are reported as results; times are shown for orientation.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import psutil

from cds_service.app.assembly import open_records
from cds_service.app.settings import Settings
from tests.benchmarks import generator

HOST: Final = "127.0.0.1"
SERVICES: Final = {
    b"encounter-discharge": "work-rehab-visit",
    b"order-sign": "work-rehab-order",
    b"patient-view": "work-rehab-program",
}
SERVE: Final = """
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
Granian({target!r}, factory=True, address="127.0.0.1", port={port}, interface=Interfaces.{interface}, workers={workers},
        blocking_threads=1, websockets=False, log_level=LogLevels.warning).serve()
"""
TARGETS: Final = {
    "floor": ("tests.benchmarks.floor:application", "WSGI"),
    "ours": ("cds_service.web.worker_process:demo_application", "RSGI"),
    "unrecorded": ("tests.benchmarks.recording:unrecorded", "RSGI"),
}


@dataclass
class Server:
    """A running server and how long it took from its start to its first ready answer."""

    process: psutil.Process
    port: int
    ready_after: float

    @property
    def tree(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.tree)

    def worker_memory(self) -> float:
        """MB of the largest worker."""
        return max(process.memory_info().rss for process in self.tree) / 1e6


@contextmanager
def serving(name: str, port: int, workers: int = 1) -> Iterator[Server]:
    target, interface = TARGETS[name]
    code = SERVE.format(target=target, interface=interface, port=port, workers=workers)
    folder = tempfile.TemporaryDirectory(prefix="work-rehab-cds-")
    environment = {
        "PATH": "/usr/bin:/bin",
        "CDS_DATABASE_URL": f"sqlite:///{folder.name}/records.sqlite3",
        "PYTHONPATH": str(Path.cwd()),
    }
    open_records(Settings(database_url=environment["CDS_DATABASE_URL"])).close()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                connection = HTTPConnection(HOST, port, timeout=5)
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > 60:
                    raise SystemExit(f"{name} did not start") from None
                time.sleep(0.01)
        yield Server(psutil.Process(process.pid), port, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(timeout=60)
        folder.cleanup()


def calls(server: Server, body: bytes, count: int) -> list[float]:
    """Seconds of each of so many calls on one connection."""
    connection = HTTPConnection(HOST, server.port, timeout=60)
    path = f"/cds-services/{next(service for hook, service in SERVICES.items() if hook in body[:100])}"
    times = []
    for _ in range(count):
        began = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        answer = reply.read()
        times.append(time.perf_counter() - began)
        if reply.status != 200:
            raise SystemExit(f"status {reply.status}: {answer[:500]!r}")
    connection.close()
    return times


def at_once(server: Server, body: bytes, count: int, connections: int) -> list[float]:
    times: list[float] = []
    threads = [threading.Thread(target=lambda: times.extend(calls(server, body, count))) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


@dataclass
class Series:
    """All rounds of one body on one server."""

    rounds: list[list[float]] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        return [seconds for times in self.rounds for seconds in times]

    @property
    def median(self) -> float:
        return statistics.median(self.all)


def paired(floor: Server, service: Server, body: bytes, rounds: int, count: int) -> dict[str, object]:
    series = {"floor": Series(), "ours": Series()}
    for server in (floor, service):
        calls(server, body, max(3, count // 10))
    for _ in range(rounds):
        for name, server in (("floor", floor), ("ours", service)):
            before = server.cpu()
            series[name].rounds.append(calls(server, body, count))
            series[name].cpu.append((server.cpu() - before) / count)
    ratios = [
        statistics.median(ours_) / statistics.median(floor_)
        for floor_, ours_ in zip(series["floor"].rounds, series["ours"].rounds, strict=True)
    ]
    return {
        "kB": round(len(body) / 1000),
        "floor ms": round(series["floor"].median * 1000, 2),
        "ours ms": round(series["ours"].median * 1000, 2),
        "median x floor": round(statistics.median(ratios), 2),
        "rounds": [round(ratio, 2) for ratio in ratios],
        "CPU x floor": round(statistics.median(series["ours"].cpu) / statistics.median(series["floor"].cpu), 2),
        "p99 x own median": round(percentile(series["ours"].all, 0.99) / series["ours"].median, 2),
    }


def measure(rounds: int) -> dict[str, object]:
    bodies = {
        "drug order": (generator.drug_order(), 200),
        "work order": (generator.work_order(), 200),
        "view": (generator.view(), 200),
        "small (5 visits)": (generator.chart(5), 200),
        "typical (30 visits)": (generator.chart(30), 200),
        "large (10 000 resources)": (generator.chart(30, resources=10_000), 5),
    }
    result: dict[str, object] = {}
    with serving("floor", 8971) as floor, serving("ours", 8972) as service:
        result["ready after s"] = round(service.ready_after, 2)
        calls(service, bodies["typical (30 visits)"][0], 50)
        before = service.worker_memory()
        result["memory MB a worker"] = round(before)
        for name, (body, count) in bodies.items():
            result[name] = paired(floor, service, body, rounds, count)
        result["memory MB after the large ones"] = round(service.worker_memory())
        for _ in range(3):
            calls(service, bodies["typical (30 visits)"][0], 200)
        result["memory MB at the end"] = round(service.worker_memory())
        result["time per resource, large x typical"] = _per_resource(result, bodies)
    with serving("ours", 8973, workers=2) as service:
        at_once(service, bodies["typical (30 visits)"][0], 20, 8)
        times = [
            seconds for _ in range(rounds) for seconds in at_once(service, bodies["typical (30 visits)"][0], 100, 8)
        ]
        at_eight = percentile(times, 0.99) / statistics.median(times)
        result["p99 x median at 8 connections, 2 workers"] = round(at_eight, 2)
    result["one more rule ms"] = one_more_rule()
    result["400th visit x 4th, one chart"] = late_visit()
    result["timeline of the typical chart, CPU ms"] = picture_of_the_typical_program()
    return result


def _per_resource(result: dict[str, object], bodies: dict[str, tuple[bytes, int]]) -> float:
    def each(name: str) -> float:
        row = result[name]
        assert isinstance(row, dict)
        return float(row["ours ms"]) / generator.count(bodies[name][0])

    return round(each("large (10 000 resources)") / each("typical (30 visits)"), 2)


def one_more_rule() -> float:
    """Cost of one more of the dearest rule, measured on the typical chart in this process."""
    from cds_service.consultation.consult import decide, policy_for
    from cds_service.consultation.subject import case_of
    from cds_service.domain.case import Case, Moment
    from cds_service.hooks.call import read_call
    from cds_service.hooks.gathering import question_of
    from cds_service.policies.stack import PolicyStack
    from cds_service.rules.catalog import RULES
    from cds_service.rules.engine import apply_rules
    from tests.conftest import TODAY

    case = case_of(question_of(read_call(generator.chart(30), "work-rehab-visit")), TODAY)
    assert isinstance(case, Case)
    answer = decide(case, policy_for(case, PolicyStack.load()))
    case, bill, policy = answer.case, answer.bill, answer.policy
    dearest = 0.0
    for rule in (rule for rule in RULES if Moment.VISIT_CLOSE in rule.moments):
        times = []
        for _ in range(200):
            began = time.perf_counter()
            apply_rules(case, bill, policy, (rule,))
            times.append(time.perf_counter() - began)
        dearest = max(dearest, statistics.median(times))
    return round(dearest * 1000, 4)


def late_visit() -> float:
    """What closing the last of 400 visits takes, to the fourth of the same chart; evaluation only, after reading."""
    from cds_service.consultation.consult import decide, policy_for
    from cds_service.consultation.subject import case_of
    from cds_service.domain.case import Case
    from cds_service.hooks.call import read_call
    from cds_service.hooks.gathering import question_of
    from cds_service.policies.stack import PolicyStack
    from tests.conftest import TODAY

    newest = case_of(question_of(read_call(generator.chart(400), "work-rehab-visit")), TODAY)
    assert isinstance(newest, Case)
    policy = policy_for(newest, PolicyStack.load())
    sessions = newest.chart.sessions
    days = sorted({session.date for session in sessions})
    medians = []
    for day in (days[3], days[-1]):
        encounter = next(session.encounter for session in sessions if session.date == day)
        times = []
        for _ in range(200):
            case = Case(newest.moment, day, day, newest.chart, encounter=encounter)
            began = time.perf_counter()
            decide(case, policy)
            times.append(time.perf_counter() - began)
        medians.append(statistics.median(times))
    return round(medians[1] / medians[0], 2)


def picture_of_the_typical_program() -> float:
    """CPU of the facts and the drawing of one program, beside its answer: the goal is under 5 ms."""
    from cards.timeline.picture import svg
    from cds_service.consultation.consult import decide, policy_for
    from cds_service.consultation.subject import case_of
    from cds_service.consultation.timelines.program_timelines import timeline_of
    from cds_service.domain.case import Case
    from cds_service.hooks.call import read_call
    from cds_service.hooks.gathering import question_of
    from cds_service.policies.stack import PolicyStack
    from tests.conftest import TODAY

    policies, times = PolicyStack.load(), []
    for _ in range(50):
        case = case_of(question_of(read_call(generator.typical(), "work-rehab-visit")), TODAY)
        assert isinstance(case, Case)
        answer = decide(case, policy_for(case, policies))
        began = time.process_time()
        timeline = timeline_of(answer.case, answer.policy)
        assert timeline is not None
        svg(timeline)
        times.append(time.process_time() - began)
    return round(statistics.median(times) * 1000, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds, at least 5 for a report")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(result, indent=2))  # noqa: T201
        return
    for name, value in result.items():
        if isinstance(value, dict):
            print(name)  # noqa: T201
            for key, part in value.items():
                print(f"    {key:22} {part}")  # noqa: T201
        else:
            print(f"{name:45} {value}")  # noqa: T201


if __name__ == "__main__":
    main()
