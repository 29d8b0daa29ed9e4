"""What people do on the pages: try a story, accept a card, go back, copy a call, look at what became of the cards."""

import json
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
import requests
from playwright.sync_api import Page, expect

from cds_service.stories import load
from tests.authserver.auth_server import RegisteredApp
from tests.authserver.smart_ehr import SmartEhr
from tests.browser.chromium import NEEDED
from tests.browser.reader import PHONE, SITE_TOKEN, reading
from tests.security.signing import Ehr, write_registry
from tests.serving import free_port, running

pytestmark = NEEDED

TEXAS = "/try?story=texas-hardening-pt-pta&moment=encounter-discharge"
CHARGE = "Charge 97545-WH-GP x1, 97546-WH-GP-CQ x2 (240 min)"
DRAFT = "Draft the claim: 97545-WH-GP x1, 97546-WH-GP-CQ x2"
CALL = "work-rehab-encounter-discharge"
BASH = shutil.which("bash")
PROGRAMS = ("texas-hardening-pt-pta", "past-six-weeks-with-approval")
APP_ID = "work-rehab-cds"


def cards_on(page: Page) -> list[str]:
    return page.locator("#trial .ehr-card-summary").all_inner_texts()


def figure(page: Page, about: str) -> str:
    """What stands under a name among the numbers of a page."""
    return page.locator("dl.stats > div", has=page.get_by_text(about, exact=True)).locator("dd").first.inner_text()


def accepted_draft_is_shown(page: Page) -> None:
    aftermath = page.get_by_role("region", name="What happens next")
    expect(aftermath).to_contain_text(f"You accepted “{DRAFT}”")
    rows = aftermath.locator("tbody tr").all_inner_texts()
    assert [("97545", "WH, GP"), ("97546", "WH, GP, CQ")] == [tuple(row.split("\t")[:2]) for row in rows]
    expect(aftermath).to_contain_text("has nothing more to say")


def press_until(page: Page, name: str, most: int = 80) -> None:
    """Go from one control to the next by keyboard until the one of this name has the focus, and shows it.

    Raises:
        AssertionError: it is never reached, or nobody could see that it was.
    """
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            assert "none" != page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_a_story_is_read_and_its_suggestion_accepted(reader):
    page = reader.open("/try")
    page.get_by_label("Patient").select_option(
        label="Work hardening in Texas, four hours a day, half of it with the assistant alone"
    )
    expect(page.locator("#trial")).to_contain_text(CHARGE)

    page.get_by_role("link", name=DRAFT).click()

    accepted_draft_is_shown(page)
    assert "did=accept" in page.url


def test_the_same_by_keyboard_alone(reader):
    page = reader.open(TEXAS)
    page.keyboard.press("Tab")
    assert "Skip to the content" == page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")

    press_until(page, DRAFT)
    page.keyboard.press("Enter")

    accepted_draft_is_shown(page)


def test_the_same_on_a_phone_in_the_dark(readers):
    page = readers(viewport=PHONE, is_mobile=True, has_touch=True, color_scheme="dark").open(TEXAS)

    page.get_by_role("link", name=DRAFT).tap()

    expect(page.get_by_role("heading", name="What happens next")).to_be_in_viewport()
    expect(page.get_by_role("region", name="What happens next")).to_contain_text(f"You accepted “{DRAFT}”")
    assert 0 == page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_the_same_without_scripts(without_scripts):
    page = without_scripts.open("/try")
    page.get_by_label("Patient").select_option("texas-hardening-pt-pta")
    page.get_by_label("Minutes").fill("120")
    page.get_by_role("button", name="Show the answer").click()
    assert not any("240 min" in summary for summary in cards_on(page))

    page.get_by_label("Minutes").fill("")
    page.get_by_role("button", name="Show the answer").click()
    page.get_by_role("link", name=DRAFT).click()

    accepted_draft_is_shown(page)
    assert page.get_by_role("button", name="Copy as curl").is_hidden()


def test_the_answer_follows_what_is_changed_and_the_way_back_restores_it(reader):
    page = reader.open(TEXAS)
    assert [CHARGE] == cards_on(page)

    page.get_by_label("Minutes").fill("180")
    page.get_by_label("Minutes").blur()
    expect(page.locator("#trial")).to_contain_text("97546-WH-GP-CQ x1 (180 min)")
    assert "minutes=180" in page.url
    page.go_back()

    expect(page.locator("#trial")).to_contain_text(CHARGE)
    assert "minutes=180" not in page.url
    assert "" == page.get_by_label("Minutes").input_value()


def test_a_card_is_overridden_with_a_reason(reader):
    page = reader.open("/try?story=reassessment-overdue&moment=encounter-discharge")
    warning = next(summary for summary in cards_on(page) if not summary.startswith("Charge"))
    card = page.locator(".ehr-card", has_text=warning)
    card.get_by_text("Override this card").click()
    reason = card.get_by_label("Reason").locator("option").first.inner_text()

    card.get_by_role("button", name="Override").click()

    expect(page.get_by_role("region", name="What happens next")).to_contain_text(
        f"You set aside “{warning}”, with the reason “{reason}”"
    )


@pytest.mark.parametrize("story", PROGRAMS)
def test_the_numbers_of_the_timeline_are_those_of_the_chart(reader, story):
    page = reader.open(f"/try?story={story}&moment=encounter-discharge")
    request = requests.get(
        f"{reader.site}/try/request.json", params={"story": story, "moment": "encounter-discharge"}, timeout=10
    ).json()
    minutes = minutes_by_day(request["prefetch"]["procedures"])
    (answer,) = (entry["resource"] for entry in request["prefetch"]["authorizations"]["entry"])

    assert str(len(minutes)) == figure(page, "Visits so far")
    assert words_of(answer["preAuthPeriod"]["end"]) in figure(page, "Approval ends")
    if story == "texas-hardening-pt-pta":
        assert f"{96 - sum(minutes.values()) // 60} of 96 hours" == figure(page, "Left of the approval")


def minutes_by_day(procedures: dict) -> dict[str, int]:
    """Minutes of the treatments of each day."""
    minutes: dict[str, int] = {}
    for entry in procedures["entry"]:
        period = entry["resource"].get("performedPeriod")
        if period is not None:
            start, end = (datetime.fromisoformat(period[name]) for name in ("start", "end"))
            day = start.date().isoformat()
            minutes[day] = minutes.get(day, 0) + int((end - start).total_seconds()) // 60
    return minutes


def words_of(day: str) -> str:
    date = datetime.fromisoformat(day)
    return f"{date:%b} {date.day}"


@pytest.mark.skipif(not (BASH and shutil.which("curl")), reason="bash or curl is not installed")
def test_the_call_that_is_copied_is_answered_as_the_page_says(readers):
    reader = readers(permissions=["clipboard-read", "clipboard-write"])
    page = reader.open(TEXAS)
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    command = page.evaluate("navigator.clipboard.readText()")
    answer = subprocess.run([BASH, "-c", command], capture_output=True, timeout=30, check=True).stdout

    assert cards_on(page) == [card["summary"] for card in json.loads(answer)["cards"]]


def test_the_insights_show_what_became_of_a_card(browser):
    with running("demo", CDS_INSIGHTS_TOKEN=SITE_TOKEN) as service, reading(browser, service.url) as reader:
        story = load("texas-hardening-pt-pta", datetime.now(UTC).astimezone().date())
        address = f"{service.url}/cds-services/{CALL}"
        (card,) = requests.post(address, json=story.request(), timeout=10).json()["cards"]
        entry = {
            "card": card["uuid"],
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
            "outcomeTimestamp": datetime.now(UTC).isoformat(),
        }
        assert requests.post(f"{address}/feedback", json={"feedback": [entry]}, timeout=10).ok
        page = reader.sign_in()

        assert ("1", "1") == (figure(page, "Cards shown"), figure(page, "Accepted"))
        page.get_by_role("row", name="Charges of the visit").get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Cards")
        assert "Texana" not in page.content()


def test_the_app_is_opened_from_a_chart_with_the_sign_in_of_the_ehr(browser, tmp_path):
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    story = load("past-six-weeks-without-approval", datetime.now(UTC).astimezone().date())
    app = RegisteredApp(APP_ID, f"{url}/app/callback")
    with SmartEhr(app, resources=story.material.resources, asks=True) as ehr:
        sign_in = {"client_id": APP_ID, "authorization_servers": [ehr.auth.url]}
        entry = Ehr().entry(fhir_servers=[ehr.url], app=sign_in)
        settings = {
            "CDS_CLIENTS": str(write_registry(tmp_path / "clients.yaml", entry)),
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3",
            "CDS_ALLOW_HTTP": "true",
        }
        with (
            running("serve", "--workers", "1", port=port, **settings) as service,
            reading(browser, service.url, ehr.auth.url) as reader,
        ):
            reader.page.goto(ehr.opens_app(f"{url}/app/launch", story.material.patient))
            reader.page.get_by_role("button", name="Allow").click()

            expect(reader.page.get_by_role("heading", level=1)).to_contain_text("program")
            expect(reader.page.locator("main")).to_contain_text("Get written approval beyond 6 weeks")
            assert reader.page.get_by_role("img").first.is_visible()
            assert [] == reader.find_barriers()
            reader.page.set_viewport_size(PHONE)
            assert 0 == reader.overhang()
