"""Sign-in by OpenID Connect against a real authorization server: code flow with PKCE, state and nonce."""

from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from cds_service.app.settings import Settings
from cds_service.web.pages.insights.openid import NO_ANSWER_SECONDS, NotSignedIn, Provider, is_allowed
from cds_service.web.pages.insights.sessions import Tickets
from tests.authserver.auth_server import AuthServer, RegisteredApp
from tests.hosts import HttpHost
from tests.records.keeping import NOW, PUBLIC_URL, keeping
from tests.records.test_insights_pages import TOKEN, Visitor

CALLBACK = f"{PUBLIC_URL}/insights/callback"
SECRET = "a-secret-of-the-tests"  # noqa: S105 - made up
LEAD = {"email": "Lead@clinic.example", "email_verified": True, "groups": ["therapists"]}


@pytest.fixture
def provider():
    with AuthServer(RegisteredApp("work-rehab", CALLBACK, SECRET)) as server:
        server.user.claims = dict(LEAD)
        yield server


@pytest.fixture
def site(database, provider):
    started = keeping(
        database,
        oidc_issuer=provider.url,
        oidc_client_id="work-rehab",
        oidc_client_secret=SECRET,
        oidc_allowed=("lead@clinic.example", "billing leads"),
        allow_http=True,
    )
    yield started
    started.records.close()


@pytest.fixture
def visitor(site):
    return Visitor(site.web)


def at_provider(visitor):
    """Where the provider sends the browser back to, as a path."""
    leaving = visitor.get("/insights/sign-in/provider")
    assert 302 == leaving.status_code
    back = requests.get(leaving.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    assert back.startswith(CALLBACK)
    return back.removeprefix(PUBLIC_URL)


def test_who_is_named_by_address_comes_in(visitor):
    assert "/insights/sign-in/provider" in visitor.get().text
    reply = visitor.get(at_provider(visitor))
    assert 200 == reply.status_code
    assert "You are signed in" in reply.text
    assert 200 == visitor.get().status_code


def test_the_provider_is_asked_with_pkce_state_and_nonce_and_the_secret_stays_out_of_the_address(visitor, provider):
    at_provider(visitor)
    (asked,) = provider.asked
    assert ("S256", "code", CALLBACK) == (asked["code_challenge_method"], asked["response_type"], asked["redirect_uri"])
    assert {"openid", "email"} <= set(asked["scope"].split())
    assert 3 == len({asked["state"], asked["nonce"], asked["code_challenge"]})
    assert SECRET not in str(asked)


def test_who_belongs_to_a_group_comes_in(visitor, provider):
    provider.user.claims = {"groups": ["billing leads"]}
    assert 200 == visitor.get(at_provider(visitor)).status_code


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": "lead@clinic.example"},
        {"email": "lead@clinic.example", "email_verified": False},
        {"email": "lead@clinic.example", "email_verified": "true"},
        {"email": "stranger@clinic.example", "email_verified": True},
        {"groups": "billing leads"},
        {"groups": ["lead@clinic.example"]},
    ],
)
def test_who_is_not_named_stays_outside(visitor, provider, claims):
    provider.user.claims = claims
    refused = visitor.get(at_provider(visitor))
    assert 403 == refused.status_code
    assert "CDS_OIDC_ALLOWED does not name you" in refused.text
    assert 401 == visitor.get().status_code


def test_a_group_with_an_at_sign_is_no_address():
    assert not is_allowed({"groups": ["x@y"]}, ("x@y",))
    assert not is_allowed({"email": "", "email_verified": True}, ("group",))


def test_a_code_of_another_browser_is_refused(site, visitor):
    stolen = at_provider(visitor)
    victim = Visitor(site.web.application.test_client())
    assert 403 == victim.get(stolen).status_code
    victim.get("/insights/sign-in/provider")
    assert 403 == victim.get(stolen).status_code


def test_a_code_opens_once(visitor):
    back = at_provider(visitor)
    assert 200 == visitor.get(back).status_code
    assert 403 == visitor.get(back).status_code


def test_a_sign_in_that_took_too_long_is_refused(site, visitor):
    back = at_provider(visitor)
    site.clock.pass_days(1)
    assert 403 == visitor.get(back).status_code


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied&error_description=<script>", "?code=y"])
def test_an_odd_return_is_refused(visitor, query):
    visitor.get("/insights/sign-in/provider")
    refused = visitor.get(f"/insights/callback{query}")
    assert 403 == refused.status_code
    assert "<script>" not in refused.text


def signed_otherwise(provider, **changed):
    """An id token whose claims or key were changed."""

    def change(answer):
        claims = jwt.decode(answer["id_token"], options={"verify_signature": False})
        key = changed.pop("key", provider.key.as_pem(private=True).decode())
        algorithm = changed.pop("algorithm", "RS256")
        answer["id_token"] = jwt.encode(claims | changed, key, algorithm, headers={"kid": "auth-1"})

    return change


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"aud": "another-app"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1},
        {"azp": "another-app"},
        {"key": "", "algorithm": "none"},
        {"key": "a-shared-secret-of-thirty-two-bytes", "algorithm": "HS256"},
    ],
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(visitor, provider, changed):
    provider.changes = signed_otherwise(provider, **changed)
    assert 403 == visitor.get(at_provider(visitor)).status_code


def test_an_answer_without_id_token_is_refused(visitor, provider):
    provider.changes = lambda answer: answer.pop("id_token")
    assert 403 == visitor.get(at_provider(visitor)).status_code


def test_a_provider_that_describes_itself_as_another_one_is_refused(database, provider):
    site = keeping(
        database,
        oidc_issuer=f"{provider.url}/",
        oidc_client_id="work-rehab",
        oidc_client_secret=SECRET,
        oidc_allowed=("lead@clinic.example",),
        allow_http=True,
    )
    refused = Visitor(site.web).get("/insights/sign-in/provider")
    assert 403 == refused.status_code
    assert "another one than CDS_OIDC_ISSUER names" in refused.text
    site.records.close()


def test_a_provider_that_is_gone_is_told(database):
    site = keeping(
        database,
        oidc_issuer="http://127.0.0.1:9",
        oidc_client_id="work-rehab",
        oidc_client_secret=SECRET,
        oidc_allowed=("lead@clinic.example",),
        allow_http=True,
        insights_token=TOKEN,
    )
    visitor = Visitor(site.web)
    refused = visitor.get("/insights/sign-in/provider")
    assert 403 == refused.status_code
    assert "Try again in a minute" in refused.text
    assert 303 == visitor.sign_in().status_code
    site.records.close()


def test_a_provider_that_gave_no_answer_is_not_asked_by_every_stranger():
    with HttpHost({"": lambda handler: handler.reply(500, {})}) as broken:
        settings = Settings(
            oidc_issuer=broken.url,
            oidc_client_id="work-rehab",
            oidc_client_secret=SECRET,
            oidc_allowed=("lead@clinic.example",),
            allow_http=True,
        )
        seconds = [0.0]
        provider = Provider(settings, CALLBACK, clock=lambda: seconds[0])
        for later in (0.0, 1.0, NO_ANSWER_SECONDS - 1.5, 1.0):
            seconds[0] += later
            with pytest.raises(NotSignedIn):
                provider.address("ticket", Tickets(b"key", lambda: NOW))
        assert 2 == len(broken.seen)


def test_where_only_the_provider_lets_in_no_token_does(visitor):
    assert 'name="token"' not in visitor.get().text
    assert 404 == visitor.post("/insights/sign-in", {"token": ""}).status_code


def test_the_session_begins_on_the_way_back_and_the_ticket_of_the_sign_in_is_gone(visitor):
    reply = visitor.get(at_provider(visitor))
    cookies = reply.headers.getlist("Set-Cookie")
    assert any("insights-session=" in cookie and "SameSite=Strict" in cookie for cookie in cookies)
    assert any("insights-sign-in=;" in cookie and "Max-Age=0" in cookie for cookie in cookies)
    assert "code" not in parse_qs(urlsplit(reply.headers.get("Location", "")).query)
