"""Pictures of the pages for the documentation: ``python -m tests.browser.screenshots`` takes them all again.

Run it from the top of the project after pages have changed to the eye. A page that is not there stops it.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from secrets import token_hex
from typing import Any

import requests
from playwright.sync_api import Page

from cds_service.stories import bundled, load
from cds_service.stories.request import SERVICE_BY_HOOK
from tests.browser.chromium import chromium
from tests.serving import running

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDTH, HEIGHT = 1120, 760
MOST_BYTES = 100_000
QUALITIES = (0.9, 0.8, 0.7, 0.6)
AS_WEBP = """async ([png, quality]) => {
    const image = new Image();
    image.src = "data:image/png;base64," + png;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


@dataclass(frozen=True)
class Shot:
    """A picture: the page, and the part of it that the picture begins with; without one it begins at the top."""

    address: str
    part: str | None = None
    height: int = HEIGHT


STORY = "/try?story=past-six-weeks-without-approval&moment=encounter-discharge"
SHOTS = {
    "try": Shot(STORY),
    "timeline": Shot(STORY, part="section[aria-labelledby=program-timeline]"),
    "insights": Shot("/insights"),
    "rule": Shot("/rules/reassessment"),
    "coverage": Shot("/coverage"),
}


def use_the_service(url: str) -> None:
    """Calls of all bundled stories, and feedback on two cards of three, so that the insights have something to show."""
    wanted = cycle(("accepted", "accepted", "overridden", None))
    today = datetime.now().astimezone().date()
    for story in (load(name, today) for name in bundled()):
        for hook in story.hooks:
            service = f"{url}/cds-services/{SERVICE_BY_HOOK[hook].id}"
            answer = requests.post(service, json=story.request(hook), timeout=30)
            answer.raise_for_status()
            entries = [feedback(card, outcome) for card, outcome in zip(answer.json()["cards"], wanted, strict=False)]
            sent = [entry for entry in entries if entry is not None]
            if sent:
                requests.post(f"{service}/feedback", json={"feedback": sent}, timeout=30).raise_for_status()


def feedback(card: dict[str, Any], outcome: str | None) -> dict[str, Any] | None:
    """What a therapist did with a card; a card without a suggestion cannot be accepted."""
    entry = {"card": card["uuid"], "outcomeTimestamp": datetime.now(UTC).isoformat(timespec="seconds")}
    if outcome == "accepted" and card.get("suggestions"):
        return entry | {"outcome": outcome, "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}]}
    if outcome == "overridden":
        reason = {key: card["overrideReasons"][0][key] for key in ("system", "code")}
        return entry | {"outcome": outcome, "overrideReason": {"reason": reason}}
    return None


def sign_in(page: Page, url: str, token: str) -> None:
    page.goto(f"{url}/insights")
    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_role("button", name="Sign in with the token").click()


def picture(page: Page, site: str, shot: Shot) -> bytes:
    """The picture as PNG, in light colors.

    Raises:
        AssertionError: the page or the part is not there.
    """
    answer = page.goto(f"{site}{shot.address}", wait_until="networkidle")
    assert answer is not None
    assert answer.status == 200, f"{shot.address}: {answer.status}"
    if shot.part is None:
        return page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": shot.height})
    assert page.locator(shot.part).count(), f"{shot.address} has no {shot.part}"
    return page.locator(shot.part).first.screenshot()


def small(blank: Page, png: bytes) -> bytes:
    """The picture as WebP of at most so many bytes, as good as that allows.

    Raises:
        ValueError: even the last quality takes more.
    """
    for quality in QUALITIES:
        webp = base64.b64decode(blank.evaluate(AS_WEBP, [base64.b64encode(png).decode(), quality]))
        if len(webp) <= MOST_BYTES:
            return webp
    raise ValueError(f"a picture takes {len(webp)} bytes: choose a smaller part of the page")


@contextmanager
def two_pages() -> Iterator[tuple[Page, Page]]:
    """One to look at the service, and an empty one, whose canvas no security policy restrains."""
    with chromium() as browser:
        size = {"width": WIDTH, "height": HEIGHT}
        context = browser.new_context(viewport=size, color_scheme="light", reduced_motion="reduce")
        yield context.new_page(), context.new_page()
        context.close()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    token = token_hex(16)
    with running("demo", CDS_INSIGHTS_TOKEN=token) as demo, two_pages() as (page, blank):
        use_the_service(demo.url)
        sign_in(page, demo.url, token)
        for name, shot in SHOTS.items():
            (FOLDER / f"{name}.webp").write_bytes(small(blank, picture(page, demo.url, shot)))
