"""A request that a visitor pastes: answered like a story, refused clearly, kept nowhere."""

import json
import logging
from datetime import date

import pytest

from cds_service.app.settings import Settings
from cds_service.stories import load
from cds_service.web.application import create_app
from tests.web.try_it.reading import section, words

TODAY = date.today()  # noqa: DTZ011 - the page answers as of today


def request_of(story="texas-hardening-pt-pta", hook=None):
    return load(story, TODAY).request(hook)


def paste(client, text, disposition='name="request"'):
    """Send as a browser sends a form."""
    body = f"--edge\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{text}\r\n--edge--\r\n".encode()
    return client.post("/try/pasted", data=body, content_type="multipart/form-data; boundary=edge")


def test_a_pasted_request_is_answered_like_the_story_it_is(demo):
    reply = paste(demo, json.dumps(request_of()))

    assert reply.status_code == 200
    answer = section(reply.text, "answer")
    assert "Charge 97545-WH-GP x1, 97546-WH-GP-CQ x2 (240 min)" in answer
    assert "97546 WH, GP, CQ 2" in words(reply.text), "what accepting would write"
    assert "Program modifier" in section(reply.text, "why")


def test_a_request_about_something_else_gets_no_card(demo):
    request = request_of("order-without-code", "order-sign")
    entry = {"resource": {"resourceType": "MedicationRequest", "id": "m1", "status": "draft", "intent": "order"}}
    request["context"]["draftOrders"]["entry"] = [entry]

    assert "nothing of work rehabilitation" in words(paste(demo, json.dumps(request)).text)


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("", 400, "The body is empty."),
        ("   ", 400, "The body is empty."),
        ("Dear Sir", 400, "The body is not JSON."),
        ("[1, 2]", 400, "The body is not a JSON object."),
        ("{}", 400, "hook is required."),
        ('{"hook": 7}', 400, "hook must be"),
        ('{"hook": "tea-time"}', 400, "hook is tea-time, which no service here answers."),
        ('{"hook": "<b>\u202e"}', 400, "hook is ?b??, which no service here answers."),
        ('{"hook": "patient-view"}', 400, "hookInstance is required."),
        ('{"hook": "patient-view", "hookInstance": "x"}', 400, "context is required."),
        ('{"resourceType": "Patient"}', 400, "hook is required."),
        ('{"hook": ' + "[" * 200_000, 400, "hook must be"),
        ('{"hook": "patient-view", "a": ' + "[" * 200_000 + "]" * 200_000 + "}", 400, "nested too deeply"),
    ],
)
def test_what_is_no_request_is_refused_in_a_sentence(demo, text, status, said):
    reply = paste(demo, text)

    assert reply.status_code == status
    assert "The service refuses this request." in words(reply.text)
    assert said in words(reply.text)


def test_a_visit_without_its_data_is_refused_as_the_service_refuses_it(demo):
    request = request_of()
    del request["prefetch"]

    reply = paste(demo, json.dumps(request))

    assert reply.status_code == 412
    assert "Data that this service cannot do without is missing" in words(reply.text)


def test_a_chart_of_another_patient_is_not_used_and_the_page_says_so(demo):
    request = request_of()
    request["context"]["patientId"] = "somebody-else"

    reply = paste(demo, json.dumps(request))

    assert "Charge 97545" not in words(reply.text)
    assert "another patient" in words(reply.text)


def test_a_request_over_the_limit_is_refused_with_the_limit(demo):
    reply = paste(demo, "x" * 50_000_000)

    assert reply.status_code == 413
    assert "The body is too large. The limit of this service is 32 MB (33,554,432 bytes)." in words(reply.text)


def test_a_request_of_several_megabytes_is_read(demo):
    request = request_of()
    request["extension"] = {"com.example.filler": "x" * 4_000_000}

    assert paste(demo, json.dumps(request)).status_code == 200


def test_a_file_is_refused_for_it_would_touch_the_disk(demo):
    reply = paste(demo, json.dumps(request_of()), 'name="request"; filename="request.json"')

    assert reply.status_code == 415
    assert "A file was sent." in words(reply.text)


def test_a_form_with_fields_without_number_is_not_read(demo):
    for fields, status in (("a=&" * 500_000, 413), ("request=Dear+Sir", 400)):
        reply = demo.post("/try/pasted", data=fields, content_type="application/x-www-form-urlencoded")
        assert status == reply.status_code


def test_a_token_in_the_request_is_not_used(demo):
    request = request_of()
    del request["prefetch"]["authorizations"]
    request["fhirServer"] = "https://ehr.example.org/fhir"
    request["fhirAuthorization"] = {
        "access_token": "secret-token-of-a-visitor", "token_type": "Bearer", "expires_in": 300,
        "scope": "patient/*.rs", "subject": "x",
    }  # fmt: skip

    reply = paste(demo, json.dumps(request))

    assert reply.status_code == 200
    assert "This page asks none" in words(reply.text)
    assert "secret-token" not in reply.text
    assert "Answers from the payer not received." in words(reply.text)


def test_nothing_of_a_pasted_request_is_logged_or_sent_back_beyond_the_answer(demo, caplog):
    request = request_of()
    request["prefetch"]["patient"]["name"] = [{"text": "Secretname Hidden"}]

    with caplog.at_level(logging.DEBUG):
        reply = paste(demo, json.dumps(request))
        paste(demo, '{"hook": "Secretname Hidden"')

    assert "Secretname" not in reply.text
    assert "Secretname" not in caplog.text + str([vars(record) for record in caplog.records])
    assert reply.headers["Cache-Control"] == "no-store"


def test_hostile_text_of_a_chart_is_text_on_the_page(demo):
    evil = "</code><script>alert(1)</script><img src=x onerror=alert(2)> [l](javascript:alert(3))"
    request = request_of()
    text = json.dumps(request).replace("Prairie Mutual Compensation (invented)", json.dumps(evil)[1:-1])
    text = text.replace("Strain of the right rotator cuff", json.dumps(evil)[1:-1])

    page = paste(demo, text).text

    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


def test_pasted_requests_leave_no_record(tmp_path, policies):
    from cds_service.records.database import Database
    from cds_service.records.keeping import Records

    database = Database(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    database.upgrade()
    records = Records.on(database, None)
    client = create_app(Settings(), policies=policies, records=records).test_client()
    paste(client, json.dumps(request_of()))
    client.get("/try?did=override:visit-charges.draft&reason=other", headers={"Accept": "text/html"})
    records.close()

    assert records.counts().written == 0
