"""The SMART app, opened from a chart: a real authorization server, a real FHIR server, the page at the end."""

import base64
import json
import re
from hashlib import sha256

import pytest

from cards.markdown import plain
from cds_service.app.assembly import answerer_for
from cds_service.app.settings import Settings
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.hooks.call import read_call
from cds_service.hooks.services import hooks_of
from cds_service.security.clients import Caller
from cds_service.stories import bundled
from tests.hosts import status
from tests.playing import bundled_policies
from tests.security.signing import client
from tests.web.smart.launching import (
    APP_ID,
    CALLBACK,
    LAUNCH,
    NOW,
    PUBLIC_URL,
    SECRET,
    STORY,
    Browser,
    client_of,
    cookie_value,
    ehr_with,
    said_in,
    service_for,
    story_of,
    written_secret,
)

PATIENT = story_of(STORY).material.patient
ANOTHER = client(
    issuer="https://another.example.org",
    fhir_servers=["https://another.example.org/fhir"],
    app={"client_id": "cds", "frame_ancestors": ["https://another.example.org"]},
)
APPROVAL = "Get written approval beyond 6 weeks: this is day 43 since Feb 2"


def test_a_chart_that_is_opened_shows_the_state_of_its_program(ehr, browser):
    page = browser.launched(ehr)
    assert 200 == page.status_code
    assert "s program</h1>" in page.text
    assert APPROVAL in page.text
    assert "As of Mar 16, 2026." in page.text
    assert "Weeks allowed without approval" in page.text
    assert 'class="drawing-scroll"' in page.text
    assert "What is still obtainable" in page.text
    assert "Override this card" not in page.text


def test_the_ehr_is_asked_as_smart_app_launch_2_wants_it(ehr, browser):
    leaving = browser.open(ehr.opens_app(LAUNCH, PATIENT, "launch-of-chart"))
    said = said_in(leaving.headers["Location"])
    assert leaving.headers["Location"].startswith(f"{ehr.auth.url}/authorize?")
    assert {
        "response_type": "code",
        "client_id": APP_ID,
        "redirect_uri": f"{PUBLIC_URL}{CALLBACK}",
        "launch": "launch-of-chart",
        "aud": ehr.url,
        "code_challenge_method": "S256",
    }.items() <= said.items()
    browser.open(browser.sign_in(leaving))
    verifier = ehr.auth.forms[-1]["code_verifier"]
    assert len(verifier) >= 43
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert challenge == said["code_challenge"]


def test_only_what_the_page_is_made_of_is_asked_for(ehr, browser):
    scopes = said_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)).headers["Location"])["scope"].split()
    read = {PREFETCH_KEYS[key].resource_type for key in hooks_of("work-rehab-patient-view")["patient-view"].prefetch}
    people = {"Location", "Organization", "Practitioner", "PractitionerRole"}
    assert {"launch", *(f"patient/{kind}.rs" for kind in read | people)} == set(scopes)


def test_no_two_launches_have_the_same_secrets(ehr, browser):
    asked = [said_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)).headers["Location"]) for _ in range(2)]
    assert asked[0]["state"] != asked[1]["state"]
    assert asked[0]["code_challenge"] != asked[1]["code_challenge"]


@pytest.mark.parametrize("name", [STORY, "reassessment-overdue", "clean-program"])
def test_the_app_says_what_the_hook_says(name):
    with ehr_with(name) as ehr:
        client = client_of(ehr)
        patient = story_of(name).material.patient
        page = Browser(service_for(client)).launched(ehr, patient).text
        token, scope = next(iter(ehr.auth.tokens.items()))
        request = {
            "hook": "patient-view",
            "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {"userId": "Practitioner/17", "patientId": patient},
            "fhirServer": ehr.url,
            "fhirAuthorization": {
                "access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": scope, "subject": "cds",
            },
        }  # fmt: skip
        answerer = answerer_for(Settings(allow_http=True, fhir_seconds=5), bundled_policies(), lambda: NOW)
        cards = answerer.answer(read_call(json.dumps(request).encode(), "work-rehab-patient-view"), Caller(client))
    assert cards["cards"]
    assert [plain(card["summary"]) for card in cards["cards"]] == re.findall(
        r'<h3 class="ehr-card-summary">(.*?)</h3>', page
    )


def test_the_ehr_may_say_that_it_shows_whose_chart_it_is(ehr, browser):
    person = "Overly Longson, born Jan 30, 1972"
    assert person in browser.launched(ehr).text
    assert person in browser.launched(ehr, need_patient_banner=True).text
    assert person not in browser.launched(ehr, need_patient_banner=False).text


def test_an_app_that_is_opened_from_a_card_says_which(ehr, browser):
    page = browser.launched(ehr, appContext="program-duration").text
    assert "Opened from the card about: Weeks of the program." in page
    assert "Opened from" not in browser.launched(ehr, appContext="<b>no rule</b>").text


def test_links_lead_out_of_the_frame_of_the_ehr(ehr, browser):
    page = browser.launched(ehr).text
    links = re.findall(r"<a [^>]*>", page.partition("<main")[2])
    assert links
    assert all('target="_blank"' in link and "noreferrer" in link for link in links)


def test_a_confidential_app_shows_its_secret_to_the_token_endpoint_only(tmp_path):
    with ehr_with(secret=SECRET) as ehr:
        browser = Browser(service_for(client_of(ehr, client_secret_file=written_secret(tmp_path))))
        assert 200 == browser.launched(ehr).status_code
        basic = base64.b64encode(f"{APP_ID}:{SECRET}".encode()).decode()
        assert [f"Basic {basic}"] == ehr.auth.proofs
        assert not any(SECRET in str(reply.headers) + reply.text for reply in browser.replies)


def test_a_public_app_shows_its_id_only(ehr, browser):
    browser.launched(ehr)
    assert [None] == ehr.auth.proofs
    assert APP_ID == ehr.auth.forms[-1]["client_id"]


def test_a_site_may_ask_for_other_scopes(ehr):
    scopes = ["launch", "openid", "user/*.rs"]
    browser = Browser(service_for(client_of(ehr, scopes=scopes)))
    assert APPROVAL in browser.launched(ehr).text
    assert "launch openid user/*.rs" == ehr.auth.asked[-1]["scope"]


def test_the_open_launch_is_kept_sealed_in_the_browser_and_forgotten_with_the_page(ehr, browser):
    page = browser.launched(ehr)
    leaving = browser.replies[0].headers["Set-Cookie"]
    said = said_in(browser.replies[0].headers["Location"])
    for flag in ("HttpOnly", "Secure", "SameSite=None", "Partitioned", "Max-Age=600", "Path=/"):
        assert f"; {flag}" in leaving
    sealed = cookie_value(browser.replies[0])
    assert said["state"] not in sealed
    assert ehr.url not in base64.urlsafe_b64decode(sealed).decode("latin-1")
    assert re.match(r"__Host-launch-\w{16}=; .*Max-Age=0; ", page.headers["Set-Cookie"])


def test_on_plain_http_the_cookie_is_that_of_a_sandbox():
    sandbox = "http://127.0.0.1:8000"
    with ehr_with(public_url=sandbox) as ehr:
        browser = Browser(service_for(client_of(ehr), public_url=sandbox), sandbox)
        assert 200 == browser.launched(ehr).status_code
        assert re.match(r"launch-\w{16}=.*; SameSite=Lax$", browser.replies[0].headers["Set-Cookie"])


def test_launches_in_two_tabs_keep_apart(ehr, browser):
    first, second = (browser.open(ehr.opens_app(LAUNCH, PATIENT, launch)) for launch in ("one-tab", "next-tab"))
    assert [200, 200] == [browser.open(browser.sign_in(tab)).status_code for tab in (second, first)]


def test_nothing_of_a_page_may_be_kept(ehr, browser):
    browser.launched(ehr)
    assert {"no-store"} == {reply.headers["Cache-Control"] for reply in browser.replies}
    assert {"no-referrer"} == {reply.headers["Referrer-Policy"] for reply in browser.replies}


@pytest.mark.parametrize(
    ("app", "members", "framing"),
    [
        ({}, {}, "'none'"),
        ({}, {"cors_origins": ["loopback", "https://ehr.example.org"]}, "https://ehr.example.org"),
        (
            {"frame_ancestors": ["https://chart.example.org", "https://portal.example.org"]},
            {"cors_origins": ["https://ehr.example.org"]},
            "https://chart.example.org https://portal.example.org",
        ),
    ],
    ids=["nobody", "as registered for calls", "as registered for the app"],
)
def test_only_the_ehr_may_frame_the_app(ehr, app, members, framing):
    browser = Browser(service_for(client_of(ehr, members=members, **app), ANOTHER))
    browser.launched(ehr)
    browser.open(f"{CALLBACK}?state={said_in(browser.replies[0].headers['Location'])['state']}&code=of-a-lost-cookie")
    assert [f"frame-ancestors {framing}"] * 3 == [
        reply.headers["Content-Security-Policy"].rpartition("; ")[2] for reply in browser.replies
    ]
    assert Browser(browser.app).open("/rules").headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


@pytest.mark.parametrize(
    "address",
    [
        LAUNCH,
        f"{LAUNCH}?iss=https://stranger.example/fhir",
        CALLBACK,
        f"{CALLBACK}?state=of-nobody&code=x",
        f"{CALLBACK}?state={'%E2%98%83' * 40}",
    ],
)
def test_a_stranger_does_not_learn_whose_ehrs_are_registered(ehr, address):
    browser = Browser(service_for(client_of(ehr, frame_ancestors=["https://chart.example.org"])))
    assert browser.open(address).headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_the_ehr_is_asked_once_where_its_users_sign_in(ehr, browser):
    for launch in ("first", "second"):
        browser.open(ehr.opens_app(LAUNCH, PATIENT, launch))
    assert [".well-known/smart-configuration"] == ehr.queries


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_chart_has_a_page(name):
    with ehr_with(name) as ehr:
        page = Browser(service_for(client_of(ehr))).launched(ehr, story_of(name).material.patient)
    assert 200 == page.status_code


def test_a_chart_without_work_rehabilitation_says_so(ehr, browser):
    ehr.resources = [resource for resource in ehr.resources if resource["resourceType"] in {"Patient", "Coverage"}]
    page = browser.launched(ehr).text
    assert "Nothing on this chart is about work conditioning or work hardening" in page


def test_a_server_that_refuses_halfway_leaves_a_gap_and_no_silence(ehr, browser):
    ehr.faults["ClaimResponse"] = status(403)
    page = browser.launched(ehr)
    assert 200 == page.status_code
    assert "Nothing on this chart" not in page.text
    assert "the EHR&#39;s FHIR server refused access (403)" in page.text


def test_a_token_that_covers_less_leaves_a_gap(ehr, browser):
    ehr.auth.changes = lambda answer: answer.update(scope=answer["scope"].replace("patient/ClaimResponse.rs", ""))
    page = browser.launched(ehr)
    assert 200 == page.status_code
    assert "its token does not cover ClaimResponse" in page.text
