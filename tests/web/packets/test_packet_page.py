"""The page /packet: drafted from a story or from what is posted, edited without JavaScript, kept nowhere."""

import html
import json
import re
from datetime import date

import pytest

from cds_service.app.settings import Settings
from cds_service.fhir.judge import first_r4_error
from cds_service.stories import load
from cds_service.web.application import create_app
from tests.forms.small_pdf import pdf_form, values_of
from tests.web.smart.launching import client_of, ehr_with, service_for
from tests.web.try_it.reading import words

TODAY = date.today()  # noqa: DTZ011 - the page answers as of today
STORY = "/packet?story=texas-hardening-pt-pta"
EDGE = {"content_type": "multipart/form-data"}


def fields_of(page):
    """What the form of the page would send."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    texts = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in (*hidden, *texts)}


def action_of(page):
    return html.unescape(re.search(r'<form class="packet" action="([^"]*)"', page)[1])


def post(client, address, fields):
    return client.post(address, data=fields, **EDGE)


def pasted(story="texas-hardening-pt-pta"):
    return {"request": json.dumps(load(story, TODAY).request())}


def test_a_story_makes_a_request_with_each_part_and_its_source(demo):
    reply = demo.get(f"{STORY}&for=renewal")

    text = words(reply.text)
    assert "Request for approval of more work hardening" in text
    assert "Floor-to-waist lift improved from 15 lb" in text
    assert "Job descriptions are not read here: attach the job description" in text
    assert "Observation/texas-hardening-pt-pta-measured-lift" in text
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("use", ["first", "renewal", "appeal"])
def test_the_page_opens_for_each_use(demo, use):
    page = demo.get(f"{STORY}&for={use}").text

    assert fields_of(page)["shown"] == use


def test_what_is_edited_survives_the_round_trip_and_is_what_is_taken_along(demo):
    page = demo.get(STORY).text
    fields = fields_of(page) | {"part.medical-necessity": "In my own words.", "part.job-demands": "Lifts 40 lb crates."}

    again = post(demo, action_of(page), fields).text
    assert fields_of(again)["part.medical-necessity"] == "In my own words."
    assert "attach the job description" not in words(again), "a person has seen to it"

    answers = post(demo, action_of(page).replace("/packet", "/packet/answers.json"), fields_of(again)).get_json()
    said = {item["linkId"]: item["answer"][0]["valueString"] for item in answers["item"]}
    assert (said["medical-necessity"], said["job-demands"]) == ("In my own words.", "Lifts 40 lb crates.")


def test_what_is_emptied_is_missing(demo):
    page = demo.get(STORY).text

    again = post(demo, action_of(page), fields_of(page) | {"part.patient": ""}).text

    assert "This part was left empty" in words(again)


def test_another_use_keeps_what_was_edited_and_draws_the_rest_anew(demo):
    page = demo.get(f"{STORY}&for=first").text
    fields = fields_of(page) | {"part.job-demands": "Lifts 40 lb crates.", "for": "renewal"}

    again = post(demo, action_of(page), fields).text

    assert fields_of(again)["shown"] == "renewal"
    assert fields_of(again)["part.job-demands"] == "Lifts 40 lb crates."
    untouched = fields_of(demo.get(f"{STORY}&for=renewal").text)
    assert fields_of(again)["part.medical-necessity"] == untouched["part.medical-necessity"]


def test_a_posted_request_is_drafted_and_edited_and_kept_nowhere(demo):
    reply = post(demo, "/packet", pasted())
    fields = fields_of(reply.text)

    assert reply.headers["Cache-Control"] == "no-store"
    assert "Texana Placeholder" in fields["part.patient"]
    assert "Texana" not in fields["sealed"], "what the browser carries nobody reads"
    again = post(demo, action_of(reply.text), fields | {"part.goals": "Back to full duty."})
    assert fields_of(again.text)["part.goals"] == "Back to full duty."


def test_a_seal_of_somebody_else_is_refused_with_what_to_do(demo):
    reply = post(demo, "/packet", {"sealed": "AAAA"})

    assert reply.status_code == 404
    assert "opened too long ago, or by another service" in words(reply.text)
    assert "Open it again from the chart" in words(reply.text)


def test_a_request_about_something_else_makes_none(demo):
    request = load("order-without-code", TODAY).request("order-sign")
    entry = {"resource": {"resourceType": "MedicationRequest", "id": "m1", "status": "draft", "intent": "order"}}
    request["context"]["draftOrders"]["entry"] = [entry]

    reply = post(demo, "/packet", {"request": json.dumps(request)})

    assert "there is no request to draft" in words(reply.text)


def test_a_request_that_is_no_json_is_refused_as_elsewhere(demo):
    assert post(demo, "/packet", {"request": "Dear Sir"}).status_code == 400


@pytest.mark.parametrize("version", ["2.0.1", "2.2.1"])
def test_the_draft_claim_is_valid_and_private(demo, version):
    reply = demo.get(f"/packet/preauthorization.json?story=texas-hardening-pt-pta&for=renewal&pas={version}")

    bundle = reply.get_json()
    assert first_r4_error(bundle) is None
    assert bundle["entry"][0]["resource"]["meta"]["profile"][0].endswith(version)
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.mimetype == "application/fhir+json"


def test_what_an_appeal_does_not_make_is_not_offered_and_refused(demo):
    page = demo.get(f"{STORY}&for=appeal").text

    assert "answers.json" not in page
    assert demo.get("/packet/answers.json?story=texas-hardening-pt-pta&for=appeal").status_code == 404
    assert demo.get("/packet/preauthorization.json?story=texas-hardening-pt-pta&for=appeal").status_code == 404


def test_a_use_that_there_is_not_is_said(demo):
    assert "There is no such request" in words(demo.get(f"{STORY}&for=holiday").text)


@pytest.mark.parametrize("choice", ["payer=none", "payer=untyped", "state=none", "approval=ended", "measured=never"])
def test_every_what_if_makes_a_page_that_says_what_is_missing(demo, choice):
    reply = demo.get(f"{STORY}&for=renewal&{choice}")

    assert reply.status_code == 200
    assert "Still to add" in words(reply.text)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"{STORY}&state=US-CA", "State: “US-CA” is not one of those in the list"),
        ("/packet?story=no-such-story", "There is no story “no-such-story”"),
        (f"{STORY}&moment=order-sign", "This story has no moment"),
    ],
)
def test_what_an_address_says_in_vain_is_said(demo, address, said):
    assert said in words(demo.get(address).text)


@pytest.mark.parametrize(
    ("state", "form", "shown", "not_shown"),
    [
        (
            "CA",
            "DWC Form RFA, Request for Authorization. This page is not that form.",
            "Signature",
            "Demands of the job",
        ),
        ("LA", "LWC-WC-1010", "History of the injury and its treatment", "Signature"),
        ("TX", "The payer answers within 3 business days.", "Proposed first date", "Signature"),
    ],
)
def test_each_state_shows_what_its_own_sources_require_and_nothing_else(demo, state, form, shown, not_shown):
    text = words(demo.get(f"{STORY}&for=renewal&state={state}").text)

    assert form in text
    assert shown in text
    assert not_shown not in text


def test_hostile_text_in_every_field_stays_text(demo):
    hostile = '</textarea><script>alert(1)</script>" onmouseover="x {{7*7}} \u202e\x00'
    page = demo.get(STORY).text
    fields = {name: hostile if name.startswith("part.") else value for name, value in fields_of(page).items()}

    again = post(demo, action_of(page), fields)

    assert again.status_code == 200
    assert "<script>alert" not in again.text
    assert "{{7*7}}" in fields_of(again.text)["part.patient"]
    for download in ("answers.json", "preauthorization.json"):
        address = action_of(page).replace("/packet", f"/packet/{download}")
        assert first_r4_error(post(demo, address, fields).get_json()) is None


def test_too_many_fields_are_refused(demo):
    assert post(demo, STORY, {f"part.{number}": "x" for number in range(200)}).status_code == 413


def test_the_sites_own_form_is_filled(tmp_path, policies):
    (tmp_path / "form.pdf").write_bytes(pdf_form("Employee", "Need", multiline=("Need",)))
    (tmp_path / "forms.yaml").write_text(
        "forms:\n  - {file: form.pdf, title: Example form, policies: [us-tx-dwc],"
        " fields: {Employee: {element: patient}, Need: {element: medical-necessity}}}\n"
    )
    site = create_app(Settings(forms=tmp_path), policies=policies).test_client()
    site.environ_base["HTTP_ACCEPT"] = "text/html"
    page = site.get(STORY).text

    assert "Example form, filled (PDF)" in words(page)
    fields = fields_of(page) | {"part.medical-necessity": "In my own words."}
    reply = post(site, action_of(page).replace("/packet", "/packet.pdf"), fields)
    assert reply.mimetype == "application/pdf"
    assert values_of(reply.data) == {"Employee": "Texana Placeholder", "Need": "In my own words."}


def test_a_site_without_a_form_says_so(demo):
    assert "This site has no PDF form" in words(demo.get(f"/packet.pdf{STORY.removeprefix('/packet')}").text)


def test_a_card_on_approval_leads_to_the_request_and_so_does_the_timeline(demo):
    page = demo.get("/try?story=past-six-weeks-without-approval").text

    links = re.findall(r'<a href="([^"]*/packet\?[^"]*)">Open the authorization packet</a>', page)
    assert len(links) == 2, "on the card and beside the timeline"
    assert demo.get(html.unescape(links[0])).status_code == 200


def test_a_pasted_request_leads_to_its_packet(demo):
    page = post(demo, "/try/pasted", pasted()).text
    sent = html.unescape(re.search(r'action="/packet".*?name="sealed" value="([^"]*)"', page, re.DOTALL)[1])

    assert "Texana Placeholder" in post(demo, "/packet", {"sealed": sent}).text


def test_the_page_is_switched_off_in_production_unless_asked_for():
    with ehr_with() as running:
        service = service_for(client_of(running)).test_client()
        running.released.set()

    reply = service.get("/packet", headers={"Accept": "text/html"})
    assert reply.status_code == 404
    assert "CDS_TRY_PAGE=true" in reply.text


def test_each_policy_has_a_questionnaire(demo, policies):
    for policy in policies.policies:
        reply = demo.get(f"/fhir/Questionnaire/{policy.id}", headers={"Accept": "application/fhir+json"})
        assert first_r4_error(reply.get_json()) is None, policy.id
        assert reply.get_json()["url"] == f"http://127.0.0.1:8000/fhir/Questionnaire/{policy.id}"
    assert demo.get("/fhir/Questionnaire/nobody").status_code == 404


def test_the_answers_answer_questions_of_the_questionnaire(demo):
    answers = demo.get("/packet/answers.json?story=texas-hardening-pt-pta&for=renewal").get_json()
    address = answers["questionnaire"].removeprefix("http://127.0.0.1:8000")
    questions = demo.get(address, headers={"Accept": "application/fhir+json"}).get_json()

    asked = {question["linkId"] for question in questions["item"]}
    assert {answer["linkId"] for answer in answers["item"]} <= asked
