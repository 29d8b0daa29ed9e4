"""What happens in the EHR when a hook is called, and the context that follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from cds_service.ehr.trial_server import FhirServer, reference_to
from cds_service.errors import CdsError
from cds_service.stories.request import bundle
from cds_service.stories.resources.pieces import FhirJson

OF_USERS: Final = ("PractitionerRole", "Practitioner")


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
        drafted["selections"] = [reference_to(draft) for draft in drafts]
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
        "dispatchedOrders": [reference_to(order) for order in orders],
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
            return reference_to(found)
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
