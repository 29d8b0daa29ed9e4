"""``policies new``: what it writes is right as it stands, and never takes the place of something else."""

import pytest

from cds_service.cli.policies.start import CLASSES
from cds_service.policies.parameters import PARAMETERS


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--payer", "Fable: Insurance & Co"),
        ("--state", "US-IA"),
        ("--payer", "Fable", "--class", "workers-compensation", "--state", "US-TX"),
        *(("--class", payer_class) for payer_class in CLASSES),
    ],
    ids=" ".join,
)
def test_what_is_written_passes_check_and_test(run, tmp_path, options):
    assert 0 == run("new", "fable", "--out", tmp_path, *options).exit_code
    for command in ("check", "test"):
        done = run(command, tmp_path)
        assert 0 == done.exit_code, done.output


def test_the_file_lists_every_parameter_with_its_choices(run, tmp_path):
    run("new", "fable", "--out", tmp_path)
    text = (tmp_path / "fable.yaml").read_text()
    assert all(f"# {name}: " in text for name in PARAMETERS)
    assert "choice: always, after-max-weeks, after-visits-or-days, outside-guidelines, never" in text


def test_what_it_writes_decides_nothing_yet(run, tmp_path):
    run("new", "fable", "--out", tmp_path, "--payer", "Fable")
    assert "1 value: 1 unverified" in run("check", tmp_path).output


def test_a_second_policy_joins_the_folder(run, tmp_path):
    run("new", "fable", "--out", tmp_path, "--payer", "Fable")
    assert 0 == run("new", "saga", "--out", tmp_path, "--payer", "Saga").exit_code
    assert "2 stories: 2 passed, 0 failed" in run("test", tmp_path).output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("Fable Insurance",), "is no policy id: use small letters, digits and hyphens"),
        (("fable", "--state", "Ohio"), "Ohio is no state: write it like US-TX"),
        (("us-tx-dwc",), "the id us-tx-dwc is already that of "),
        (("fable", "--class", "workers"), "Invalid value for '--class'"),
    ],
)
def test_a_wrong_name_is_refused_and_nothing_written(run, tmp_path, words, why):
    done = run("new", *words, "--out", tmp_path)
    assert done.exit_code
    assert why in done.output
    assert [] == list(tmp_path.iterdir())


def test_what_is_there_is_not_overwritten(run, site):
    before = (site / "site-fable.yaml").read_text()
    done = run("new", "site-fable", "--out", site)
    assert 1 == done.exit_code
    assert "is already there" in done.output
    assert before == (site / "site-fable.yaml").read_text()
