"""The same rows, byte by byte, however the work is cut, by whom it is done, and how often it was killed."""

import signal
import subprocess
import sys
import time

import fsspec
import psutil
import pytest

from cds_service.audit.steps.running import LookBackStep, forget
from cds_service.audit.steps.sizes import Sizes
from cds_service.audit.steps.work_folder import TEMPORARY, WorkFolder
from tests.audit.steps.exported import exported, looked, row_bytes

PATIENTS = 6


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return exported(tmp_path_factory.mktemp("export") / "bulk", PATIENTS)


@pytest.fixture(scope="module")
def rows(export, tmp_path_factory):
    """What a look-back without haste comes to."""
    return row_bytes(looked(export, tmp_path_factory.mktemp("work") / "w"))


def process(export, work, *options):
    command = [sys.executable, "-m", "tests.audit.steps.looking", str(export), str(work), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize(
    "sizes", [Sizes(), Sizes(block=50_000, segment=7_000, bucket=5_000, room=30_000)], ids=["usual", "tiny"]
)
def test_rows_do_not_depend_on_how_the_input_is_cut(export, rows, tmp_path, sizes):
    assert rows == row_bytes(looked(export, tmp_path / "w", sizes=sizes))


def test_several_processes_come_to_the_rows_of_one(export, rows, tmp_path):
    output, errors = process(export, tmp_path / "w", "2").communicate(timeout=60)
    assert b"" == errors
    assert rows == output


def test_what_is_done_is_not_done_again(export, rows, tmp_path):
    begun = []

    class Counting:
        def begin(self, step, total, done):
            begun.append((step, total == done))

        def advance(self, amount):
            begun.append(("advanced", amount))

    looked(export, tmp_path / "w")
    found = looked(export, tmp_path / "w", watching=Counting(), resume=True)
    assert rows == row_bytes(found)
    assert [(LookBackStep.SORTING, True), (LookBackStep.LOOKING_BACK, True)] == begun


def test_a_file_that_was_cut_or_a_mark_that_is_not_whole_is_made_again(export, rows, tmp_path):
    looked(export, tmp_path / "w")
    for pattern in ("sorted/*.lines", "parts/*.rows"):
        biggest = max((tmp_path / "w").glob(pattern), key=lambda file: file.stat().st_size)
        biggest.write_bytes(biggest.read_bytes()[:-1])
    for pattern in ("sorted/*.done", "parts/*.done"):
        next(iter((tmp_path / "w").glob(pattern))).write_bytes(b'{"key":')
    assert rows == row_bytes(looked(export, tmp_path / "w", resume=True))


def test_other_terms_are_another_look_back_at_the_same_lines(export, rows, tmp_path):
    looked(export, tmp_path / "w")
    lines = {file: file.stat().st_mtime_ns for file in (tmp_path / "w" / "sorted").iterdir()}
    named = looked(export, tmp_path / "w", resume=True, with_ids=True)
    assert rows != row_bytes(named)
    assert lines == {file: file.stat().st_mtime_ns for file in (tmp_path / "w" / "sorted").iterdir()}
    assert rows == row_bytes(looked(export, tmp_path / "w", resume=True))


def test_without_resume_it_begins_anew_and_touches_no_file_of_others(export, tmp_path):
    work = tmp_path / "w"
    looked(export, work)
    (work / "parts" / f"0123abcd.rows{TEMPORARY}17").write_bytes(b"half")
    (work / "notes.txt").write_text("mine")
    (work / "parts" / "notes.txt").write_text("mine, too")
    looked(export, work)
    left = {str(file.relative_to(work)) for file in work.rglob("*.txt")}
    assert {"notes.txt", "parts/notes.txt"} == left
    assert [] == [*work.rglob(f"*{TEMPORARY}*")]


@pytest.mark.slow
def test_no_process_outlives_one_that_was_killed(export, tmp_path):
    running = process(export, tmp_path / "w", "2")
    own = psutil.Process(running.pid)
    until = time.monotonic() + 20
    while len(own.children()) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    workers = own.children()
    running.send_signal(signal.SIGKILL)
    running.communicate()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert 2 == len(workers)
    assert [] == alive


def test_object_storage_between_the_steps_comes_to_the_rows_of_a_folder(export, rows):
    found = looked(export, "memory://shared/of-a-look-back")
    written = b"".join(fsspec.open(f"{found.work}/{part}", "rb").open().read() for part in found.parts)
    assert rows == written
    assert found.parts == looked(export, "memory://shared/of-a-look-back", resume=True).parts
    forget(found.work)
    assert {} == WorkFolder(found.work).kept()
