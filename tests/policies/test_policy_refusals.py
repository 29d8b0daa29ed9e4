"""Each bad file is refused at load, with file, line and key, with what is wrong and what to do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cds_service.policies.files.document import DEEPEST, PolicyError, json_of, parse
from cds_service.policies.files.loader import load_file, load_folder
from cds_service.policies.stack import PolicyStack

BAD = Path(__file__).parent / "bad"
NOBODY = 65534
INTERVAL = "values.reassessment.interval_days"

REFUSALS = {
    "duplicate-key": (":10: reassessment.interval_days: ", "duplicate key; write it once"),
    "tab": (":7: value: ", "a tab; indent with spaces"),
    "tab-in-a-value": (":7: value: ", "a tab; indent with spaces"),
    "unknown-key": (f":7: {INTERVAL}[0].untill: ", "unknown key; did you mean until?"),
    "unknown-key-of-a-value": (":7: values.edits.mue[0].value.97545.clinic: ", "unknown key; take it out"),
    "edit-of-no-setting": (":7: values.edits.mue[0].value.97545: ", "give the units of practitioner, hospital or both"),
    "unknown-parameter": (":5: values.reassessment.interval_day: ", "did you mean reassessment.interval_days?"),
    "far-from-any-parameter": (
        ":5: values.fees: ",
        "unknown parameter; cds_service/policies/parameters.py has all names",
    ),
    "undated-value": (f":6: {INTERVAL}[0].from: ", "undated value: `from` is missing; write the first day"),
    "undated-by-nothing": (f":6: {INTERVAL}[0].from: ", "undated value: `from` is missing; write the first day"),
    "not-a-date": (f":6: {INTERVAL}[0].from: ", 'not "January 2020"; write it like 2026-01-31'),
    "uncited-value": (f":6: {INTERVAL}[0].source: ", "uncited value: `source` is missing; write what was read"),
    "uncited-by-nothing": (f":8: {INTERVAL}[0].source: ", "uncited value: `source` is missing; write what was read"),
    "source-without-day": (f":8: {INTERVAL}[0].source.retrieved: ", "uncited value: the day the source was read is"),
    "source-without-title": (f":8: {INTERVAL}[0].source.title: ", "the citation has no title; name the document"),
    "source-with-empty-title": (f":8: {INTERVAL}[0].source.title: ", "the citation has no title; name the document"),
    "source-with-bad-link": (f":8: {INTERVAL}[0].source.href: ", "an address that starts with https:// or http://"),
    "number-for-text": (f":8: {INTERVAL}[0].source.paragraph: ", "valid string, not 4.2; put it in quotes"),
    "overlapping-dates": (f":11: {INTERVAL}[1].from: ", "overlapping dates: the value from 2020-01-01 is in force on"),
    "same-start": (f":10: {INTERVAL}[1].from: ", "in force on 2020-01-01 too; end it before, or take one out"),
    "ends-before-start": (f":7: {INTERVAL}[0].until: ", "before it starts on 2020-01-01; correct one"),
    "wrong-type": (
        f":7: {INTERVAL}[0].value: ",
        'valid integer, not "7"; take off the quotes; the parameter takes: days',
    ),
    "wrong-choice": (":7: values.edits.apply[0].value: ", "'off', 'warn' or 'enforce', not \"always\""),
    "wrong-shape": (":7: values.documentation.required[0].value[1]: ", "takes: list of element ids D-1 to D-20"),
    "unquoted-code": (":7: values.units.daily_maximum[0].value.97546: ", "put code numbers in quotes"),
    "no-value": (f":6: {INTERVAL}[0].value: ", "the value is missing; write it"),
    "no-confidence": (f":6: {INTERVAL}[0].confidence: ", "the confidence is missing; write verified"),
    "not-yaml": (":5: ", "not readable as YAML"),
    "empty-file": (":1: (whole file): ", "should be an object; begin with the keys policy, title, status and values"),
    "not-utf-8": (": ", "not UTF-8 text; save it as UTF-8"),
    "missing-id": (":1: policy: ", "the policy id is missing; it is the name of the file"),
    "other-name": (":1: policy: ", "has to be named some-other-id.yaml"),
    "unknown-payer-class": (":4: match.payer_class: ", "'workers-compensation'"),
    "bad-jurisdiction": (":4: match.jurisdiction: ", "write it like US-TX"),
    "minimum-above-full": (
        ": values.time.first_unit_minimum_minutes: ",
        "61 minutes (minimum-above-full) is above the full 60 (minimum-above-full); correct one of them",
    ),
    "additional-above-an-hour": (":7: values.time.additional_unit_minimum_minutes[0].value: ", "60"),
    "additional-below-a-minute": (":7: values.time.additional_unit_minimum_minutes[0].value: ", "1"),
    "range-upside-down": (":7: values.program.hours_per_day[0].value.hardening: ", "minimum is above maximum"),
    "no-such-month": (":6: ", "2025-13-01 is no date; write it like 2026-01-31"),
    "number-beyond-use": (f":7: {INTERVAL}[0].value: ", "a number as large as this means nothing here"),
    "endless-number": (
        ":7: values.program.hours_per_day[0].value.hardening.maximum: ",
        "means nothing here; correct it",
    ),
    "payer-without-a-letter": (":3: match.payer: ", "a name of the payer needs a letter or digit"),
    "too-many-weeks": (":7: values.program.max_weeks[0].value.conditioning: ", "correct the number"),
    "too-many-days": (":7: values.evaluation.baseline_within_days[0].value: ", "9999"),
    "too-many-months": (":7: values.entry.months_since_injury[0].value.maximum: ", "1200"),
    "part-of-a-month": (":7: values.entry.months_since_injury[0].value.minimum: ", "write a whole number"),
    "pair-with-itself": (":7: values.edits.pairs[0].value: ", "97545 is paired with itself"),
    "range-below-zero": (":7: values.program.hours_per_day[0].value.hardening: ", "a bound is negative"),
    "months-upside-down": (":7: values.entry.months_since_injury[0].value: ", "minimum is above maximum"),
    "request-of-nothing": (":7: values.authorization.request[0].value: ", "give at least one of form, days, extension"),
    "set-of-texts": (":1: (whole file): ", "neither text, number, date, list nor table"),
    "whole-names-alone": (":3: match: ", "payer_exactly stands beside payer; put the names there"),
    "pair-twice": (":7: values.edits.pairs[0].value: ", "97545, 97140 stands twice"),
    "contains-itself": (f":7: {INTERVAL}[0].value", "contain itself"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_bad_policy_file_is_refused_with_file_and_key(name: str):
    place, problem = REFUSALS[name]
    with pytest.raises(PolicyError) as refusal:
        load_file(BAD / f"{name}.yaml")
    message = str(refusal.value)
    assert message.startswith(f"{BAD / name}.yaml{place}"), message
    assert problem in message
    assert 1 == len(message.splitlines())


def test_a_file_nested_deeper_than_any_policy_is_refused(tmp_path: Path):
    deepest, deeper = tmp_path / "deepest.yaml", tmp_path / "deeper.yaml"
    deepest.write_text(DEEPEST * "[" + "x" + DEEPEST * "]")
    deeper.write_text((DEEPEST + 1) * "[" + "x" + (DEEPEST + 1) * "]")
    document, data = parse(deepest)
    assert b"x" in json_of(document, (), data)
    document, data = parse(deeper)
    with pytest.raises(PolicyError, match="nested too deep"):
        json_of(document, (), data)


def test_one_name_without_a_letter_among_good_ones_is_refused(tmp_path: Path):
    (tmp_path / "named.yaml").write_text(
        "policy: named\ntitle: N\nmatch: {payer: [Prairie, '-']}\nstatus: partial\nvalues: {}\n"
    )
    with pytest.raises(PolicyError, match="a name of the payer needs a letter or digit"):
        load_file(tmp_path / "named.yaml")


def test_every_bad_file_has_its_test():
    assert set(REFUSALS) == {path.stem for path in BAD.glob("*.yaml")}


def test_one_policy_id_in_two_files_is_refused_with_both_files():
    with pytest.raises(PolicyError) as refusal:
        PolicyStack.load([BAD / "twice"])
    message = str(refusal.value)
    assert str(BAD / "twice" / "us-ncci.yaml") in message
    assert str(Path("data") / "us-ncci.yaml") in message
    assert ": policy: " in message


def test_a_site_block_shorter_than_the_minimum_it_inherits_is_refused():
    with pytest.raises(PolicyError, match=r"site-short-block\.yaml: values\.time\.first_unit_full_minutes: .*91"):
        PolicyStack.load([BAD / "above-generic"])


def test_all_problems_of_a_file_are_named_at_once(tmp_path: Path):
    (tmp_path / "two.yaml").write_text("policy: two\ntitle: Two\nstatus: partial\nvalue: 1\nvalues: []\n")
    with pytest.raises(PolicyError) as refusal:
        load_file(tmp_path / "two.yaml")
    assert 2 == len(str(refusal.value).splitlines())


def test_an_empty_site_folder_is_refused(tmp_path: Path):
    with pytest.raises(PolicyError, match=r"has no \.yaml file; put one in, or take the folder out of CDS_POLICY_DIRS"):
        PolicyStack.load([tmp_path])


def test_a_missing_site_folder_is_refused(tmp_path: Path):
    with pytest.raises(PolicyError, match="nowhere: there is no such policy folder; make it, or correct CDS_POLICY_DI"):
        PolicyStack.load([tmp_path / "nowhere"])


def test_a_file_in_the_place_of_a_site_folder_is_refused(tmp_path: Path):
    (tmp_path / "site.yaml").write_text("policy: site\n")
    with pytest.raises(
        PolicyError, match=r"site\.yaml: not a folder; name the folder that holds it in CDS_POLICY_DIRS"
    ):
        PolicyStack.load([tmp_path / "site.yaml"])


def test_a_folder_named_like_a_file_is_refused(tmp_path: Path):
    (tmp_path / "odd.yaml").mkdir()
    with pytest.raises(PolicyError, match=r"odd\.yaml: the file cannot be read"):
        load_folder(tmp_path, 1)


@contextmanager
def as_somebody_else() -> Iterator[Path]:
    """A folder, and for its time no right to read all that is in it: the superuser has to become somebody else."""
    us = os.geteuid()
    with TemporaryDirectory() as folder:
        if us == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(us)


def test_a_site_folder_that_may_not_be_read_is_refused():
    with as_somebody_else() as folder:
        (folder / "site").mkdir(mode=0o000)
        with pytest.raises(
            PolicyError, match=r"site: the policy folder cannot be read: .*; let the user that runs the s"
        ):
            PolicyStack.load([folder / "site"])
        (folder / "site").chmod(0o700)


@pytest.mark.parametrize("of", ["file", "folder"])
def test_a_file_that_may_not_be_read_is_refused(of: str):
    with as_somebody_else() as folder:
        locked = folder / "site.yaml"
        locked.write_text("policy: site\n")
        (locked if of == "file" else folder).chmod(0o000 if of == "file" else 0o600)
        with pytest.raises(
            PolicyError, match=r"site\.yaml: the file cannot be read: Permission denied; let the user th"
        ):
            PolicyStack.load([folder])
        folder.chmod(0o700)
