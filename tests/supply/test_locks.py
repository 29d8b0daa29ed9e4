import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.supply.locks import ROOT, normal, pins

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPENDENCIES = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
BUILD = PROJECT["build-system"]["requires"]
GROUPS = PROJECT["dependency-groups"]
EDITABLE = [line for line in GROUPS["editable"] if isinstance(line, str)]
RUN = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
AUDIT = ROOT / "requirements-audit.lock"


@pytest.mark.parametrize("lock", sorted(ROOT.glob("*.lock")), ids=lambda lock: lock.name)
def test_a_lock_has_versions_and_hashes_and_nothing_else(lock):
    names = [pin.name for pin in pins(lock)]
    assert len(names) == len(set(names))
    assert not re.search(r"https?:|--index|--find-links|--extra", lock.read_text())


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        (RUN, [*DEPENDENCIES, *BUILD]),
        (DEVELOPMENT, [*DEPENDENCIES, *EXTRAS["dev"], *BUILD, *EDITABLE]),
        (AUDIT, GROUPS["audit"]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_lock_fits_what_the_project_asks_for(lock, asked):
    versions = {pin.name: pin.version for pin in pins(lock)}
    for requirement in map(Requirement, asked):
        assert versions[normal(requirement.name)] in requirement.specifier, f"{requirement}: run .ci/lock"


def test_the_build_backend_is_locked_as_the_build_asks_for_it():
    assert BUILD == GROUPS["build"]
    assert {"include-group": "build"} in GROUPS["editable"]


def test_what_runs_is_what_is_tested():
    tested = {(pin.name, pin.version): pin.hashes for pin in pins(DEVELOPMENT)}
    assert {} == {pin.name: pin.version for pin in pins(RUN) if tested.get((pin.name, pin.version)) != pin.hashes}


def test_what_runs_brings_no_tools_for_tests():
    development = {normal(Requirement(line).name) for line in EXTRAS["dev"]}
    needed = {"markdown-it-py"}  # rich prints with it
    assert set() == (development - needed) & {pin.name for pin in pins(RUN)}


def test_the_commands_of_the_pages_install_from_locks_only():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md"), ROOT / "Dockerfile"]
    commands = [
        command.strip()
        for page in pages
        for line in page.read_text().splitlines()
        for command in re.split(r"&&|`", line)
        if re.search(r"\bpip install\b", command)
    ]
    assert commands
    for command in commands:
        from_lock = re.search(r" -r requirements(-dev|-audit)?\.lock$", command)
        the_project_alone = re.search(r" --no-deps --no-build-isolation (-e )?\.$", command)
        assert from_lock or the_project_alone, command


@pytest.mark.parametrize(
    "line",
    [
        "flask==3.1.3\n",
        "flask>=3 \\\n    --hash=sha256:" + "0" * 64 + "\n",
        "flask==3.1.3 \\\n    --hash=sha256:" + "0" * 63 + "\n",
        "flask==3.1.3 \\\n    --hash=md5:" + "0" * 64 + "\n",
        "flask @ https://example.org/flask.whl \\\n    --hash=sha256:" + "0" * 64 + "\n",
        "--index-url https://example.org\n",
    ],
)
def test_anything_else_in_a_lock_is_told(tmp_path, line):
    lock = tmp_path / "bad.lock"
    lock.write_text(pins(RUN)[0].text + line)
    with pytest.raises(ValueError, match=r"bad\.lock, line \d+: no package"):
        pins(lock)
