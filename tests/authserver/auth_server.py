"""An authorization server of others, as a real HTTP server on this machine: OAuth 2, OpenID Connect and SMART launches.

It is Authlib's own server: what it accepts and refuses is not ours. Nobody is asked for a password: whoever comes is
signed in as ``user``. With ``asks`` a page asks whether to let the app in, for tests in a browser.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from os import environ
from typing import Any, Self
from urllib.parse import urlencode

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Error, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, redirect, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

PLAIN_HTTP = "AUTHLIB_INSECURE_TRANSPORT"
CONSENT = """<!doctype html><html lang="en"><title>Sign in</title><main><h1>Let the app in?</h1>
<form method="post"><button name="answer" value="yes">Allow</button>
<button name="answer" value="no">Refuse</button></form></main></html>"""


@cache
def _signing_key() -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": "auth-1", "alg": "RS256", "use": "sig"})


@dataclass(frozen=True)
class RegisteredApp(ClientMixin):
    """An app that the server knows; without a secret it is a public one."""

    client_id: str
    redirect_uri: str
    secret: str | None = None

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        assert endpoint == "token"
        return method == ("none" if self.secret is None else "client_secret_basic")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class User:
    """Who is signed in; ``claims`` go into the id_token."""

    id: str = "practitioner-17"
    claims: dict[str, Any] = field(default_factory=dict)

    def get_user_id(self) -> str:
        return self.id


@dataclass
class Code:
    """A code that the server gave out, with what it was asked for."""

    data: dict[str, str]
    client_id: str

    def get_redirect_uri(self) -> str:
        return self.data["redirect_uri"]

    def get_scope(self) -> str:
        return self.data.get("scope", "")

    def get_nonce(self) -> str | None:
        return self.data.get("nonce")

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None

    @property
    def code_challenge(self) -> str | None:
        return self.data.get("code_challenge")

    @property
    def code_challenge_method(self) -> str | None:
        return self.data.get("code_challenge_method")


class AuthServer:
    """The server.

    Args:
        apps: Apps that it knows.
        asks: Whether a page asks before an app is let in.

    ``launches`` are the contexts of launches by their token: what is sent beside the access token. ``changes`` may
    change an answer of the token endpoint before it is sent. ``refuses`` is an error to answer with instead of a code.
    ``fhir`` is the address that tokens have to be asked for (``aud``), None for any. ``tokens`` are those in use, with
    their scope. ``asked`` are the requests to sign in, ``forms`` those to the token endpoint, ``proofs`` their
    Authorization headers.
    """

    def __init__(self, *apps: RegisteredApp, asks: bool = False) -> None:
        self.apps = {app.client_id: app for app in apps}
        self.asks = asks
        self.user = User()
        self.launches: dict[str, dict[str, Any]] = {}
        self.changes: Callable[[dict[str, Any]], Any] = lambda _answer: None
        self.refuses: Mapping[str, str] | None = None
        self.fhir: str | None = None
        self.tokens: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.forms: list[dict[str, str]] = []
        self.proofs: list[str | None] = []
        self.key = _signing_key()
        self.codes: dict[str, Code] = {}
        self._app = Flask("auth")
        self._oauth = self._server()
        self._add_routes()

    def __enter__(self) -> Self:
        self._allowed = environ.get(PLAIN_HTTP)
        environ[PLAIN_HTTP] = "1"
        self._http = make_server("127.0.0.1", 0, self._app, threaded=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        environ.pop(PLAIN_HTTP)
        if self._allowed is not None:
            environ[PLAIN_HTTP] = self._allowed

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.port}"

    @property
    def smart_configuration(self) -> dict[str, Any]:
        """What a FHIR server says of this server."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "capabilities": ["launch-ehr", "client-public", "client-confidential-symmetric", "context-ehr-patient"],
            "code_challenge_methods_supported": ["S256"],
        }

    @property
    def openid_configuration(self) -> dict[str, Any]:
        return {
            **self.smart_configuration,
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _server(self) -> AuthorizationServer:
        oauth = AuthorizationServer(
            self._app, query_client=self.apps.get, save_token=lambda token, _request: self._keep(token)
        )
        oauth.register_grant(_code_grant(self), [CodeChallenge(required=True), _id_token(self), _launch_context(self)])
        return oauth

    def _keep(self, token: dict[str, Any]) -> None:
        self.tokens[token["access_token"]] = token.get("scope", "")

    def _add_routes(self) -> None:
        self._app.route("/authorize", methods=["GET", "POST"])(self._authorize)
        self._app.post("/token")(self._token)
        self._app.get("/jwks", endpoint="keys")(lambda: jsonify(KeySet([self.key]).as_dict(private=False)))
        self._app.get("/.well-known/openid-configuration", endpoint="configuration")(
            lambda: jsonify(self.openid_configuration)
        )

    def _authorize(self) -> Response | str:
        self.asked.append(dict(request.args))
        try:
            grant = self._oauth.get_consent_grant(end_user=self.user)
        except OAuth2Error as error:
            return Response(error.error, 400)
        refused = self._refusal()
        if refused is not None:
            answer = urlencode({**refused, "state": request.args.get("state", "")})
            return redirect(f"{request.args['redirect_uri']}?{answer}")
        if self.asks and request.method == "GET":
            return CONSENT
        granting = self.user if not self.asks or request.form.get("answer") == "yes" else None
        return self._oauth.create_authorization_response(grant_user=granting, grant=grant)

    def _refusal(self) -> Mapping[str, str] | None:
        launch = request.args.get("launch")
        if launch is not None and launch not in self.launches:
            return {"error": "invalid_request"}
        if self.fhir is not None and request.args.get("aud") != self.fhir:
            return {"error": "invalid_request"}
        return self.refuses

    def _token(self) -> Response:
        self.forms.append(dict(request.form))
        self.proofs.append(request.headers.get("Authorization"))
        return self._oauth.create_token_response()


def _code_grant(auth: AuthServer) -> type[grants.AuthorizationCodeGrant]:
    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "none")

        def save_authorization_code(self, code, request):
            auth.codes[code] = Code(dict(request.payload.data), request.client.client_id)

        def query_authorization_code(self, code, client):
            found = auth.codes.get(code)
            return found if found is not None and found.client_id == client.client_id else None

        def delete_authorization_code(self, authorization_code):
            auth.codes = {code: kept for code, kept in auth.codes.items() if kept is not authorization_code}

        def authenticate_user(self, authorization_code):
            assert authorization_code
            return auth.user

    return CodeGrant


def _id_token(auth: AuthServer) -> OpenIDCode:
    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce, request):
            assert request
            return any(kept.get_nonce() == nonce for kept in auth.codes.values())

        def resolve_client_private_key(self, client):
            assert client
            return auth.key

        def get_client_algorithm(self, client):
            assert client
            return "RS256"

        def get_client_claims(self, client):
            return {"iss": auth.url, "aud": [client.client_id]}

        def generate_user_info(self, user, scope):
            assert scope
            return UserInfo(sub=user.id, **user.claims)

    return IdToken()


def _launch_context(auth: AuthServer) -> Callable[[Any], None]:
    """Sends the context of a launch beside the token."""

    def add(grant, result):
        _, answer, _ = result
        answer.update(auth.launches.get(grant.request.authorization_code.data.get("launch", ""), {}))
        auth.changes(answer)

    return lambda grant: grant.register_hook("after_create_token_response", add)
