"""The real browser of these tests: Chromium as the system has it, nothing downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMED = "TEST_CHROMIUM"
"""Names the program in the environment; it has to be there then, so that nothing is skipped by accident."""
USUAL = ("chromium", "chromium-browser", "google-chrome")


def program() -> str | None:
    """The browser's program; None when there is none on this machine."""
    return os.environ.get(NAMED) or next((path for path in map(shutil.which, USUAL) if path), None)


NEEDED = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.skipif(program() is None, reason=f"no Chromium: install it, or name its program in {NAMED}"),
]
"""The marks of every module of this folder."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser without a window. Its sandbox refuses to run as root, as containers do."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=[*sandbox, "--disable-dev-shm-usage"])
        yield browser
        browser.close()
