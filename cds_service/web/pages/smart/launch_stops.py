"""Why a launch ends without a page about the patient: what its user reads, and a word for the log."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class StopWords(NamedTuple):
    """What is wrong and what to do, for people; ``status`` is the HTTP status."""

    status: int
    title: str
    hint: str


_AGAIN: Final = "Open the app again from the patient's chart in the EHR."
_OPERATOR: Final = "Tell the people who run this service; their log has the reason."
STOPS: Final[Mapping[str, StopWords]] = {
    "no-iss": StopWords(
        400,
        "Open this app from the EHR",
        "It is opened from a patient's chart. This address does nothing by itself.",
    ),
    "not-registered": StopWords(
        403,
        "This EHR is not registered here",
        "Ask the people who run this service to add the EHR's FHIR server to the registry of clients.",
    ),
    "app-off": StopWords(
        403,
        "The app is not turned on for this EHR",
        "The EHR is registered, without the app. The people who run this service can turn it on with the key app of "
        "the EHR's entry in the registry of clients.",
    ),
    "shadow": StopWords(
        403,
        "Nothing is shown for this EHR yet",
        "For this EHR the service runs in shadow mode: it looks at visits and shows nothing. The people who run it "
        "decide when that changes.",
    ),
    "no-launch": StopWords(400, "The EHR did not say which launch this is", _AGAIN),
    "no-configuration": StopWords(502, "The EHR did not say where to sign in", _AGAIN),
    "no-pkce": StopWords(
        502,
        "The EHR cannot protect this sign-in",
        "Its FHIR server does not offer PKCE with S256, which SMART App Launch 2 requires. "
        "Tell the people who run the EHR.",
    ),
    "foreign-host": StopWords(
        502,
        "The EHR signs users in at a host that is not registered",
        "The people who run this service can name the host under authorization_servers of the EHR's app in the "
        "registry of clients.",
    ),
    "no-secret": StopWords(502, "This service cannot prove to the EHR who it is", _OPERATOR),
    "not-open": StopWords(
        400,
        "This launch is over",
        f"A launch lasts ten minutes and shows one page, which cannot be loaded again: nothing of it is kept here. "
        f"{_AGAIN}",
    ),
    "denied": StopWords(403, "The EHR did not open the chart to this app", _AGAIN),
    "other-issuer": StopWords(
        403,
        "The answer came from somebody else than the EHR",
        f"Another sign-in server answered than the one that was asked. {_AGAIN} {_OPERATOR}",
    ),
    "no-code": StopWords(400, "The EHR sent no answer that can be used", _AGAIN),
    "no-token": StopWords(502, "The EHR did not give access to the chart", _AGAIN),
    "no-patient": StopWords(
        502,
        "The EHR did not say whose chart this is",
        "Open the app from a patient's chart, not from a list or a menu. If this was one, the EHR has to let the app "
        "have the scope launch.",
    ),
    "no-data": StopWords(502, "The chart could not be read", _AGAIN),
}
_DENIALS: Final[Mapping[str, str]] = {
    "access_denied": "The EHR, or the person who signed in, refused access.",
    "invalid_scope": "The EHR does not let the app read what it asks for.",
    "unauthorized_client": "The EHR does not know this app, or does not let it open charts.",
    "invalid_request": "The EHR did not understand how the app asked.",
    "unsupported_response_type": "The EHR does not offer the kind of sign-in that the app needs.",
    "server_error": "The EHR had a fault of its own.",
    "temporarily_unavailable": "The EHR is too busy at the moment.",
    "login_required": "The EHR wants its user to sign in first.",
    "interaction_required": "The EHR wants its user to sign in first.",
    "consent_required": "The EHR wants consent first.",
    "invalid_grant": "The EHR's permission was used already, or came too late.",
    "invalid_client": "The EHR does not accept this app's id or secret.",
}
"""What the error codes of OAuth 2 and OpenID Connect mean to the user of the app."""


class LaunchStop(Exception):  # noqa: N818 - says what happened
    """A launch ends. ``reason`` is a word for the log; ``why`` are sentences about it that are safe to show.

    What the EHR sends as an explanation is neither shown nor logged.
    """

    def __init__(self, reason: str, *why: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.words = STOPS[reason]
        self.why = why


def denied(error: object) -> LaunchStop:
    """The EHR answered with this error of OAuth 2 instead of a code."""
    return LaunchStop("denied", *_denial(error))


def without_token(error: object) -> LaunchStop:
    """The EHR answered with this error of OAuth 2, or none that can be read, instead of a token."""
    return LaunchStop("no-token", *_denial(error))


def _denial(error: object) -> tuple[str, ...]:
    known = _DENIALS.get(error) if isinstance(error, str) else None
    return (known,) if known is not None else ()
