"""A therapist comes from the card to a request for approval, edits it, prints it and takes it along."""

from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.chromium import NEEDED

pytestmark = NEEDED

SEVENTH_WEEK = "/try?story=past-six-weeks-without-approval&moment=encounter-discharge"
PACKET_LINK = "Open the authorization packet"
OWN_WORDS = "Heavier lifts are safe now; four more weeks reach the demands of the job."


def necessity(page: Page):
    return page.get_by_role("textbox", name="Medical necessity")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_therapist_edits_the_request_one_click_from_the_card(readers, scripts):
    reader = readers(java_script_enabled=scripts)
    page = reader.open(SEVENTH_WEEK)

    page.locator(".ehr-card").first.get_by_role("link", name=PACKET_LINK).click()
    expect(necessity(page)).to_be_editable()
    assert "Floor-to-waist lift improved" in necessity(page).input_value()
    necessity(page).fill(OWN_WORDS)
    page.get_by_role("button", name="Update the page").click()

    expect(necessity(page)).to_have_value(OWN_WORDS)


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_printed_is_what_stands_in_the_fields_on_letter_paper(readers, scripts):
    page = readers(java_script_enabled=scripts, color_scheme="dark").open("/packet?for=renewal")
    necessity(page).fill(OWN_WORDS)

    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))

    text = " ".join(" ".join(sheet.extract_text() for sheet in printed.pages).split())
    assert OWN_WORDS in text
    assert "Texana Placeholder" in text
    assert "Where this comes from" not in text
    assert "Still to add" not in text
    assert [612, 792] == [round(float(length)) for length in printed.pages[0].mediabox[2:]]


def test_what_is_missing_leads_to_its_field(readers):
    page = readers().open("/packet?for=renewal")

    page.get_by_role("link", name="Demands of the job").click()

    expect(page.locator("#part-job-demands")).to_be_in_viewport()
    page.get_by_role("textbox", name="Demands of the job").fill("Lifts 40 lb crates.")
    page.get_by_role("button", name="Update the page").click()
    expect(page.get_by_role("link", name="Demands of the job")).to_have_count(0)


def test_the_answers_are_taken_along_as_edited(readers, tmp_path):
    page = readers().open("/packet?for=renewal")
    necessity(page).fill(OWN_WORDS)

    with page.expect_download() as download:
        page.get_by_role("button", name="Answers for the EHR").click()

    download.value.save_as(tmp_path / "answers.json")
    assert OWN_WORDS in (tmp_path / "answers.json").read_text()
