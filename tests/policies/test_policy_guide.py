"""The guide for those who own a policy: its files are written, its commands run, its outputs compared."""

import re
import shlex
import sys
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from cds_service.app.assembly import load_policies
from cds_service.app.settings import load_settings
from cds_service.cli.main import main
from cds_service.web.application import create_app
from cds_service.yaml_files import YamlFile

GUIDE = Path(__file__).parents[2] / "docs" / "policies.md"
FENCE = re.compile(r"^```(yaml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANYTHING = "…"


def commands(console):
    """Each command of a console with the output shown below it."""
    for part in console.split("$ ")[1:]:
        command, _, output = part.partition("\n")
        yield shlex.split(command), output


def pattern(output):
    """The output shown, in which an ellipsis stands for anything."""
    return ".*".join(map(re.escape, output.split(ANYTHING)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the reader is: an empty folder, nothing set, the environment of the program active."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("CDS_POLICY_DIRS", raising=False)
    return tmp_path


@pytest.fixture
def followed(folder, monkeypatch):
    """The commands of the guide, carried out in its order; each file stands as the guide has it at that point."""
    assert [] == list(folder.iterdir())
    ran = []
    for kind, text in FENCE.findall(GUIDE.read_text(encoding="utf-8")):
        if kind == "yaml":
            path_of(text).write_text(text, encoding="utf-8")
            continue
        for (program, *words), shown in commands(text):
            if program == "export":
                monkeypatch.setenv(*words[0].split("="))
                continue
            assert "cds-service" == program
            done = CliRunner().invoke(main, words)
            assert re.fullmatch(pattern(shown), done.output, re.DOTALL), f"{words}\n{done.output}"
            assert ("Error: " in shown or "\nfailed  " in shown) == bool(done.exit_code)
            ran.append(words[1])
    return ran


def path_of(text):
    """The file of a block of YAML, named by its first line."""
    return Path(text.partition("\n")[0].removeprefix("# "))


def test_the_guide_works_as_written(followed):
    assert ["new", "check", "check", "test", "test", "show", "diff", "explain"] == followed


@pytest.mark.usefixtures("followed")
def test_the_pages_it_names_are_there_and_know_the_policy():
    settings = load_settings()
    pages = re.findall(rf"<{re.escape(settings.public_url)}(/.*?)>", GUIDE.read_text(encoding="utf-8"))
    assert 3 == len(pages)
    client = create_app(settings, policies=load_policies(settings)).test_client()
    for page in pages:
        shown = client.get(page, headers={"Accept": "text/html"})
        assert 200 == shown.status_code
        assert "prairie-mutual" in shown.text, page


@pytest.mark.usefixtures("followed")
def test_an_editor_with_the_schema_marks_the_mistake_and_only_that():
    blocks = [text for kind, text in FENCE.findall(GUIDE.read_text(encoding="utf-8")) if "yaml" == kind]
    policies = [text for text in blocks if "prairie-mutual.yaml" == path_of(text).name and "\npolicy: " in text]
    named = {re.search(r"yaml-language-server: \$schema=(\S+)", text)[1] for text in policies}
    schema = path_of(policies[0]).parent / named.pop()
    editor = Draft202012Validator(orjson.loads(schema.read_bytes()))
    marked = [
        ["/".join(map(str, problem.absolute_path)) for problem in editor.iter_errors(as_json(text))]
        for text in policies
    ]
    assert [["values/authorization.required/1/value"], []] == marked
    assert not named


def as_json(text):
    return orjson.loads(orjson.dumps(YamlFile("guide", text).content))
