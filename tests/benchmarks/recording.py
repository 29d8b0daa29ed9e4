"""What keeping records costs: the same server with and without, paired in one run.

Run:  python -m tests.benchmarks.recording [--rounds 9]

With records, a call with findings asks which of them were overridden lately, makes its hashes and digests, and leaves
its rows to the writing thread, which shares the process. The two servers are asked in turn, call by call, so that a
machine whose speed drifts changes both; each call has its own hookInstance, so that each writes new rows.
"""

import argparse
import json
import statistics
from http.client import HTTPConnection
from time import perf_counter
from uuid import uuid4

from cds_service.app.assembly import answerer_for, load_policies
from cds_service.app.settings import load_settings
from cds_service.web.application import create_app
from cds_service.web.front import Front
from tests.benchmarks import generator

CALLS = 300


def unrecorded() -> Front:
    """The service without records."""
    import gc

    from cds_service.fhir.judge import warm
    from cds_service.web.warmed import COLLECTOR_THRESHOLDS, OUTGOING

    settings = load_settings()
    policies = load_policies(settings)
    app = create_app(settings, answerer_for(settings, policies), policies)
    warm(OUTGOING)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    return Front(app, settings.max_body_bytes, threads=1)


def timed(connection: HTTPConnection, request: dict[str, object]) -> float:
    """Seconds of one call."""
    body = json.dumps(request | {"hookInstance": str(uuid4())}).encode()
    began = perf_counter()
    connection.request("POST", "/cds-services/work-rehab-visit", body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    reply.read()
    took = perf_counter() - began
    assert reply.status == 200, reply.status
    return took


def main() -> None:
    from tests.benchmarks.__main__ import HOST, serving  # it starts servers by the names of functions in this module

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    request = json.loads(generator.chart(30))
    with serving("unrecorded", 8974) as without, serving("ours", 8975) as recorded:
        connections = [HTTPConnection(HOST, server.port, timeout=60) for server in (without, recorded)]
        for connection in connections:
            for _ in range(50):
                timed(connection, request)
        times: list[list[float]] = [[], []]
        ratios = []
        for _ in range(rounds):
            pair: list[list[float]] = [[], []]
            for number in range(CALLS):
                for which in (number % 2, 1 - number % 2):
                    pair[which].append(timed(connections[which], request))
            ratios.append(statistics.median(pair[1]) / statistics.median(pair[0]))
            times[0] += pair[0]
            times[1] += pair[1]
    for name, series in zip(("without", "with"), times, strict=True):
        p99 = sorted(series)[int(len(series) * 0.99)]
        print(f"{name:8} median {statistics.median(series) * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms")  # noqa: T201
    print(f"median with / without {statistics.median(ratios):.3f}; rounds {[round(ratio, 2) for ratio in ratios]}")  # noqa: T201


if __name__ == "__main__":
    main()
