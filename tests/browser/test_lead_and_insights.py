"""The billing lead in a browser: signs in, finds the feedback that was sent, opens the records behind a number."""

import re
from collections.abc import Iterator

import pytest
import requests

from cds_service.stories import load
from tests.browser.chromium import NEEDED
from tests.browser.reader import PHONE, reading
from tests.browser.test_every_page import DARK_HAND, DESK, trouble_on
from tests.playing import TODAY
from tests.serving import running

pytestmark = NEEDED
TOKEN = "a-token-for-the-browser"  # noqa: S105 - made up


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    """A demo with insights and fees, to which a visit was sent; its first card was overridden, its second accepted."""
    fees = tmp_path_factory.mktemp("fees") / "fees.csv"
    fees.write_text("code,modifier,amount,from\n97545,,180,2020-01-01\n97546,,90,2020-01-01\n")
    with running("demo", CDS_INSIGHTS_TOKEN=TOKEN, CDS_FEES=str(fees)) as started:
        story = load("reassessment-overdue", TODAY)
        service = f"{started.url}/cds-services/{story.service}"
        first, second = requests.post(service, json=story.request(), timeout=30).json()["cards"]
        when = {"outcomeTimestamp": "2026-03-16T15:00:01Z"}
        reason = {"reason": {"system": f"{started.url}/CodeSystem/override-reason", "code": "planned-next-visit"}}
        overridden = {"card": first["uuid"], "outcome": "overridden", "overrideReason": reason}
        suggestion = {"id": second["suggestions"][0]["uuid"]}
        accepted = {"card": second["uuid"], "outcome": "accepted", "acceptedSuggestions": [suggestion]}
        said = [overridden, accepted]
        answer = requests.post(f"{service}/feedback", json={"feedback": [entry | when for entry in said]}, timeout=30)
        assert 200 == answer.status_code
        yield started.url


@pytest.fixture
def lead(browser, site):
    with reading(browser, site) as reader:
        sign_in(reader)
        yield reader


def sign_in(reader):
    reader.open("/insights", 401)
    reader.page.get_by_role("textbox", name="Token").fill(TOKEN)
    reader.page.keyboard.press("Enter")
    reader.page.get_by_role("heading", name="Insights", exact=True).wait_for()


def figure(page, name):
    return page.locator("dl.stats div").filter(has_text=name)


def test_the_numbers_are_those_of_real_feedback_and_lead_to_their_records(lead):
    page = lead.page
    for name, count in (("Accepted", 1), ("Overridden", 1)):
        assert re.search(rf"^{name}\s*{count}\b", figure(page, name).first.inner_text())
    assert page.get_by_role("rowheader", name="Will be done at the next visit").is_visible()
    assert "$" in page.get_by_role("region", name="Recommended charges in dollars").inner_text()
    figure(page, "Overridden").first.get_by_role("link").click()
    assert page.get_by_role("heading", name="Cards behind a number").is_visible()
    assert 1 == page.locator("tbody tr").count()
    page.get_by_role("link", name="Back to all numbers").click()
    assert page.get_by_role("heading", name="Cards by rule").is_visible()


def test_a_wrong_token_is_told_without_barriers(browser, site):
    with reading(browser, site) as reader:
        page = reader.open("/insights", 401)
        page.get_by_role("textbox", name="Token").fill("wrong")
        reader.trouble.clear()
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        reader.trouble.clear()
        assert "This is not the token" in page.get_by_role("alert").inner_text()
        assert {} == trouble_on(reader, (DESK, DARK_HAND))


def test_filters_work_without_scripts_on_a_phone_and_the_way_out_ends_the_session(browser, site):
    with reading(browser, site, viewport=PHONE, java_script_enabled=False) as reader:
        sign_in(reader)
        page = reader.page
        page.get_by_label("Moment", exact=True).select_option("patient-view")
        page.get_by_role("button", name="Show").click()
        assert "hook=patient-view" in page.url
        assert figure(page, "Cards shown").first.inner_text().endswith("0")
        page.get_by_role("button", name="Sign out").click()
        assert page.get_by_role("heading", name="You are signed out").is_visible()
        reader.open("/insights", 401)
