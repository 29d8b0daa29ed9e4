"""The request for approval in the app: from the chart as it was read, without asking the EHR again."""

import html
import re

from tests.web.smart.launching import PUBLIC_URL

LINES = re.compile(r'action="([^"]*/app/packet[^"]*)".*?name="sealed" value="([^"]*)"', re.DOTALL)


def draft_from(browser, page):
    """Press the button of the page about the patient."""
    action, sealed = LINES.search(page.text).groups()
    return browser.client.post(action.removeprefix("/rehab"), data={"sealed": html.unescape(sealed)}), sealed


def test_the_request_is_drafted_from_the_chart_that_was_read(ehr, browser):
    page = browser.launched(ehr)
    asked_before = len(ehr.seen), len(ehr.auth.forms)

    reply, _ = draft_from(browser, page)

    assert reply.status_code == 200
    assert "Overly Longson" in reply.text
    assert (len(ehr.seen), len(ehr.auth.forms)) == asked_before, "neither the token nor the chart is asked for again"
    assert reply.headers["Cache-Control"] == "no-store"


def test_the_link_of_a_card_opens_the_request_at_once(ehr, browser):
    page = browser.launched(ehr, appContext="packet")

    assert "<textarea" in page.text
    assert "Overly Longson" in page.text
    assert 'action="/rehab/app/packet?state=' in page.text


def test_what_is_edited_in_the_app_survives(ehr, browser):
    _, sealed = draft_from(browser, browser.launched(ehr))

    fields = {"sealed": sealed, "shown": "renewal", "part.medical-necessity": "In my own words."}
    reply = browser.client.post("/app/packet", data=fields)

    assert "In my own words." in reply.text
    answers = browser.client.post("/app/packet/answers.json", data=fields).get_json()
    assert answers["questionnaire"].startswith(f"{PUBLIC_URL}/fhir/Questionnaire/")
