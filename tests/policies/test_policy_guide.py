"""The guide for those who own a policy: its files are written, its commands run, its outputs compared."""

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from cds_service.cli import main

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


def test_the_guide_works_as_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CDS_POLICY_DIRS", raising=False)
    ran = []
    for kind, text in FENCE.findall(GUIDE.read_text(encoding="utf-8")):
        if kind == "yaml":
            Path(text.partition("\n")[0].removeprefix("# ")).write_text(text, encoding="utf-8")
            continue
        for (program, *words), shown in commands(text):
            if program == "export":
                monkeypatch.setenv(*words[0].split("="))
                continue
            assert "cds-service" == program
            done = CliRunner().invoke(main, words)
            assert re.fullmatch(pattern(shown), done.output, re.DOTALL), f"{words}\n{done.output}"
            assert shown.startswith("Error: ") == bool(done.exit_code)
            ran.append(words[1])
    assert ["new", "check", "check", "test", "show", "diff", "explain"] == ran
