"""The way to the EHR and the token from it: OAuth 2 authorization code with PKCE, in the words of Authlib.

The token is that of a single request and is kept nowhere. An id_token says who the user is, which nothing here needs:
it is not asked for, and not read where one comes.
"""

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from cds_service.errors import InvalidRequest
from cds_service.fhir.reading.elements import type_name
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS, SUPPORTING
from cds_service.hooks.context import bare_id
from cds_service.hooks.services import hooks_of
from cds_service.security.smart_app import LAUNCH, SmartApp, read_secret
from cds_service.web.pages.smart.app_clients import AppClient
from cds_service.web.pages.smart.ehr_exchange import EhrExchange, NoAnswer
from cds_service.web.pages.smart.launch_stops import LaunchStop, without_token
from cds_service.web.pages.smart.open_launches import OpenLaunch, StateMarks
from cds_service.web.pages.smart.smart_configuration import PKCE_METHOD, SignIn

OVERVIEW: Final = hooks_of("work-rehab-patient-view")["patient-view"]
"""The service that is asked about the chart that was opened."""
SECRET_LETTERS: Final = 64
LONGEST_TOKEN: Final = 16 * 1024
"""Longer tokens fit in no header."""
_OK: Final = 200
_SENDABLE: Final = re.compile(r"[!-~]+")


class ChartAccess(NamedTuple):
    """Access to the chart of one patient: the token, what it covers, ids; ``opened_from`` is the rule of a card."""

    token: str
    scope: str
    patient: str
    encounter: str | None = None
    shows_patient: bool = False
    """The EHR shows whose chart it is itself."""
    opened_from: str | None = None

    def __repr__(self) -> str:
        return "ChartAccess(...)"


def scopes_of(app: SmartApp) -> str:
    """What the app asks for: the launch, and to read what the hook patient-view reads; or what the registry says."""
    if app.scopes is not None:
        return " ".join(app.scopes)
    kinds = (PREFETCH_KEYS[name].resource_type for name in OVERVIEW.prefetch)
    supporting = sorted(type_name(kind) for kind in SUPPORTING)
    return " ".join((LAUNCH, *(f"patient/{kind}.rs" for kind in dict.fromkeys((*kinds, *supporting)))))


def new_launch(launched: AppClient, sign_in: SignIn, marks: StateMarks) -> OpenLaunch:
    """A new launch with secrets of its own."""
    return OpenLaunch(
        server=launched.server,
        token_endpoint=sign_in.token,
        state=marks.marked(generate_token(SECRET_LETTERS), launched.client.issuer),
        verifier=generate_token(SECRET_LETTERS),
        issuer=sign_in.issuer,
    )


def address_of_sign_in(
    launched: AppClient, sign_in: SignIn, launch: OpenLaunch, *, iss: str, token: str, back: str
) -> str:
    """Where the user is sent; ``token`` is that of the EHR's launch, ``back`` our own address for the answer."""
    address: str = prepare_grant_uri(
        sign_in.authorize,
        launched.app.client_id,
        "code",
        redirect_uri=back,
        scope=scopes_of(launched.app),
        state=launch.state,
        aud=iss,
        launch=token,
        code_challenge=create_s256_code_challenge(launch.verifier),
        code_challenge_method=PKCE_METHOD,
    )
    return address


def fetched_access(
    exchange: EhrExchange, launched: AppClient, launch: OpenLaunch, *, code: str, back: str
) -> ChartAccess:
    """The access that the EHR gives for a code.

    Raises:
        LaunchStop: the EHR gives none, or to no patient's chart.
    """
    form = prepare_token_request("authorization_code", redirect_uri=back, code=code, code_verifier=launch.verifier)
    url, headers, form = _proof(launched.app).prepare("POST", launch.token_endpoint, {}, form)
    try:
        answer = exchange.post(launched.client, url, form, headers)
    except NoAnswer as failure:
        raise LaunchStop("no-token", failure.why) from None
    said = answer.content or {}
    if answer.status != _OK or "error" in said:
        raise without_token(said.get("error"))
    return _access(said, scopes_of(launched.app))


def _proof(app: SmartApp) -> Any:  # noqa: ANN401 - Authlib has no types
    """How the app proves who it is: with its secret, or, as a public client, with the verifier alone."""
    if app.client_secret_file is None:
        return ClientAuth(app.client_id, None, "none")
    try:
        return ClientAuth(app.client_id, read_secret(Path(app.client_secret_file)), "client_secret_basic")
    except ValueError:
        raise LaunchStop("no-secret") from None


def _access(said: Any, asked: str) -> ChartAccess:  # noqa: ANN401 - as the EHR wrote it
    """What a token is for. One that names no scope covers what was asked for (RFC 6749, 5.1)."""
    token, kind, scope = said.get("access_token"), said.get("token_type"), said.get("scope", asked)
    if not isinstance(token, str) or not _SENDABLE.fullmatch(token) or len(token) > LONGEST_TOKEN:
        raise without_token(None)
    if not isinstance(kind, str) or kind.lower() != "bearer" or not isinstance(scope, str):
        raise without_token(None)
    patient = _id_in(said, "patient", "Patient")
    if patient is None:
        raise LaunchStop("no-patient")
    context = said.get("appContext")
    return ChartAccess(
        token=token,
        scope=scope,
        patient=patient,
        encounter=_id_in(said, "encounter", "Encounter"),
        shows_patient=said.get("need_patient_banner") is False,
        opened_from=context if isinstance(context, str) else None,
    )


def _id_in(said: Any, name: str, resource_type: str) -> str | None:  # noqa: ANN401 - as the EHR wrote it
    value = said.get(name)
    try:
        return bare_id(value, resource_type, name) if isinstance(value, str) else None
    except InvalidRequest:
        return None
