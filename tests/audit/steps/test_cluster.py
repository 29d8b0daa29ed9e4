"""A Dask cluster of two workers comes to the rows of one process, also where a worker dies."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.audit.steps.exported import exported, looked, row_bytes

pytestmark = pytest.mark.slow
DASK = str(Path(sys.executable).with_name("dask"))
ROOT = str(Path(__file__).parents[3])


def begun(stack, *command):
    """A process of a cluster, ended with the test."""
    environment = os.environ | {"PYTHONPATH": ROOT}
    process = stack.enter_context(
        subprocess.Popen(
            [DASK, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    )
    stack.callback(process.kill)
    return process


def address_in(lines):
    return next(line.split()[-1] for line in lines if "Scheduler at:" in line)


@pytest.fixture
def cluster(tmp_path):
    """The address of a scheduler, and its two workers."""
    with ExitStack() as stack:
        scheduler = begun(stack, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        address = address_in(scheduler.stderr)
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path / "dask"))
        workers = [begun(stack, "worker", address, *options) for _ in range(2)]
        for worker in workers:
            next(line for line in worker.stderr if "Registered to:" in line)
        yield address, workers


def cluster_look(export, work, address):
    command = [sys.executable, "-m", "tests.audit.steps.looking", str(export), str(work), "1", "--cluster", address]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_cluster_comes_to_the_rows_of_one_process_and_a_worker_that_dies_costs_none(cluster, tmp_path):
    address, workers = cluster
    export = exported(tmp_path / "bulk", 6)
    rows = row_bytes(looked(export, tmp_path / "w"))

    output, errors = cluster_look(export, tmp_path / "together", address).communicate(timeout=60)
    assert rows == output, errors.decode()

    running = cluster_look(export, tmp_path / "bereft", address)
    while running.poll() is None and not [*(tmp_path / "bereft").rglob("*.done")]:
        time.sleep(0.005)
    workers[0].send_signal(signal.SIGKILL)
    output, errors = running.communicate(timeout=60)
    assert rows == output, errors.decode()
