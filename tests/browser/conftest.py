"""The service as `demo`, and readers of its pages. Both end with this folder, as other tests run loops of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.reader import PHONE, SITE_TOKEN, Reader, reading
from tests.serving import running

Readers = Callable[..., Reader]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def demo() -> Iterator[str]:
    """The address of a running demo whose insights open with the token of the site."""
    with running("demo", CDS_INSIGHTS_TOKEN=SITE_TOKEN) as started:
        yield started.url


@pytest.fixture
def readers(browser, demo) -> Iterator[Readers]:
    """Opens a reader of the demo with options of a browser context."""
    with ExitStack() as opened:

        def read(**options: Any) -> Reader:
            return opened.enter_context(reading(browser, demo, **options))

        yield read


@pytest.fixture
def reader(readers) -> Reader:
    """At a desk, in light colors."""
    return readers()


@pytest.fixture
def on_a_phone(readers) -> Reader:
    return readers(viewport=PHONE, is_mobile=True, has_touch=True)


@pytest.fixture
def without_scripts(readers) -> Reader:
    return readers(java_script_enabled=False)
