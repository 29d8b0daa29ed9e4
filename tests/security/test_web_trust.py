"""The HTTP surface behind the gate: who is let in where, and what is told."""

import logging

import orjson
import pytest

from cds_service.app.settings import Settings
from cds_service.policies.stack import PolicyStack
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.web.application import create_app
from cds_service.web.around.logs import JsonFormatter
from tests.security.signing import ISSUER, PUBLIC_URL, SERVICE, Ehr, Signer, client, registry
from tests.web.talking import AnswersWith, outcome_of

EHR = Ehr()
OTHER = Ehr(Signer(name="second"), "https://other.example.org")
DISCOVERY = "/cds-services"
CALL = f"/cds-services/{SERVICE}"
FEEDBACK = f"{CALL}/feedback"
BROWSER = "https://browser.example.org"


class Answers(AnswersWith):
    """Answers with no cards and keeps who called."""

    def __init__(self):
        super().__init__(lambda _call: {"cards": []})
        self.callers = []

    def answered(self, call, caller):
        self.callers.append(caller)
        return super().answered(call, caller)


@pytest.fixture
def answers():
    return Answers()


def other_client(**members):
    return client(OTHER.signer, issuer=OTHER.issuer, **members)


def app_of(*clients, answers=None, **settings):
    gate = Gate(lambda: registry(*clients), MemoryReplay())
    return create_app(
        Settings(public_url=PUBLIC_URL, **settings), answers or Answers(), PolicyStack(()), gate
    ).test_client()


def order():
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/17",
            "patientId": "patient-4711",
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": []},
        },
    }


def call(app, path=CALL, *, ehr=EHR, aud=None, headers=None, **claims):
    auth = ehr.headers(aud or f"{PUBLIC_URL}{path}", **claims)
    return app.post(path, json=order(), headers={**auth, **(headers or {})})


def test_a_registered_client_is_answered():
    reply = call(app_of())
    assert (200, {"cards": []}) == (reply.status_code, reply.json)


@pytest.mark.parametrize(
    "path", [CALL, FEEDBACK, "/cds-services/no-such-service", f"{CALL}/", f"/cds-services//{SERVICE}"]
)
def test_a_call_without_token_is_not(path):
    reply = app_of().post(path, json=order())
    assert "login" == outcome_of(reply, 401)["code"]
    assert "Bearer" == reply.headers["WWW-Authenticate"]


BY_A_PROXY = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "evil.example.org",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-User": ISSUER,
    "X-Original-URL": "/health/live",
    "X-HTTP-Method-Override": "GET",
    "X-Client-Cert": "anything",
    "Forwarded": "for=127.0.0.1;host=evil.example.org;proto=http",
    "Host": "evil.example.org",
}


def test_nothing_that_a_proxy_adds_is_believed():
    app = app_of()
    outcome_of(app.post(CALL, json=order(), headers=BY_A_PROXY), 401)
    outcome_of(call(app, aud=f"http://evil.example.org{CALL}", headers=BY_A_PROXY), 401)
    assert (200, {"cards": []}) == ((reply := call(app, headers=BY_A_PROXY)).status_code, reply.json)
    page = app.get("/rules", headers={"Accept": "text/html", **BY_A_PROXY})
    assert page.status_code == 200
    assert "evil" not in page.text


def test_every_refusal_looks_the_same():
    app = app_of()
    headers = [
        {},
        {"Authorization": "Basic dTpw"},
        EHR.headers(f"{PUBLIC_URL}/other"),
        EHR.headers(f"{PUBLIC_URL}{CALL}", exp=1),
        OTHER.headers(f"{PUBLIC_URL}{CALL}"),
    ]
    replies = [app.post(CALL, json=order(), headers=header | {"X-Request-Id": "r1"}) for header in headers]
    assert {401} == {reply.status_code for reply in replies}
    assert 1 == len({reply.data for reply in replies})


def test_the_body_is_not_looked_at_before_the_token():
    outcome_of(app_of().post(CALL, data=b"not json"), 401)


def test_the_same_token_twice_is_refused_the_second_time():
    app = app_of()
    assert [200, 401] == [call(app, jti="one-and-only").status_code for _ in range(2)]


def test_a_token_of_one_service_opens_no_other():
    outcome_of(call(app_of(), "/cds-services/work-rehab-visit", aud=f"{PUBLIC_URL}{CALL}"), 401)


@pytest.mark.parametrize("path", [f"{CALL}/", f"{CALL}//", f"/{CALL}", CALL.replace("/", "//")])
@pytest.mark.parametrize("aud", [None, f"{PUBLIC_URL}{CALL}"], ids=["as called", "as registered"])
def test_a_token_made_for_a_path_with_extra_slashes_fits(path, aud):
    headers = EHR.headers(aud or f"{PUBLIC_URL}{path}")
    reply = app_of().post(json=order(), headers=headers, environ_overrides={"PATH_INFO": path})
    assert 200 == reply.status_code


def test_a_service_that_does_not_exist_is_told_to_clients():
    assert "not-found" == outcome_of(call(app_of(), "/cds-services/no-such-service"), 404)["code"]


def test_a_service_that_the_client_is_not_registered_for_is_forbidden():
    app = app_of(client(services=["work-rehab-visit"]))
    assert "forbidden" == outcome_of(call(app), 403)["code"]


@pytest.mark.parametrize("path", ["/cds-services/work-rehab-order-sign", "/cds-services/work-rehab-order"])
def test_a_token_names_the_url_that_is_called_be_it_listed_or_shared(path):
    assert 200 == call(app_of(), path).status_code


def test_a_token_for_the_listed_url_does_not_open_the_shared_one():
    outcome_of(call(app_of(), CALL, aud=f"{PUBLIC_URL}/cds-services/work-rehab-order-sign"), 401)


def test_feedback_of_a_listed_service_takes_the_token_of_that_service():
    path = "/cds-services/work-rehab-order-sign"
    assert 400 == call(app_of(), f"{path}/feedback", aud=f"{PUBLIC_URL}{path}").status_code


def test_a_tenant_that_the_client_is_not_registered_for_is_forbidden():
    app = app_of(client(tenants=["north"]))
    assert 200 == call(app, tenant="north").status_code
    assert "forbidden" == outcome_of(call(app, tenant="south"), 403)["code"]


@pytest.mark.parametrize("aud", [FEEDBACK, CALL])
def test_feedback_takes_its_own_url_and_that_of_the_service(aud):
    assert 400 == call(app_of(), FEEDBACK, aud=f"{PUBLIC_URL}{aud}").status_code


def test_feedback_takes_no_token_of_another_service():
    outcome_of(call(app_of(), FEEDBACK, aud=f"{PUBLIC_URL}/cds-services/work-rehab-visit"), 401)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_open_discovery_needs_no_token(method):
    assert 200 == app_of().open(DISCOVERY, method=method).status_code


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_closed_discovery_needs_one(method):
    app = app_of(discovery_open=False)
    assert 401 == app.open(DISCOVERY, method=method).status_code
    assert 401 == app.open(DISCOVERY, method=method, headers=EHR.headers(f"{PUBLIC_URL}{CALL}")).status_code
    assert 200 == app.open(DISCOVERY, method=method, headers=EHR.headers(f"{PUBLIC_URL}{DISCOVERY}")).status_code


def test_a_client_of_one_service_may_discover_all():
    app = app_of(client(services=["work-rehab-visit"]), discovery_open=False)
    assert 200 == app.get(DISCOVERY, headers=EHR.headers(f"{PUBLIC_URL}{DISCOVERY}")).status_code


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/", "/rules", "/coverage", "/CodeSystem/topic"])
def test_health_and_knowledge_are_open(path):
    assert 200 == app_of(discovery_open=False).get(path).status_code


def test_the_client_and_its_tenant_reach_the_pipeline(answers):
    known = client(tenants=["north"], mode="shadow", max_cards=2)
    call(app_of(known, answers=answers), tenant="north")
    assert [(known, "north")] == answers.callers


def test_the_client_of_one_call_is_not_that_of_the_next(answers):
    app = app_of(client(max_cards=2), other_client(max_cards=7), answers=answers)
    for ehr in (EHR, OTHER, EHR):
        call(app, ehr=ehr)
    assert [2, 7, 2] == [caller.client.max_cards for caller in answers.callers]


def preflight(app, origin, path=CALL):
    return app.options(path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})


@pytest.mark.parametrize("path", [DISCOVERY, CALL, FEEDBACK])
def test_a_preflight_of_any_clients_origin_needs_no_token(path):
    app = app_of(client(), other_client(cors_origins=[BROWSER]), discovery_open=False)
    assert BROWSER == preflight(app, BROWSER, path).headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Origin" not in preflight(app, "https://stranger.example.org", path).headers


def test_a_call_is_readable_for_the_clients_own_origin_only():
    app = app_of(client(), other_client(cors_origins=[BROWSER]))
    own, foreign = (call(app, ehr=ehr, headers={"Origin": BROWSER}) for ehr in (OTHER, EHR))
    assert [200, 200] == [own.status_code, foreign.status_code]
    assert BROWSER == own.headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_a_refusal_is_readable_for_a_clients_origin():
    app = app_of(client(cors_origins=[BROWSER]))
    reply = app.post(CALL, json=order(), headers={"Origin": BROWSER})
    assert (401, BROWSER) == (reply.status_code, reply.headers["Access-Control-Allow-Origin"])


def test_origins_of_the_demo_are_not_those_of_the_service():
    app = app_of(client(), cors_origins=BROWSER)
    assert "Access-Control-Allow-Origin" not in preflight(app, BROWSER).headers


def lines_of(caplog):
    return [orjson.loads(JsonFormatter().format(record)) for record in caplog.records]


def test_the_log_tells_why_and_whom_but_never_the_token(caplog):
    app = app_of()
    tokens = [
        EHR.headers(f"{PUBLIC_URL}{CALL}", exp=1, sub="patient-4711"),
        Ehr(issuer="https://stranger-4711.example.org").headers(f"{PUBLIC_URL}{CALL}"),
    ]
    with caplog.at_level(logging.DEBUG, "cds_service"):
        for token in tokens:
            app.post(CALL, json=order(), headers=token)
    lines = lines_of(caplog)
    refusals = [line for line in lines if line["event"] == "refused"]
    assert [("exp", ISSUER), ("unknown-issuer", None)] == [(line["reason"], line.get("client")) for line in refusals]
    written = orjson.dumps(lines).decode()
    assert "4711" not in written
    assert not [part for token in tokens for part in token["Authorization"].split()[1].split(".") if part in written]


def test_the_log_names_the_client_of_an_answered_call(caplog):
    with caplog.at_level(logging.INFO, "cds_service"):
        call(app_of())
    (line,) = lines_of(caplog)
    assert (ISSUER, 200) == (line["client"], line["status"])


class BrokenReplay:
    """A memory that cannot be asked."""

    def seen(self, *_):
        raise OSError("the disk of patient-4711 is full")


def test_without_a_memory_of_used_tokens_nobody_is_let_in(answers):
    gate = Gate(lambda: registry(client()), BrokenReplay())
    app = create_app(Settings(public_url=PUBLIC_URL), answers, PolicyStack(()), gate).test_client()
    assert "exception" == outcome_of(call(app), 500)["code"]
    assert [] == answers.callers
