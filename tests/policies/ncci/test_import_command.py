"""A billing lead imports a quarter: what the command says, and what it then changes in the answers."""

import os
import subprocess
import sys
from datetime import date

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.policies.parameters import EDIT_MUE
from cds_service.policies.stack import PolicyStack
from cds_service.stories import build
from cds_service.stories.playing import play
from tests.policies.ncci import cms


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("CDS_POLICY_DIRS", raising=False)

    def run(*arguments, command="import-ncci", **environment):
        return CliRunner().invoke(main, ["policies", command, *map(str, arguments)], env=environment)

    return run


def test_the_summary_tells_what_was_read_written_and_changed_and_what_comes_next(run, tmp_path):
    site = tmp_path / "site"
    done = run("--yes", cms.mue_file(tmp_path), "--out", site)
    assert 0 == done.exit_code, done.output
    for words in (
        "Quarter beginning 2026-10-01",
        f"{cms.MUE_FILE}: practitioner MUE, 5 rows read, 3 kept",
        f"Written to {site / 'site-ncci.yaml'}: 3 unit ceilings (practitioner)",
        "97546 practitioner: 2 -> 3",
        "Not imported: hospital MUE table from 2026-10-01.",
        "No PTP table was given",
        f"cds-service policies check {site}",
    ):
        assert words in done.output


def test_part_of_a_table_is_refused_until_it_is_said_to_be_meant(run, tmp_path):
    done = run(cms.mue_file(tmp_path), "--out", tmp_path / "site")
    assert 1 == done.exit_code
    assert "has no ceiling for 18 of the 21 codes that have one now: 97112, 97116," in done.output
    assert "or add --yes if these codes are to have none" in done.output
    assert not (tmp_path / "site").exists()
    assert 0 == run("--yes", cms.mue_file(tmp_path), "--out", tmp_path / "site").exit_code


def test_a_few_rows_of_a_pair_table_are_refused_until_they_are_said_to_be_meant(run, tmp_path):
    part = (cms.ptp_file(tmp_path), "--quarter", "2026-10-01", "--out", tmp_path / "site")
    done = run(*part)
    assert 1 == done.exit_code
    assert (
        "The practitioner PTP table lacks 85 of the 86 code pairs that are edits now: 97113 with 97110, " in done.output
    )
    assert " and 73 more. Nothing was written. Give all parts of the table of CMS (f1, f2, ...) at once" in done.output
    assert not (tmp_path / "site").exists()
    done = run("--yes", *part)
    assert 0 == done.exit_code
    assert "no longer an edit" in done.output
    assert 0 == run(*part).exit_code


def test_what_was_written_passes_the_check(run, tmp_path):
    run("--yes", cms.mue_file(tmp_path), "--out", tmp_path / "site")
    assert "site-ncci" in run(tmp_path / "site", command="check").output


def test_the_first_folder_of_the_settings_is_the_default(run, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    done = run("--yes", cms.mue_file(tmp_path), CDS_POLICY_DIRS=f"{first},{second}")
    assert (first / "site-ncci.yaml").exists()
    assert "cds-service policies check, then send the service SIGHUP" in done.output


def test_without_any_folder_it_says_what_to_do(run, tmp_path):
    done = run("--yes", cms.mue_file(tmp_path))
    assert 1 == done.exit_code
    assert "name one with --out, or set CDS_POLICY_DIRS" in done.output


def test_the_same_import_again_changes_nothing(run, tmp_path):
    run("--yes", cms.mue_file(tmp_path), "--out", tmp_path / "site")
    assert "Nothing changed." in run("--yes", cms.mue_file(tmp_path), "--out", tmp_path / "site").output


def test_files_that_seem_to_be_of_an_earlier_quarter_are_asked_about(run, tmp_path):
    done = run("--yes", cms.ptp_file(tmp_path), "--out", tmp_path / "site", "--quarter", "2027-01-01")
    assert "The newest pair of these files is of 2026-10-01: are they the tables of this quarter?" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--quarter", "2026-10-02"], "no quarter begins on this day"),
        (["--quarter", "October"], "October is no date: write it like 2026-03-16"),
        (["--setting", "clinic"], "is not one of 'practitioner', 'hospital'"),
        (["--setting", "hospital"], "this is the practitioner table"),
    ],
)
def test_a_wrong_option_is_refused_and_nothing_written(run, tmp_path, arguments, words):
    done = run("--yes", cms.mue_file(tmp_path), "--out", tmp_path / "site", *arguments)
    assert 0 != done.exit_code
    assert words in done.output
    assert not (tmp_path / "site").exists()


def test_a_refused_file_ends_in_one_plain_error(run, tmp_path):
    done = run(cms.put(tmp_path, "any.csv", b""), "--out", tmp_path / "site", "--quarter", "2026-10-01")
    assert 1 == done.exit_code
    assert f"Error: {tmp_path / 'any.csv'}: the file is empty. Download the file again.\n" == done.output


def test_the_command_line_starts_without_reading_workbooks():
    code = "import sys, cds_service.cli; sys.exit('python_calamine' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode


def outcome_of_five_hours(day, site):
    """What the unit ceiling says of 97545 x1 and 97546 x3, and the layer of the ceilings on that date of service."""
    words = {"title": "Five hours", "visits": [{"day": "today", "from": "08:00", "minutes": 300}]}
    policies = PolicyStack.load([site])
    played = play(build(words, day), "encounter-discharge", policies)
    ceilings = policies.select(None, [], None, day).get(EDIT_MUE)
    assert ceilings is not None
    return played.rules["unit-ceiling"].outcome, ceilings.policy


def test_an_imported_quarter_changes_answers_only_for_dates_of_service_from_its_first_day(run, tmp_path):
    run("--yes", cms.mue_file(tmp_path), "--out", tmp_path / "site")
    assert ("fired", "us-ncci") == outcome_of_five_hours(date(2026, 9, 30), tmp_path / "site")
    assert ("quiet", "site-ncci") == outcome_of_five_hours(date(2026, 10, 1), tmp_path / "site")
