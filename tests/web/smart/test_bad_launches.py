"""Launches that go wrong: what the user reads, and that nobody learns more than that."""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from cds_service.records.keeping import NothingKept
from cds_service.web.around.logs import JsonFormatter
from cds_service.web.pages.smart.launch_stops import STOPS
from cds_service.web.pages.smart.open_launches import OPEN_SECONDS, PURPOSE, LaunchSeal
from tests.hosts import body, drip, drop, half, hang, redirect, replies, status
from tests.security.signing import Signer, client
from tests.web.smart.launching import (
    CALLBACK,
    LAUNCH,
    SECRET,
    STORY,
    Browser,
    client_of,
    cookie_value,
    ehr_with,
    gate_for,
    said_in,
    service_for,
    story_of,
    written_secret,
)

PATIENT = story_of(STORY).material.patient
HOSTILE = "<script>alert(1)</script>\u202e ' onload=x"


def stopped(reply, title, expected=400):
    assert expected == reply.status_code, reply.text
    assert f"<h1>{title}</h1>" in reply.text
    assert "no-store" == reply.headers["Cache-Control"]
    return reply.text


def reasons(caplog):
    return [record.fields["reason"] for record in caplog.records if record.getMessage() == "app-launch-stopped"]


def opened(browser, **query):
    return browser.open(f"{LAUNCH}?{urlencode(query, doseq=True)}")


def test_the_address_without_an_ehr_says_where_the_app_is_opened(browser):
    stopped(browser.open(LAUNCH), "Open this app from the EHR")


def test_a_launch_names_a_single_server(ehr, browser):
    stopped(opened(browser, iss=[ehr.url, ehr.url], launch="x"), "Open this app from the EHR")


@pytest.mark.parametrize(
    "spelling",
    [
        "https://stranger.example.org/fhir",
        "{url}/deeper",
        "{url}?x=1",
        "{url}#x",
        "{url}/../r4",
        "{host}//r4",
        "{host}/%72%34",
        "{host}/R4",
        "{host}@stranger.example.org/r4",
        " {url}",
        "{url}\r\nX-Injected: 1",
        "javascript:alert(1)",
        "file:///etc/passwd",
        HOSTILE,
    ],
)
def test_a_server_that_is_not_registered_opens_nothing(ehr, browser, spelling):
    iss = spelling.format(url=ehr.url, host=ehr.url.removesuffix("/r4"))
    page = stopped(opened(browser, iss=iss, launch="x"), "This EHR is not registered here", 403)
    assert [] == ehr.queries
    assert "stranger" not in page
    assert "alert" not in page


@pytest.mark.parametrize("spelling", ["{url}/", "HTTP://127.0.0.1:{port}/r4"])
def test_another_spelling_of_a_registered_server_opens_it(ehr, browser, spelling):
    iss = spelling.format(url=ehr.url, port=ehr.port)
    leaving = opened(browser, iss=iss, launch="x")
    assert 302 == leaving.status_code
    assert iss == said_in(leaving.headers["Location"])["aud"]


def test_an_ehr_without_the_app_is_told_so(ehr):
    browser = Browser(service_for(client(fhir_servers=[ehr.url])))
    stopped(opened(browser, iss=ehr.url, launch="x"), "The app is not turned on for this EHR", 403)


def test_of_two_clients_of_a_server_the_one_with_the_app_opens_it(ehr):
    second = client(Signer(name="second"), issuer="https://other.example.org", fhir_servers=[ehr.url])
    assert 302 == opened(Browser(service_for(second, client_of(ehr))), iss=ehr.url, launch="x").status_code


FRAME = "https://chart.example.org"


def test_an_ehr_in_shadow_mode_sees_nothing_in_the_app_either(ehr):
    browser = Browser(service_for(client_of(ehr, members={"mode": "shadow"}, frame_ancestors=[FRAME])))
    stopped(opened(browser, iss=ehr.url, launch="x"), "Nothing is shown for this EHR yet", 403)
    assert browser.replies[-1].headers["Content-Security-Policy"].endswith(f"frame-ancestors {FRAME}")


@pytest.mark.parametrize("launch", [[], [""], ["a", "b"], ["x" * 9000]], ids=["none", "empty", "two", "long"])
def test_a_launch_without_its_token_is_told_so(ehr, browser, launch):
    stopped(opened(browser, iss=ehr.url, launch=launch), "The EHR did not say which launch this is")


def test_hostile_text_of_a_launch_goes_to_the_ehr_only(ehr, browser):
    leaving = opened(browser, iss=ehr.url, launch=HOSTILE)
    assert HOSTILE == said_in(leaving.headers["Location"])["launch"]
    assert "<script>" not in leaving.text + leaving.headers["Location"]


NO_CONFIGURATION = "The EHR did not say where to sign in"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (status(404), "has no usable .well-known/smart-configuration"),
        (status(500), "has no usable"),
        (redirect("http://127.0.0.1:1/"), "has no usable"),
        (replies(200, b"<html>", "text/html"), "has no usable"),
        (body([]), "has no usable"),
        (body({"authorization_endpoint": 7}), "has no usable"),
        (body(b"[" * 100_000), "has no usable"),
        (body(b"{" + b" " * 300_000 + b"}"), "answered with more than can be read"),
        (half, "The EHR"),
        (drop, "The EHR broke off."),
        (hang, "The EHR did not answer in time."),
        (drip, "The EHR did not answer in time."),
    ],
    ids=[
        "gone",
        "broken",
        "elsewhere",
        "page",
        "list",
        "odd",
        "deep",
        "large",
        "half",
        "dropped",
        "silent",
        "dripping",
    ],
)
def test_an_ehr_that_does_not_say_where_to_sign_in_is_told_so(ehr, answer, why):
    ehr.faults[".well-known"] = answer
    browser = Browser(service_for(client_of(ehr), fhir_seconds=0.3))
    assert why in stopped(opened(browser, iss=ehr.url, launch="x"), NO_CONFIGURATION, 502)
    assert [".well-known/smart-configuration"] == ehr.queries


def test_an_ehr_that_gave_no_answer_is_not_asked_by_every_stranger(ehr, browser):
    ehr.configuration = None
    for _ in range(3):
        stopped(opened(browser, iss=ehr.url, launch="x"), NO_CONFIGURATION, 502)
    assert [".well-known/smart-configuration"] == ehr.queries


@pytest.mark.parametrize("methods", [None, [], ["plain"], "S256"])
def test_an_ehr_without_pkce_is_not_trusted_with_a_sign_in(ehr, browser, methods):
    ehr.configuration = {**ehr.configuration, "code_challenge_methods_supported": methods}
    stopped(opened(browser, iss=ehr.url, launch="x"), "The EHR cannot protect this sign-in", 502)


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize(
    "address", ["https://stranger.example.org/x", "javascript:alert(1)", "//stranger.example.org", "{auth}@x.example/"]
)
def test_users_and_codes_are_sent_to_registered_hosts_only(ehr, browser, endpoint, address):
    ehr.configuration = {**ehr.configuration, endpoint: address.format(auth=ehr.auth.url)}
    reply = opened(browser, iss=ehr.url, launch="x")
    stopped(reply, "The EHR signs users in at a host that is not registered", 502)
    assert "Location" not in reply.headers


def test_the_host_of_the_fhir_server_needs_no_registration_of_its_own(ehr):
    ehr.configuration = {
        **ehr.configuration,
        "authorization_endpoint": ehr.url.replace("/r4", "/auth/authorize"),
        "token_endpoint": ehr.url.replace("/r4", "/auth/token"),
    }
    browser = Browser(service_for(client_of(ehr, authorization_servers=[])))
    assert 302 == opened(browser, iss=ehr.url, launch="x").status_code


OVER = "This launch is over"


def test_a_page_cannot_be_loaded_again(ehr, browser):
    back = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)))
    assert 200 == browser.open(back).status_code
    stopped(browser.open(back), OVER)
    assert 1 == len(ehr.auth.forms)


def test_a_code_that_another_browser_got_opens_nothing(ehr, browser):
    back = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)))
    stopped(Browser(browser.app).open(back), OVER)
    assert [] == ehr.auth.forms


def test_a_code_for_another_launch_opens_nothing(ehr, browser):
    first = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)))
    second = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT, "launch-2")))
    foreign = f"{CALLBACK}?{urlencode({'code': said_in(first)['code'], 'state': said_in(second)['state'] + 'x'})}"
    stopped(browser.open(foreign), OVER)
    swapped = f"{CALLBACK}?{urlencode({'code': said_in(first)['code'], 'state': said_in(second)['state']})}"
    page = stopped(browser.open(swapped), "The EHR did not give access to the chart", 502)
    assert "was used already, or came too late" in page


@pytest.mark.parametrize("state", ["", "x", "../../x", HOSTILE, "é" * 20])
def test_an_answer_without_a_launch_opens_nothing(browser, state):
    reply = browser.open(f"{CALLBACK}?{urlencode({'code': 'x', 'state': state})}")
    assert "<script>" not in stopped(reply, OVER)


class OldSeal(NothingKept):
    """Keeps nothing; its secret is known."""

    def secret(self, _purpose):
        return b"s" * 32


def sealed_cookie(browser, launch, when):
    value = LaunchSeal(OldSeal().secret(PURPOSE), lambda: when).closed(launch)
    browser.client.set_cookie(f"__Host-launch-{launch.state[:16]}", value, domain="cds.example.org")


@pytest.mark.parametrize(("age", "title"), [(OPEN_SECONDS - 5, None), (OPEN_SECONDS + 5, OVER), (-1, None)])
def test_a_launch_lasts_ten_minutes(ehr, age, title):
    browser = Browser(service_for(client_of(ehr), records=OldSeal()))
    back = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)))
    seal = LaunchSeal(OldSeal().secret(PURPOSE))
    state = said_in(back)["state"]
    sealed_cookie(browser, seal.opened(cookie_value(browser.replies[0]), state), datetime.now(UTC).timestamp() - age)
    reply = browser.open(back)
    assert 200 == reply.status_code if title is None else stopped(reply, title)


def test_a_cookie_that_was_changed_or_sealed_by_somebody_else_opens_nothing(ehr, browser):
    back = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)))
    name = f"__Host-launch-{said_in(back)['state'][:16]}"
    value = cookie_value(browser.replies[0])
    for forged in ("", "x", "AAAA", "é", value[:-4] + "AAA=", value[:60], value[:4] + value):
        browser.client.set_cookie(name, forged, domain="cds.example.org")
        stopped(browser.open(back), OVER)
    assert [] == ehr.auth.forms


def test_a_client_that_was_taken_out_meanwhile_gets_no_page(ehr):
    clients = [client_of(ehr)]
    gate = gate_for(clients)
    browser = Browser(service_for(gate=gate))
    back = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)))
    clients[:] = [client(fhir_servers=[ehr.url])]
    gate.reload()
    stopped(browser.open(back), "The app is not turned on for this EHR", 403)
    assert [] == ehr.auth.forms


DENIED = "The EHR did not open the chart to this app"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ("access_denied", "refused access"),
        ("invalid_scope", "does not let the app read what it asks for"),
        ("temporarily_unavailable", "too busy"),
        (HOSTILE, ""),
    ],
)
def test_an_ehr_that_refuses_is_told_in_our_words(ehr, browser, error, why):
    ehr.auth.refuses = {"error": error, "error_description": HOSTILE, "error_uri": "https://stranger.example.org"}
    page = stopped(browser.launched(ehr), DENIED, 403)
    assert why in page
    assert "alert" not in page
    assert "stranger" not in page


def test_a_launch_that_the_ehr_does_not_know_is_refused_by_it(ehr, browser):
    stopped(browser.open(browser.sign_in(opened(browser, iss=ehr.url, launch="unknown"))), DENIED, 403)


@pytest.mark.parametrize(
    ("names", "title"),
    [("{auth}", None), ("https://stranger.example.org", "The answer came from somebody else than the EHR")],
)
def test_an_answer_bears_the_name_that_the_ehr_has_promised(ehr, browser, names, title):
    ehr.configuration = {**ehr.configuration, "authorization_response_iss_parameter_supported": True}
    back = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)))
    reply = browser.open(f"{back}&{urlencode({'iss': names.format(auth=ehr.auth.url)})}")
    assert 200 == reply.status_code if title is None else stopped(reply, title, 403)


def test_an_answer_without_the_promised_name_opens_nothing(ehr, browser):
    ehr.configuration = {**ehr.configuration, "authorization_response_iss_parameter_supported": True}
    stopped(browser.launched(ehr), "The answer came from somebody else than the EHR", 403)
    assert [] == ehr.auth.forms


@pytest.mark.parametrize("code", ["", "x" * 9000])
def test_an_answer_without_a_code_is_told_so(ehr, browser, code):
    state = said_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)).headers["Location"])["state"]
    reply = browser.open(f"{CALLBACK}?{urlencode({'state': state, 'code': code})}")
    stopped(reply, "The EHR sent no answer that can be used")


def test_a_code_of_nobody_is_refused_by_the_ehr(ehr, browser):
    state = said_in(browser.open(ehr.opens_app(LAUNCH, PATIENT)).headers["Location"])["state"]
    page = stopped(
        browser.open(f"{CALLBACK}?state={state}&code=made-up"), "The EHR did not give access to the chart", 502
    )
    assert "was used already, or came too late" in page


def test_a_secret_that_is_wrong_or_gone_is_told_without_it(tmp_path, caplog):
    with ehr_with(secret=f"another-{SECRET}") as ehr:
        file = written_secret(tmp_path)
        browser = Browser(service_for(client_of(ehr, client_secret_file=file)))
        page = stopped(browser.launched(ehr), "The EHR did not give access to the chart", 502)
        assert "does not accept this app&#39;s id or secret" in page
        (tmp_path / "secret.txt").unlink()
        page = stopped(browser.launched(ehr), "This service cannot prove to the EHR who it is", 502)
        assert str(tmp_path) not in page
    assert ["no-token", "no-secret"] == reasons(caplog)


NO_PATIENT = "The EHR did not say whose chart this is"
NO_ACCESS = "The EHR did not give access to the chart"


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"patient": None}, NO_PATIENT),
        ({"patient": 7}, NO_PATIENT),
        ({"patient": ""}, NO_PATIENT),
        ({"patient": "../x"}, NO_PATIENT),
        ({"patient": "Group/1"}, NO_PATIENT),
        ({"patient": HOSTILE}, NO_PATIENT),
        ({"access_token": None}, NO_ACCESS),
        ({"access_token": "two words"}, NO_ACCESS),
        ({"access_token": "x\r\ny"}, NO_ACCESS),
        ({"access_token": "x" * 20_000}, NO_ACCESS),
        ({"token_type": "mac"}, NO_ACCESS),
        ({"token_type": None}, NO_ACCESS),
        ({"scope": ["launch"]}, NO_ACCESS),
        ({"error": "invalid_grant"}, NO_ACCESS),
    ],
)
def test_a_token_that_opens_no_chart_is_told_so(ehr, browser, changes, title):
    ehr.auth.changes = lambda answer: answer.update(changes)
    page = stopped(browser.launched(ehr), title, 502)
    assert "alert" not in page
    assert [".well-known/smart-configuration"] == ehr.queries


@pytest.mark.parametrize("changes", [{"patient": f"Patient/{PATIENT}"}, {"token_type": "bearer"}, {"encounter": 7}])
def test_a_token_that_is_written_a_little_otherwise_opens_the_chart(ehr, browser, changes):
    ehr.auth.changes = lambda answer: answer.update(changes)
    assert 200 == browser.launched(ehr).status_code


def test_a_token_without_scope_covers_what_was_asked_for(ehr, browser):
    ehr.auth.changes = lambda answer: answer.pop("scope")
    assert 200 == browser.launched(ehr).status_code


def test_an_id_token_is_not_believed_for_it_is_not_read(ehr, browser):
    ehr.auth.changes = lambda answer: answer.update({"id_token": "not.a.token", "fhirUser": "Practitioner/hostile"})
    page = browser.launched(ehr)
    assert 200 == page.status_code
    assert "hostile" not in page.text


def test_the_chart_of_another_patient_than_the_tokens_is_never_shown(ehr, browser):
    ehr.faults["Patient/"] = body(
        {"resourceType": "Patient", "id": "somebody-else", "name": [{"text": "Wrong Person"}]}
    )
    assert "Wrong Person" not in browser.launched(ehr).text


def test_a_chart_of_nobody_is_not_taken_for_an_empty_one(ehr, browser):
    page = browser.launched(ehr, "nobody").text
    assert "Nothing on this chart" not in page
    assert "Not all of it could be read" in page
    assert "does not have it (404)" in page


NO_DATA = "The chart could not be read"


def test_a_token_that_has_expired_is_told_and_never_shown_as_nothing_to_do(ehr, browser):
    ehr.faults.update(dict.fromkeys(("Patient", "Procedure", "CarePlan", "Encounter", "Coverage"), status(401)))
    page = stopped(browser.launched(ehr), NO_DATA, 502)
    assert "did not accept the access token (401)" in page
    assert "Nothing on this chart" not in page


@pytest.mark.parametrize(
    "fault", [status(403), status(500), hang, drop], ids=["refused", "broken", "silent", "dropped"]
)
def test_a_chart_that_cannot_be_read_is_told_and_never_shown_as_nothing_to_do(ehr, fault):
    browser = Browser(service_for(client_of(ehr), fhir_seconds=0.5))
    ehr.faults.update(dict.fromkeys(("Patient", "Procedure", "CarePlan", "Encounter", "Coverage"), fault))
    assert "Nothing on this chart" not in stopped(browser.launched(ehr), NO_DATA, 502)


def test_hostile_text_of_a_chart_means_nothing_on_the_page(ehr, browser):
    for resource in ehr.resources:
        if resource["resourceType"] == "Patient":
            resource |= {"name": [{"text": HOSTILE}], "birthDate": HOSTILE}
        if resource["resourceType"] in {"Coverage", "CarePlan", "Procedure", "Organization"}:
            resource |= {"name": HOSTILE, "title": HOSTILE}
    page = browser.launched(ehr, appContext=HOSTILE)
    assert 200 == page.status_code
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


@pytest.mark.parametrize("name", [7, [], [7], [{"given": 7, "family": {}}], [{"given": [None, 3], "text": ""}], "x"])
def test_a_name_that_is_none_is_left_out(ehr, browser, name):
    for resource in ehr.resources:
        if resource["resourceType"] == "Patient":
            resource |= {"name": name, "birthDate": 7}
    assert 200 == browser.launched(ehr).status_code


def test_the_log_names_the_reason_and_never_a_token_a_code_or_a_patient(ehr, browser, caplog):
    caplog.set_level(logging.DEBUG, "cds_service")
    back = browser.sign_in(browser.open(ehr.opens_app(LAUNCH, PATIENT, "launch-of-a-patient")))
    browser.open(back)
    browser.open(back)
    ehr.auth.changes = lambda answer: answer.pop("patient")
    browser.launched(ehr)
    own_records = [record for record in caplog.records if record.name.startswith("cds_service")]
    lines = "\n".join(JsonFormatter().format(record) for record in own_records)
    assert ["not-open", "no-patient"] == reasons(caplog)
    assert {"https://ehr.example.org", None} == {
        json.loads(line).get("client") for line in lines.splitlines() if "app-launch-stopped" in line
    }
    tokens, said = [*ehr.auth.tokens], said_in(back)
    for secret in (PATIENT, said["code"], said["state"], "launch-of-a-patient", "Longson", *tokens):
        assert secret not in lines


def test_a_stopped_launch_shows_no_token_and_no_patient(ehr, browser):
    ehr.faults["Procedure"] = ehr.faults["CarePlan"] = status(401)
    page = stopped(browser.launched(ehr), NO_DATA, 502)
    for secret in (PATIENT, "Longson", *ehr.auth.tokens):
        assert secret not in page
    assert re.search(r"request id <code>\w{32}</code>", page)


def test_in_a_demo_no_ehr_opens_the_app(ehr):
    browser = Browser(service_for())
    stopped(opened(browser, iss=ehr.url, launch="x"), "This EHR is not registered here", 403)


def test_every_reason_that_the_log_can_give_is_explained():
    page = (Path(__file__).parents[3] / "docs" / "smart.md").read_text(encoding="utf-8")
    table = page.partition("| reason in the log |")[2]
    assert set(STOPS) == set(re.findall(r"`([a-z-]+)`", re.sub(r" \| .* \|$", "", table, flags=re.MULTILINE)))
