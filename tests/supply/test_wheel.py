"""The wheel is made of the sources alone: two builds are equal byte by byte, without tests and history."""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec

import pytest

from tests.supply.locks import ROOT

pytestmark = pytest.mark.skipif(
    find_spec("hatchling") is None, reason="hatchling, of requirements-dev.lock, is missing"
)


def build(folder, *, zone, umask, moment):
    """The wheel of a copy of the sources that lies elsewhere, with other times and rights of its files."""
    for name in ("cds_service", "cards"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "built"],
        cwd=folder,
        env={**os.environ, "TZ": zone, "PYTHONDONTWRITEBYTECODE": "1"},
        umask=umask,
        capture_output=True,
        timeout=120,
        check=True,
    )
    (wheel,) = (folder / "built").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second") / "deeper"
    second.mkdir()
    return (
        build(first, zone="UTC", umask=0o022, moment=1_600_000_000),
        build(second, zone="Pacific/Auckland", umask=0o077, moment=1_700_000_000),
    )


def test_two_builds_are_equal_byte_by_byte(wheels):
    first, second = wheels
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_wheel_has_the_program_and_neither_tests_nor_history(wheels):
    folders = {name.split("/")[0] for name in zipfile.ZipFile(wheels[0]).namelist()}
    assert {"cds_service", "cards"} == {folder for folder in folders if not folder.endswith(".dist-info")}
    assert len(folders) == 3
