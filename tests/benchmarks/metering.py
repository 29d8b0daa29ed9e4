"""What counting costs a call.

Run:  python -m tests.benchmarks.metering

For a discharge in which the rules of a visit run: the step after the call that counts it; then what a worker does
every second, putting the counts of a hundred such calls into its file; and writing all metrics out for Prometheus.
Each is the quickest of nine series.
"""

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from flask import Flask, Response

from cds_service.app.metrics import Metrics
from cds_service.app.settings import Settings
from cds_service.hooks.answer import Answerer
from cds_service.policies.stack import PolicyStack
from cds_service.web.application import create_app
from tests.benchmarks import generator

SERIES = 9
CALLS = 100


def seconds(work: Callable[[], object]) -> float:
    """Time of one piece of work."""
    began = perf_counter()
    work()
    return perf_counter() - began


def counting(app: Flask) -> Callable[[Response], Response]:
    """The step that counts a call."""
    return next(step for step in app.after_request_funcs[None] if step.__module__ == "cds_service.web.around.counting")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        metrics = Metrics(Path(folder))
        policies = PolicyStack.load()
        answerer = Answerer(policies, lambda: datetime.now(UTC).astimezone(), "https://cds.example", "Example")
        app = create_app(Settings(log_level="WARNING"), answerer, policies, metrics=metrics)
        count = counting(app)
        with app.test_client() as client:
            reply = client.post(
                "/cds-services/work-rehab-visit",
                data=generator.chart(30),
                content_type="application/json",
                headers={"Origin": "https://stranger.example"},  # so that the framework answers, whose step is measured
            )
            assert reply.status_code == 200, reply.text
            metrics.flush()
            times = [
                (
                    seconds(lambda: [count(reply) for _ in range(CALLS)]) / CALLS,
                    seconds(metrics.flush),
                    seconds(metrics.text),
                )
                for _ in range(SERIES)
            ]
        a_call, a_second, a_reading = (min(series) for series in zip(*times, strict=True))
    print(f"a call                {a_call * 1e6:7.1f} us")  # noqa: T201
    print(f"a second of {CALLS} calls {a_second * 1e6:7.1f} us")  # noqa: T201
    print(f"a reading             {a_reading * 1e6:7.1f} us")  # noqa: T201


if __name__ == "__main__":
    main()
