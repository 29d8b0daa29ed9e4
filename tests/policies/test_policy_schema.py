"""The schema for editors says of a file's structure what the loader says."""

from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from cds_service.policies.files.schema import policy_schema
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import BUNDLED_DATA
from cds_service.yaml_files import YamlFile

SCHEMA = policy_schema()
EDITOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
BAD = Path(__file__).parent / "bad"
FOR_THE_LOADER = {
    "edit-of-no-setting",
    "ends-before-start",
    "minimum-above-full",
    "months-upside-down",
    "other-name",
    "overlapping-dates",
    "pair-twice",
    "pair-with-itself",
    "payer-without-a-letter",
    "range-below-zero",
    "range-upside-down",
    "request-of-nothing",
    "same-start",
    "whole-names-alone",
}
"""What depends on other values or on the file's name, which no schema sees."""
NO_DOCUMENT = {
    "contains-itself",
    "duplicate-key",
    "endless-number",
    "no-such-month",
    "not-utf-8",
    "not-yaml",
    "number-beyond-use",
    "set-of-texts",
    "tab",
    "tab-in-a-value",
    "unquoted-code",
}
"""What is no JSON at all."""


def complaints(text: str) -> list[str]:
    document = orjson.loads(orjson.dumps(YamlFile("policy", text).content))
    return [problem.message for problem in EDITOR.iter_errors(document)]


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(BUNDLED_DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_bundled_policy_is_right_by_the_schema(path):
    assert [] == complaints(path.read_text())


def test_the_example_of_the_page_of_layers_is_right_by_the_schema():
    page = (Path(__file__).parents[2] / "docs" / "policy-layers.md").read_text(encoding="utf-8")
    assert [] == complaints(page.split("```yaml\n")[1].split("```")[0])


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_file_of_wrong_structure_is_wrong_by_the_schema(path):
    if path.stem not in NO_DOCUMENT:
        assert (path.stem in FOR_THE_LOADER) is ([] == complaints(path.read_text()))


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_editor_shows_meaning_and_unit_of_each_parameter(name):
    description = SCHEMA["properties"]["values"]["properties"][name]["description"]
    assert PARAMETERS[name].meaning in description
    assert PARAMETERS[name].unit in description


def test_an_editor_shows_what_each_key_means():
    tables = {"the file": SCHEMA, **{name: SCHEMA["$defs"][name] for name in ("_Match", "DatedValue", "_Source")}}
    unexplained = [
        f"{name}: {key}"
        for name, table in tables.items()
        for key, shape in table["properties"].items()
        if "description" not in shape
    ]
    assert [] == unexplained, "say what the key means below its line in the loader's model"


def test_a_misspelled_choice_is_seen_in_the_editor():
    text = (BUNDLED_DATA / "cigna.yaml").read_text()
    assert [] != complaints(text.replace("value: excluded", "value: excludet"))


def test_a_key_is_shown_by_its_own_name_and_no_title_made_of_it():
    assert "jurisdiction" in SCHEMA["$defs"]["_Match"]["properties"]
    assert not any("title" in key for table in SCHEMA["$defs"].values() for key in table.get("properties", {}).values())
