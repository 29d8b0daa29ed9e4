"""Many calls: 20 000 at 32 connections, then 40 000 of all kinds, on two workers; errors, waits, memory.

Run:  python -m tests.benchmarks.endurance [--calls 20000] [--mixed 40000]
"""

import argparse
import statistics
from typing import Final

from tests.benchmarks import generator
from tests.benchmarks.__main__ import Server, at_once, percentile, serving

CONNECTIONS: Final = 32
WORKERS: Final = 2
STAGES: Final = 8


def crowded(server: Server, calls: int) -> dict[str, object]:
    """Calls about a small chart on many connections at once; ``SystemExit`` on an answer that is none."""
    body = generator.small()
    at_once(server, body, 5, CONNECTIONS)
    times = at_once(server, body, calls // CONNECTIONS, CONNECTIONS)
    median = statistics.median(times)
    return {
        "calls": len(times),
        "median ms": round(median * 1000, 1),
        "p99 x median": round(percentile(times, 0.99) / median, 2),
        "longest x median": round(max(times) / median, 2),
    }


def mixed(server: Server, calls: int) -> list[float]:
    """MB of the largest worker: before, and after each stage of calls of every kind."""
    kinds = (
        (generator.drug_order(), 30), (generator.work_order(), 10), (generator.view(), 20), (generator.small(), 20),
        (generator.typical(), 20),
    )  # fmt: skip
    sizes = [server.worker_memory()]
    for _ in range(STAGES):
        for body, share in kinds:
            at_once(server, body, calls * share // (100 * STAGES * CONNECTIONS), CONNECTIONS)
        sizes.append(server.worker_memory())
    return [round(size) for size in sizes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--mixed", type=int, default=40_000)
    arguments = parser.parse_args()
    with serving("ours", 8976, workers=WORKERS) as server:
        for name, value in crowded(server, arguments.calls).items():
            print(f"{name:20} {value}")  # noqa: T201
        print(f"{'MB of a worker':20} {mixed(server, arguments.mixed)}")  # noqa: T201


if __name__ == "__main__":
    main()
