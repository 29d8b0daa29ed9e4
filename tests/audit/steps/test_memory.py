"""A process of a look-back stays within its bound of memory, also where one patient has far too much."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.audit.steps.exported import exported

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in kilobytes on Linux alone"),
]

MOST_MEGABYTES = 300
"""What docs/lookback.md promises for a process."""
LINES = 16_000
SIZE_OF_LINE = 10_000
MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(done.returncode)
"""


def test_one_patient_with_far_too_much_is_set_aside_within_the_bound_of_memory(tmp_path):
    export = exported(tmp_path / "bulk", 3)
    patient = json.loads((export / "Patient.ndjson").read_text().splitlines()[0])["id"]
    note = {"resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{patient}"}}
    filler = "x" * (SIZE_OF_LINE - 150)
    with (export / "big.ndjson").open("w") as file:
        for number in range(LINES):
            file.write(json.dumps(note | {"id": f"o{number}", "valueString": filler}) + "\n")
    command = [sys.executable, "-m", "cds_service.cli", "audit", str(export), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command, "--processes", "2"], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) < MOST_MEGABYTES
    with closing(sqlite3.connect(tmp_path / "out" / "results.sqlite")) as results:
        aside = dict(results.execute("SELECT set_aside, count(*) FROM patients GROUP BY set_aside"))
    assert aside.pop("") == 2
    ((why, number),) = aside.items()
    assert number == 1
    assert "up to 20,000 resources and 48 MiB are looked at" in why
