"""Each bad file is refused at load, with file and key in the message."""

from pathlib import Path

import pytest

from cds_service.policies.loader import PolicyError, load_file, load_folder
from cds_service.policies.stack import PolicyStack

BAD = Path(__file__).parent / "bad"
INTERVAL = "values.reassessment.interval_days"

REFUSALS = {
    "duplicate-key": (":10: reassessment.interval_days: ", "duplicate key"),
    "unknown-key": (f":7: {INTERVAL}[0].untill: ", "unknown key"),
    "unknown-key-of-a-value": (":7: values.edits.mue[0].value.97545.clinic: ", "unknown key"),
    "edit-of-no-setting": (":7: values.edits.mue[0].value.97545: ", "give the units of practitioner, hospital or both"),
    "unknown-parameter": (":5: values.reassessment.interval_day: ", "did you mean reassessment.interval_days?"),
    "undated-value": (f":6: {INTERVAL}[0].from: ", "undated value"),
    "uncited-value": (f":6: {INTERVAL}[0].source: ", "uncited value"),
    "source-without-day": (f":8: {INTERVAL}[0].source.retrieved: ", "uncited value"),
    "overlapping-dates": (f":11: {INTERVAL}[1].from: ", "overlapping dates"),
    "same-start": (f":10: {INTERVAL}[1].from: ", "overlapping dates"),
    "ends-before-start": (f":7: {INTERVAL}[0].until: ", "before it starts"),
    "wrong-type": (f":7: {INTERVAL}[0].value: ", "valid integer"),
    "wrong-choice": (":7: values.edits.apply[0].value: ", "'off', 'warn' or 'enforce'"),
    "wrong-shape": (":7: values.documentation.required[0].value[1]: ", "pattern"),
    "unquoted-code": (":7: values.units.daily_maximum[0].value.97546: ", "put code numbers in quotes"),
    "no-value": (f":6: {INTERVAL}[0].value: ", "missing"),
    "no-confidence": (f":6: {INTERVAL}[0].confidence: ", "missing"),
    "not-yaml": (":5: ", "not readable as YAML"),
    "empty-file": (":1: (whole file): ", "object"),
    "not-utf-8": (": ", "not UTF-8"),
    "missing-id": (":1: policy: ", "the policy id is missing"),
    "other-name": (":1: policy: ", "has to be named some-other-id.yaml"),
    "unknown-payer-class": (":4: match.payer_class: ", "'workers-compensation'"),
    "bad-jurisdiction": (":4: match.jurisdiction: ", "pattern"),
    "minimum-above-full": (": values.time.first_unit_minimum_minutes: ", "61 minutes"),
    "additional-above-an-hour": (":7: values.time.additional_unit_minimum_minutes[0].value: ", "60"),
    "additional-below-a-minute": (":7: values.time.additional_unit_minimum_minutes[0].value: ", "1"),
    "range-upside-down": (":7: values.program.hours_per_day[0].value.hardening: ", "minimum is above maximum"),
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
    with pytest.raises(PolicyError, match=r"has no \.yaml file"):
        PolicyStack.load([tmp_path])


def test_a_missing_site_folder_is_refused(tmp_path: Path):
    with pytest.raises(PolicyError, match="nowhere: the policy folder cannot be read"):
        load_folder(tmp_path / "nowhere", 1)


def test_a_folder_named_like_a_file_is_refused(tmp_path: Path):
    (tmp_path / "odd.yaml").mkdir()
    with pytest.raises(PolicyError, match=r"odd\.yaml: the file cannot be read"):
        load_folder(tmp_path, 1)
