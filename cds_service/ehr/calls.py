"""An EHR for trials: it calls a service with what its prefetch templates find, and sends feedback."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import requests

from cds_service.ehr.signing import LIFETIME, Signer
from cds_service.ehr.situation import NotInContextError, Situation, context_of
from cds_service.ehr.templates import prefetch_of
from cds_service.ehr.trial_server import FhirServer, told_by
from cds_service.errors import CdsError

CALL_SECONDS: Final = 30
OPEN_TOKEN: Final = "none-needed"  # noqa: S105 - a FHIR server that wants no token takes any
SCOPE: Final = "user/*.rs"
UNSIGNED: Final = " (sign the call with --key and --issuer)"
SUBJECT: Final = "work-rehab-cds"


class CdsServiceError(CdsError):
    """The CDS service did not answer as it should."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}", "Look at the address, the key and the log of the service.")


@dataclass(frozen=True, slots=True)
class Listed:
    """A service as discovery lists it; ``templates`` by prefetch key."""

    id: str
    templates: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ehr:
    """An EHR.

    ``fhir`` is its server, ``token`` what opens it; ``cds`` the base URL of the service; calls are signed when there
    is a ``signer``.
    """

    fhir: FhirServer
    cds: str
    token: str | None = None
    signer: Signer | None = None

    def request(self, listed: Listed, situation: Situation, *, prefetch: bool = True) -> dict[str, Any]:
        """The request of a hook, with access to the FHIR server; without ``prefetch`` the service has to ask there.

        Raises:
            NotInContextError: the context cannot be filled, or there is no such patient.
            FhirServerError: the FHIR server fails where the context needs it.
        """
        context = context_of(self.fhir, situation)
        request = {
            "hook": situation.hook,
            "hookInstance": str(uuid4()),
            "fhirServer": self.fhir.url,
            "fhirAuthorization": {
                "access_token": self.token or OPEN_TOKEN,
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "scope": SCOPE,
                "subject": SUBJECT,
            },
            "context": context,
        }
        if prefetch:
            found = prefetch_of(self.fhir, listed.templates, context)
            if "patient" in found and found["patient"] is None:
                raise NotInContextError(f"the FHIR server has no Patient/{situation.patient}", "give another --patient")
            request["prefetch"] = found
        return request

    def listed(self, hook: str) -> Listed:
        """The service that discovery lists for a hook; see ``discover``."""
        return discover(self.cds, hook, self.signer)


def discover(cds: str, hook: str, signer: Signer | None = None) -> Listed:
    """The first service that discovery lists for a hook.

    Raises:
        CdsServiceError: discovery fails or lists none.
    """
    url = f"{cds.rstrip('/')}/cds-services"
    listed: list[dict[str, Any]] = _sent("GET", url, None, signer).get("services", [])
    found = next((service for service in listed if service.get("hook") == hook), None)
    if found is None:
        hooks = sorted({service.get("hook", "") for service in listed})
        raise CdsServiceError(url, f"no service for {hook}; there are services for {', '.join(hooks) or 'no hook'}")
    return Listed(found["id"], found.get("prefetch", {}))


def call(cds: str, service: str, request: Mapping[str, Any], signer: Signer | None = None) -> dict[str, Any]:
    """Call a hook of a service.

    Raises:
        CdsServiceError: there is no usable answer; names status and reason.
    """
    return _sent("POST", f"{cds.rstrip('/')}/cds-services/{service}", request, signer)


def send_feedback(cds: str, service: str, entry: Mapping[str, Any], signer: Signer | None = None) -> None:
    """Tell a service what became of a card.

    Raises:
        CdsServiceError: the service does not take it.
    """
    _sent("POST", f"{cds.rstrip('/')}/cds-services/{service}/feedback", {"feedback": [entry]}, signer)


def _sent(method: str, url: str, body: Mapping[str, Any] | None, signer: Signer | None) -> dict[str, Any]:
    headers = signer.headers(url) if signer is not None else {}
    try:
        reply = requests.request(method, url, json=body, headers=headers, timeout=CALL_SECONDS)
    except requests.RequestException as error:
        why = f"the service could not be reached ({type(error).__name__}); is it running there? --url names another"
        raise CdsServiceError(url, why) from None
    try:
        answer = reply.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise CdsServiceError(url, f"status {reply.status_code}, and the body is no JSON object")
    if not reply.ok:
        hint = UNSIGNED if reply.status_code == HTTPStatus.UNAUTHORIZED and signer is None else ""
        raise CdsServiceError(url, f"status {reply.status_code}: {told_by(answer) or 'no reason given'}{hint}")
    return answer
