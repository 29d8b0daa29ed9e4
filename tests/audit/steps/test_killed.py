"""Killed or stopped at any moment, a look-back that is resumed writes the files of one that nobody disturbed."""

import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.audit.steps.exported import exported

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL, and its processes end in other ways"),
]

PATIENTS = 6
MOMENTS = 20
SEED = 97546
A_WORKER = 0.4
"""Share of moments at which a worker alone is killed."""
STOPPED = "Stopped; what is done is kept. Run the same command with --resume to go on from here."


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return exported(tmp_path_factory.mktemp("export") / "bulk", PATIENTS)


@pytest.fixture(scope="module")
def undisturbed(export, tmp_path_factory):
    """The files of a look-back that nobody disturbs."""
    out = tmp_path_factory.mktemp("calm") / "out"
    assert (0, "") == ended(looking_back(export, out))
    return written(out)


def looking_back(export, out, *options):
    """The command, in a process and a session of its own."""
    command = [sys.executable, "-m", "cds_service.cli", "audit", str(export), "--out", str(out), "--processes", "2"]
    return subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def ended(process):
    """Its exit code, and what it said beside its progress."""
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors.rpartition("Error: ")[2].strip() if "Error: " in errors else ""


def written(out):
    return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*")) if file.is_file()}


def files_in(out):
    return sum(len(names) for _, _, names in os.walk(out))


def wait_until(process, out, files):
    """Until so many files are there; whether the process still runs."""
    while process.poll() is None and files_in(out) < files:
        time.sleep(0.001)
    return process.poll() is None


def test_killed_at_20_random_moments_and_resumed_it_writes_the_same_files(export, undisturbed, tmp_path):
    dice = random.Random(SEED)  # noqa: S311 - the same moments on every run
    moments = [(dice.randint(1, 4), dice.uniform(0, 0.03), dice.random() < A_WORKER) for _ in range(MOMENTS)]
    killed = []
    for files, seconds, a_worker in moments:
        process = looking_back(export, tmp_path / "out", "--resume")
        if not wait_until(process, tmp_path / "out", files_in(tmp_path / "out") + files):
            ended(process)
            continue
        time.sleep(seconds)
        workers = psutil.Process(process.pid).children()
        victim = dice.choice(workers) if a_worker and workers else process
        os.kill(victim.pid, signal.SIGKILL)
        code, why = ended(process)
        assert victim is process or code == 0 or why.startswith("A process of the look-back was ended from outside")
        killed.append(("a worker" if victim is not process else "all", files_in(tmp_path / "out")))
    print(f"seed {SEED}, killed with so many files:", killed)  # noqa: T201 - shown where the test fails
    assert len(killed) > MOMENTS // 2
    assert {"all", "a worker"} == {whom for whom, _ in killed}
    assert (0, "") == ended(looking_back(export, tmp_path / "out", "--resume"))
    assert undisturbed == written(tmp_path / "out")


@pytest.mark.parametrize(
    ("stop", "times"), [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGTERM, 1)], ids=["Ctrl-C", "twice", "SIGTERM"]
)
def test_stopped_by_a_person_or_the_system_it_says_how_to_go_on(export, undisturbed, tmp_path, stop, times):
    process = looking_back(export, tmp_path / "out")
    assert wait_until(process, tmp_path / "out", 4)
    workers = psutil.Process(process.pid).children()
    for _ in range(times):
        os.killpg(process.pid, stop) if stop is signal.SIGINT else process.send_signal(stop)
        time.sleep(0.02)
    assert (1, STOPPED) == ended(process)
    assert [] == psutil.wait_procs(workers, timeout=10)[1]
    assert (0, "") == ended(looking_back(export, tmp_path / "out", "--resume"))
    assert undisturbed == written(tmp_path / "out")
