"""``audit --sample``: an invented population, looked back over; and what the command refuses."""

import csv
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main


def audit(*words):
    return CliRunner().invoke(main, ["audit", *map(str, words)])


@pytest.mark.slow
def test_the_sample_finds_as_many_errors_as_were_planted(tmp_path):
    done = audit("--sample", "--out", tmp_path)
    assert 0 == done.exit_code, done.output
    with (tmp_path / "sample-export" / "planted.csv").open(newline="") as file:
        planted = Counter(row["error"] for row in csv.DictReader(file))
    with closing(sqlite3.connect(tmp_path / "results.sqlite")) as results:
        found = dict(results.execute("SELECT verdict, count(*) FROM visits GROUP BY verdict"))
        (lapsed,) = results.execute("SELECT count(*) FROM programs WHERE approval_lapsed <> ''").fetchone()
    assert planted["an hour too few billed"] == found["under-coded"]
    assert planted["an hour too many billed"] == found["over-coded"]
    assert planted["not billed"] == found["not billed"]
    assert planted["a modifier left out"] == found["wrong code or modifier"]
    assert planted["treated after the approval had ended"] == lapsed
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "All clinics, people and payers of this report are invented" in text
    assert "sample-0" not in text
    assert (tmp_path / "csv" / "visits.csv").is_file()
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("words", [(), ("--sample", ".")])
def test_a_folder_or_the_sample_is_asked_for(tmp_path, words):
    done = audit(*words, "--out", tmp_path)
    assert 2 == done.exit_code
    assert "name the input to look back over, or --sample" in done.output


def test_parquet_without_its_package_is_refused_before_the_work(tmp_path):
    without = "import sys; sys.modules['pyarrow'] = None; from cds_service.cli.main import main; main()"
    command = [sys.executable, "-c", without, "audit", "--sample", "--parquet", "--out", str(tmp_path / "report")]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 1 == refused.returncode
    assert "Parquet files need the package pyarrow, which is not installed." in refused.stderr
    assert "pip install 'work-rehab-cds[parquet]'" in refused.stderr
    assert not (tmp_path / "report").exists()
