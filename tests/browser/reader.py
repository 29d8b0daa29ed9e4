"""Somebody who reads a page in the browser, and everything that must not happen meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

SITE_TOKEN = "token-of-the-site-41d7"  # noqa: S105 - invented
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
MOST_SECONDS_OF_AXE = 30
WIDER_THAN_THE_SCREEN = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ASK_AXE = """options => { window.found = null; axe.run(options).then(
    result => { window.found = {barriers: result.violations} },
    error => { window.found = {failed: String(error)} }) }"""


@dataclass
class Reader:
    """A page of one reader.

    Attributes:
        allowed: How addresses may begin that the page asks.
        trouble: Errors of the console, refused scripts and styles among them, and requests to another host.
    """

    page: Page
    site: str
    allowed: tuple[str, ...]
    trouble: list[str] = field(default_factory=list)
    _opened: str = ""

    def open(self, address: str, status: int = 200) -> Page:
        """Go to a page of the site.

        Raises:
            AssertionError: it answers another status.
        """
        self._opened = f"{self.site}{address}"
        answer = self.page.goto(self._opened, wait_until="load")
        assert answer is not None
        assert (address, status) == (address, answer.status)
        return self.page

    def sign_in(self) -> Page:
        """Come to the insights with the token of the site."""
        page = self.open("/insights", 401)
        page.get_by_role("textbox", name="Token").fill(SITE_TOKEN)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/insights")
        return page

    def find_barriers(self, *, preload: bool = True) -> list[str]:
        """What keeps people with a disability out of the page as it is now: WCAG 2.2 A and AA, by axe.

        Without ``preload`` axe fetches no stylesheet a second time, which the policy of some pages refuses; of what is
        looked for here nothing needs it.

        Raises:
            AssertionError: axe failed, or did not end, as where the browser runs no scripts.
        """
        self.page.evaluate(AXE_SCRIPT)
        options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": WCAG}, "preload": preload}
        self.page.evaluate(ASK_AXE, options)
        found = None
        until = time.monotonic() + MOST_SECONDS_OF_AXE
        while found is None and time.monotonic() < until:
            self.page.wait_for_timeout(20)
            found = self.page.evaluate("window.found")
        assert found is not None, "axe does not end; does the browser run scripts on this page?"
        assert "failed" not in found, found
        return [
            f"{barrier['id']}: {node['html'][:200]} ({node.get('failureSummary', '')})"
            for barrier in found["barriers"]
            for node in barrier["nodes"]
        ]

    def overhang(self) -> int:
        """By how many pixels the page is wider than the screen."""
        return int(self.page.evaluate(WIDER_THAN_THE_SCREEN))

    def hear(self, message: ConsoleMessage) -> None:
        """Note an error; that the page itself answers 404 is none, and the pages of others are theirs."""
        place = message.location.get("url") or self.page.url
        is_page_itself = place == self._opened and "Failed to load resource" in message.text
        if message.type == "error" and place.startswith(self.site) and not is_page_itself:
            self.trouble.append(f"{self.page.url}: {message.text}")

    def watch(self, request: Request) -> None:
        if not request.url.startswith(self.allowed):
            self.trouble.append(f"{self.page.url} asks {request.url}")


@contextmanager
def reading(browser: Browser, site: str, *hosts: str, **options: Any) -> Iterator[Reader]:
    """A reader with a fresh profile; ``options`` are those of a browser context, ``hosts`` others that play along.

    Raises:
        AssertionError: in the end, when something was refused, failed or asked elsewhere.
    """
    context = browser.new_context(**{"viewport": DESKTOP, "color_scheme": "light", "locale": "en-US", **options})
    context.set_default_timeout(15_000)
    page = context.new_page()
    reader = Reader(page, site, (site, *hosts, "data:"))
    page.on("console", reader.hear)
    page.on("pageerror", lambda error: reader.trouble.append(f"{page.url}: {error}"))
    page.on("request", reader.watch)
    try:
        yield reader
    finally:
        context.close()
    assert [] == reader.trouble
