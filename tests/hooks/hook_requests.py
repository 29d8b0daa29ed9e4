"""Valid requests to change one thing in."""

import re
from pathlib import Path
from typing import Any

import orjson

HOOK_INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"

DRAFTS: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": []}

CONTEXTS: dict[str, dict[str, Any]] = {
    "order-select": {
        "userId": "Practitioner/17",
        "patientId": "p1",
        "encounterId": "e1",
        "draftOrders": DRAFTS,
        "selections": ["ServiceRequest/o1"],
    },
    "order-sign": {"userId": "Practitioner/17", "patientId": "p1", "encounterId": "e1", "draftOrders": DRAFTS},
    "order-dispatch": {
        "patientId": "p1",
        "dispatchedOrders": ["ServiceRequest/o1"],
        "performer": "Organization/clinic",
        "fulfillmentTasks": [{"resourceType": "Task", "id": "t1"}],
    },
    "encounter-start": {"userId": "PractitionerRole/3", "patientId": "p1", "encounterId": "e1"},
    "encounter-discharge": {"userId": "PractitionerRole/3", "patientId": "p1", "encounterId": "e1"},
    "appointment-book": {"userId": "Patient/p1", "patientId": "p1", "encounterId": "e1", "appointments": DRAFTS},
    "patient-view": {"userId": "RelatedPerson/5", "patientId": "p1", "encounterId": "e1"},
}

PUBLISHED = re.findall(
    r"^\| `(?P<id>work-rehab-\S+)` \| (?P<hook>\S+) (?P<version>[0-9.]+) \| `(?P<shared>\S+)` \| (?P<moment>.*?) ?\|$",
    (Path(__file__).resolve().parents[2] / "README.md").read_text(),
    re.MULTILINE,
)
"""The services as README.md promises them: id, hook, version of the hook, shared id, moment."""
SERVICE_OF = {hook: service_id for service_id, hook, _, _, _ in PUBLISHED}
SHARED_ID_OF = {hook: shared_id for _, hook, _, shared_id, _ in PUBLISHED}

REQUIRED = {
    "order-select": {"userId", "patientId", "draftOrders", "selections"},
    "order-sign": {"userId", "patientId", "draftOrders"},
    "order-dispatch": {"patientId", "dispatchedOrders", "performer"},
    "encounter-start": {"userId", "patientId", "encounterId"},
    "encounter-discharge": {"userId", "patientId", "encounterId"},
    "appointment-book": {"userId", "patientId", "appointments"},
    "patient-view": {"userId", "patientId"},
}


def request_for(hook: str, /, **changes: Any) -> dict[str, Any]:
    """A valid request of the hook; ``changes`` replace fields of its root."""
    return {"hook": hook, "hookInstance": HOOK_INSTANCE, "context": CONTEXTS[hook], **changes}


def with_context(hook: str, /, **changes: Any) -> dict[str, Any]:
    """A valid request of the hook; ``changes`` replace fields of its context."""
    return request_for(hook, context={**CONTEXTS[hook], **changes})


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """The object less one field."""
    return {key: value for key, value in fields.items() if key != name}


def body_of(request: dict[str, Any]) -> bytes:
    """The request as JSON."""
    return orjson.dumps(request)


def nested(levels: int) -> bytes:
    """Arrays in arrays."""
    return b"[" * levels + b"]" * levels
