"""The files a stranger looks for first: the license as it is published, how to contribute, how to report a hole."""

import re
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APACHE = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""Of https://www.apache.org/licenses/LICENSE-2.0.txt."""


def test_the_license_is_apache_2_in_full_and_travels_with_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert APACHE == sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert ("Apache-2.0", ["LICENSE"]) == (project["license"], project["license-files"])
    assert "LICENSE" in (ROOT / "Dockerfile").read_text()
    assert "!LICENSE" in (ROOT / ".dockerignore").read_text()


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_links_of_the_project_files_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text())

    assert links
    assert [] == [link for link in links if not (ROOT / link).exists()]


def test_the_commands_of_contributing_are_those_of_readme_and_ci():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    install = next(line for line in text.splitlines() if line.startswith("python3 -m venv"))

    assert f"{install} && .venv/bin/pytest -q" in (ROOT / "README.md").read_text()
    assert (ROOT / ".ci" / "run").is_file()
    for command in ("ruff check .", "ruff format --check .", "mypy"):
        assert command in text
        assert command in (ROOT / ".ci" / "run").read_text()
