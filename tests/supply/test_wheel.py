"""The wheel is made of the sources alone: two builds are equal byte by byte, without tests and history."""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec

import pytest

from cds_service.web.pages.docs_site.manual import AT_THE_TOP, page_names
from tests.supply.locks import ROOT

pytestmark = pytest.mark.skipif(
    find_spec("hatchling") is None, reason="hatchling, of requirements-dev.lock, is missing"
)


def build(folder, *, zone, umask, moment):
    """The wheel of a copy of the sources that lies elsewhere, with other times and rights of its files."""
    for name in ("cds_service", "cards", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", ".gitignore", *AT_THE_TOP):
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


def test_a_wheel_has_every_text_and_image_of_the_documentation(wheels):
    texts = [*AT_THE_TOP, *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.*"))]
    with zipfile.ZipFile(wheels[0]) as wheel:
        for text in texts:
            assert (ROOT / text).read_bytes() == wheel.read(f"cds_service/web/pages/docs_site/manual/{text}")


def test_the_pages_of_a_wheel_are_those_of_the_sources(wheels, tmp_path):
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(tmp_path)
    program = "from cds_service.web.pages.docs_site.manual import TOP, page_names; print(TOP, *page_names())"
    printed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.split()
    assert [str(tmp_path / "cds_service/web/pages/docs_site/manual"), *page_names()] == printed
