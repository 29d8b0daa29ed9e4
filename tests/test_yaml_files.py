"""The one reader of YAML: what it refuses, in which words, and that nobody reads YAML beside it."""

import ast
from pathlib import Path

import pytest

from cds_service.yaml_files import YamlError, YamlFile

ROOT = Path(__file__).resolve().parents[1]
WRITERS = {"notation.py", "layer.py", "story_yaml.py"}

REFUSED = {
    "a key twice": ("a: 1\nb: 2\na: 3", "x.yaml:3: a: duplicate key; write it once, with all that belongs to it"),
    "a key twice within": ("a: {b: 1, b: 2}", "x.yaml:1: b: duplicate key; write it once, with all that belongs to it"),
    "a tab": ("a:\n\tb: 1", "x.yaml:2: b: a tab; indent with spaces"),
    "not closed": ("a: 1\nb: [1", "x.yaml:2: b: not readable as YAML: expected ',' or ']', but got '<stream end>'"),
    "no date": ("a: 1\nfrom: 2026-02-30", "x.yaml:2: 2026-02-30 is no date; write it like 2026-01-31"),
    "a tag": (
        "a: !secret b",
        "x.yaml:1: a: not readable as YAML: could not determine a constructor for the tag '!secret'",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("reading", ["content", "documents"])
def test_what_is_no_strict_yaml_is_refused_with_file_line_and_key(text, message, reading):
    with pytest.raises(YamlError) as refused:
        getattr(YamlFile("x.yaml", text), reading)

    assert message == str(refused.value)


def test_a_second_document_is_refused_where_there_is_to_be_only_one():
    file = YamlFile("x.yaml", "a: 1\n---\na: 2")

    assert [{"a": 1}, {"a": 2}] == file.documents
    with pytest.raises(YamlError, match=r"x\.yaml:2: not readable as YAML"):
        _ = file.content


def test_empty_documents_say_nothing():
    assert [{"a": 1}] == YamlFile("x.yaml", "---\n---\na: 1\n---\n").documents
    assert YamlFile("x.yaml", "# nothing").content is None


def test_a_message_never_holds_a_value_of_the_file():
    for text in ("key: hidden\nkey: hidden too", "a: [hidden", "key: 'hidden", "? [hidden]: x : y"):
        with pytest.raises(YamlError) as refused:
            _ = YamlFile("x.yaml", text).content
        assert "hidden" not in str(refused.value)


def test_the_place_of_a_value_is_its_line_and_its_keys():
    file = YamlFile("x.yaml", "values:\n  rows:\n  - from: 1\n  - from: 2\n")

    assert ["x.yaml:4: values.rows[1].from", "x.yaml:2: values.rows[7]", "x.yaml:1: (whole file)"] == file.places(
        ("values", "rows", 1, "from"), ("values", "rows", 7), ()
    )


def test_a_file_is_called_by_its_path_unless_it_is_named(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"a: \xff")

    with pytest.raises(YamlError, match=r"x\.yaml: the file is not UTF-8 text; save it as UTF-8") as refused:
        YamlFile.read(tmp_path / "x.yaml")
    assert str(refused.value).startswith(f"{tmp_path}/x.yaml: ")
    with pytest.raises(YamlError, match=r"^clients: the file cannot be read: No such file or directory; let"):
        YamlFile.read(tmp_path / "gone.yaml", "clients")


def test_nobody_reads_yaml_beside_it():
    for path in [*ROOT.glob("cds_service/**/*.py"), *ROOT.glob("cards/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        imported = {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
        }
        assert "ruamel" not in imported or path.name in {"yaml_files.py", *WRITERS}, path
