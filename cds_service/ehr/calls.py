"""An EHR for trials: it runs the prefetch templates of a service on a FHIR server, calls it, and sends feedback."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import uuid4

import requests

from cds_service.ehr.signing import LIFETIME, Signer
from cds_service.ehr.trial_server import FhirServer, FhirServerError, told_by
from cds_service.errors import CdsError
from cds_service.stories.request import bundle
from cds_service.stories.resources.pieces import FhirJson

CALL_SECONDS: Final = 30
OPEN_TOKEN: Final = "none-needed"  # noqa: S105 - a FHIR server that wants no token takes any
SCOPE: Final = "user/*.rs"
SUBJECT: Final = "work-rehab-cds"
OF_USERS: Final = ("PractitionerRole", "Practitioner")

_TOKEN: Final = re.compile(r"\{\{\s*([A-Za-z0-9.]+)\s*\}\}")


class CdsServiceError(CdsError):
    """The CDS service did not answer as it should."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}", "Look at the address, the key and the log of the service.")


class NotInContextError(CdsError):
    """The hook needs something that the FHIR server does not have and that was not given."""

    def __init__(self, lacking: str, hint: str) -> None:
        super().__init__(f"{lacking}: {hint}", hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What happens in the EHR. ``user`` is a reference; ``encounter`` an id; ``drafts`` are orders or appointments."""

    hook: str
    patient: str
    user: str | None = None
    encounter: str | None = None
    drafts: tuple[FhirJson, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A service as discovery lists it; ``templates`` by prefetch key."""

    id: str
    templates: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the user did with the card of a number, counted from 1."""

    card: int
    outcome: Literal["accepted", "overridden"]
    reason: str | None = None
    comment: str | None = None


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
            NotInContextError: the context cannot be filled.
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
            request["prefetch"] = prefetch_of(self.fhir, listed.templates, context)
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
        raise CdsServiceError(url, f"status {reply.status_code}: {told_by(answer) or 'no reason given'}")
    return answer


def context_of(server: FhirServer, situation: Situation) -> dict[str, Any]:
    """The context of a hook; what is not given is looked for on the FHIR server.

    Raises:
        NotInContextError: a user, visit or draft is needed, and there is none.
        FhirServerError: the server fails.
    """
    if situation.hook == "order-dispatch":
        return _dispatch(server, situation)
    context = {"userId": situation.user or find_user(server), "patientId": situation.patient}
    visit = situation.encounter
    if visit is None and situation.hook.startswith("encounter-"):
        visit = newest_encounter(server, situation.patient)
        if visit is None:
            raise NotInContextError(f"{situation.hook} is about a visit, and the patient has none", "give --encounter")
    if visit is not None:
        context["encounterId"] = visit
    return context | _drafted(situation)


def _drafted(situation: Situation) -> dict[str, Any]:
    drafts = situation.drafts
    name = {"order-select": "draftOrders", "order-sign": "draftOrders", "appointment-book": "appointments"}
    if situation.hook not in name:
        return {}
    if not drafts:
        raise NotInContextError(f"{situation.hook} is about drafts", "give --draft FILE")
    drafted: dict[str, Any] = {name[situation.hook]: bundle(drafts, "collection")}
    if situation.hook == "order-select":
        drafted["selections"] = [_reference(draft) for draft in drafts]
    return drafted


def _dispatch(server: FhirServer, situation: Situation) -> dict[str, Any]:
    """Orders that are sent out are on the server: those of the drafts, else all that are neither done nor stopped."""
    orders = situation.drafts or [
        order
        for order in server.search(f"ServiceRequest?patient={quote(situation.patient, safe='')}")
        if order.get("status") in {"draft", "active"}
    ]
    if not orders:
        raise NotInContextError("order-dispatch is about orders, and the patient has none", "give --draft FILE")
    performers = [
        performer["reference"]
        for order in orders
        for performer in order.get("performer", ())
        if "reference" in performer
    ]
    performer = performers[0] if performers else situation.user or find_user(server)
    return {
        "patientId": situation.patient,
        "dispatchedOrders": [_reference(order) for order in orders],
        "performer": performer,
    }


def find_user(server: FhirServer) -> str:
    """Reference to somebody who may sit at the screen: the first role, else the first practitioner, of the server.

    Raises:
        NotInContextError: the server has none.
        FhirServerError: the server fails.
    """
    for kind in OF_USERS:
        found = server.first(f"{kind}?_count=1")
        if found is not None:
            return _reference(found)
    raise NotInContextError("the FHIR server has no practitioner", "give --user Practitioner/ID")


def newest_encounter(server: FhirServer, patient: str) -> str | None:
    """Id of the encounter that began last; None when there is none.

    Raises:
        FhirServerError: the server fails.
    """
    found = server.search(f"Encounter?patient={quote(patient, safe='')}")
    begun = [(_begin(encounter), str(encounter["id"])) for encounter in found if "id" in encounter]
    return max(begun)[1] if begun else None


def _begin(encounter: Mapping[str, Any]) -> datetime:
    """When an encounter began; long ago where it does not tell, or not so that it can be read."""
    try:
        begin = datetime.fromisoformat(encounter.get("period", {}).get("start", ""))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return begin if begin.tzinfo is not None else begin.replace(tzinfo=UTC)


def prefetch_of(server: FhirServer, templates: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, Any]:
    """The prefetch of a call: null where nothing is found, an OperationOutcome where the server fails.

    A template whose tokens the context does not fill is left out.
    """
    queries = {key: query_of(template, context) for key, template in templates.items()}
    return {key: _fetched(server, query) for key, query in queries.items() if query is not None}


def query_of(template: str, context: Mapping[str, Any]) -> str | None:
    """A prefetch template with its tokens replaced; None when the context lacks one (CH-P-03)."""
    values = {f"context.{name}": value for name, value in context.items() if isinstance(value, str)}
    kind, _, identifier = str(context.get("userId", "")).partition("/")
    values[f"user{kind}Id"] = identifier
    if any(token not in values for token in _TOKEN.findall(template)):
        return None
    return _TOKEN.sub(lambda token: quote(values[token[1]], safe=""), template)


def _fetched(server: FhirServer, query: str) -> FhirJson | None:
    try:
        if "?" not in query:
            return server.read(query)
        found = server.search(query)
    except FhirServerError as error:
        return error.outcome
    return _searchset(server.url, found) if found else None


def _searchset(base: str, found: Iterable[FhirJson]) -> FhirJson:
    match = {"search": {"mode": "match"}}
    entries = [{"fullUrl": f"{base}/{_reference(resource)}", "resource": resource, **match} for resource in found]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def feedback_on(answer: Mapping[str, Any], decision: Decision, at: datetime) -> dict[str, Any]:
    """The feedback entry about a card of an answer (CH-F).

    An accepted card names its suggestions: all where any number may be chosen, else the recommended or the first.

    Raises:
        NotInContextError: the answer has no such card, the card no suggestion, or not this reason.
    """
    cards: Sequence[Mapping[str, Any]] = answer.get("cards", [])
    if not 1 <= decision.card <= len(cards):
        raise NotInContextError(f"there is no card {decision.card}", f"the answer has {len(cards)}")
    card = cards[decision.card - 1]
    entry: dict[str, Any] = {"card": card["uuid"], "outcome": decision.outcome, "outcomeTimestamp": at.isoformat()}
    if decision.outcome == "accepted":
        suggestions = _chosen(card, decision.card)
        return entry | {"acceptedSuggestions": [{"id": suggestion["uuid"]} for suggestion in suggestions]}
    reason: dict[str, Any] = {}
    if decision.reason is not None:
        reason["reason"] = _reason(card.get("overrideReasons", ()), decision.reason)
    if decision.comment is not None:
        reason["userComment"] = decision.comment
    return entry | ({"overrideReason": reason} if reason else {})


def _chosen(card: Mapping[str, Any], number: int) -> list[Mapping[str, Any]]:
    suggestions: list[Mapping[str, Any]] = card.get("suggestions", [])
    if not suggestions:
        raise NotInContextError(f"card {number} has no suggestion to accept", "it can be overridden")
    if card.get("selectionBehavior") == "any":
        return suggestions
    return [next((suggestion for suggestion in suggestions if suggestion.get("isRecommended")), suggestions[0])]


def _reason(offered: Iterable[Mapping[str, str]], code: str) -> Mapping[str, str]:
    found = next((reason for reason in offered if reason.get("code") == code), None)
    if found is None:
        codes = ", ".join(reason.get("code", "") for reason in offered) or "none"
        raise NotInContextError(f"the card does not offer the reason {code}", f"it offers {codes}")
    return found


def _reference(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource.get('id', '')}"
