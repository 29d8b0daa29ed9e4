"""Images come by their whole version, and by the digest where it was written; .ci/pin-images writes it."""

import re
import shutil
import subprocess

import pytest

from tests.supply.locks import ROOT

FILES = ("Dockerfile", "docker-compose.yml")
FOREIGN = re.compile(r"^(?:FROM| +image:) +([a-z/]+:[^ \n]+)", re.MULTILINE)
DIGEST = "sha256:" + "5e" * 32
PARTS = {"python": 3, "postgres": 2, "hapiproject/hapi": 3}
"""How many numbers a whole version has."""


def images(folder):
    return [image for name in FILES for image in FOREIGN.findall((folder / name).read_text())]


def test_images_come_by_their_whole_version():
    assert images(ROOT)
    for image in images(ROOT):
        name, version = re.fullmatch(
            r"([a-z/]+):v?(\d+(?:\.\d+)*)(?:-[a-z-]+)?(?:@sha256:[0-9a-f]{64})?", image
        ).groups()
        assert PARTS[name] == len(version.split(".")), image


@pytest.fixture
def pin(tmp_path):
    """Runs .ci/pin-images on a copy of the files, with a Docker that answers so."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "pin-images", tmp_path / ".ci")
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)

    def run(answer):
        docker = tmp_path / "bin" / "docker"
        docker.parent.mkdir(exist_ok=True)
        docker.write_text(f'#!/bin/sh\necho "$@" >>"{tmp_path}/asked"\necho "{answer}"\n')
        docker.chmod(0o755)
        path = f"{docker.parent}:/usr/bin:/bin"
        return subprocess.run(
            [tmp_path / ".ci" / "pin-images"],
            env={"PATH": path},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run


def test_each_image_gets_its_digest_and_a_new_one_later(pin, tmp_path):
    before = sorted({image.partition("@")[0] for image in images(ROOT)})
    for digest in (DIGEST, "sha256:" + "a7" * 32):
        done = pin(digest)
        assert done.returncode == 0, done.stderr
        assert [f"{image}@{digest}" for image in before] == sorted(set(images(tmp_path)))
    asked = {line.split()[3] for line in (tmp_path / "asked").read_text().splitlines()}
    assert asked == set(before)


def test_what_is_no_digest_changes_nothing(pin, tmp_path):
    done = pin("unauthorized")
    assert done.returncode != 0
    assert "no digest but 'unauthorized'" in done.stderr
    assert images(ROOT) == images(tmp_path)
