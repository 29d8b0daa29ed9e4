"""``invoke --timeline FILE.svg``: the picture of the program, or a word why there is none."""

import json
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.stories import load


@pytest.fixture
def invoke():
    return lambda *words: CliRunner().invoke(main, ["invoke", *map(str, words)])


def test_the_program_of_a_story_is_drawn(invoke, tmp_path):
    file = tmp_path / "program.svg"
    done = invoke("--story", "texas-hardening-pt-pta", "--timeline", file)
    assert 0 == done.exit_code
    assert "Timeline written to" in done.stderr
    assert "60 of 96 hours" in file.read_text(encoding="utf-8")
    ET.parse(file)  # noqa: S314 - our own picture


def test_the_program_of_a_saved_request_is_drawn(invoke, tmp_path):
    request, file = tmp_path / "request.json", tmp_path / "program.svg"
    request.write_text(json.dumps(load("medicare", date.today()).request("patient-view")))  # noqa: DTZ011 - the local day
    done = invoke("--file", request, "--timeline", file)
    assert 0 == done.exit_code
    assert "7 visits so far" in file.read_text(encoding="utf-8")


def test_a_chart_without_a_program_is_said(invoke, tmp_path):
    file = tmp_path / "program.svg"
    done = invoke("--story", "order-without-code", "--timeline", file)
    assert 0 != done.exit_code
    assert "not written: the chart holds no work-rehab visit, and none is booked" in done.stderr.replace("\n", " ")
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_named(invoke, tmp_path):
    done = invoke("--story", "medicare", "--timeline", tmp_path / "nowhere" / "program.svg")
    assert 0 != done.exit_code
    assert "not written: No such file or directory" in done.stderr.replace("\n", " ")
