"""What a line of an export says of itself: which resource it holds, and whose it is."""

from typing import Final, NamedTuple

import msgspec

from cds_service.fhir.reading.references import normal

LONGEST_RESOURCE: Final = 16 * 1024 * 1024
"""Bytes of a resource that is read: larger ones hold files, not facts."""
OF_PATIENTS: Final = frozenset(
    {"Patient", "Coverage", "Encounter", "Procedure", "CarePlan", "Condition", "Goal", "Observation"}
    | {"QuestionnaireResponse", "ClaimResponse", "ServiceRequest", "Claim", "ChargeItem", "ExplanationOfBenefit"}
    | {"DocumentReference", "DiagnosticReport"}
)
"""Types that belong to a patient and are read."""
OF_EVERYBODY: Final = frozenset({"Practitioner", "PractitionerRole", "Organization", "Location"})
"""Types that are read and belong to no patient: all patients share them."""
READ: Final = OF_PATIENTS | OF_EVERYBODY


class _Whose(msgspec.Struct, gc=False, frozen=True):
    reference: str | None = None


class _Head(msgspec.Struct, gc=False, frozen=True, rename="camel"):
    """The elements of any resource that name it and its patient; ``insurer_type`` and the like are not read."""

    resource_type: str
    id: str | None = None
    subject: _Whose | None = None
    patient: _Whose | None = None
    beneficiary: _Whose | None = None


class LineHead(NamedTuple):
    """A resource of an export: its type, its id, and the id of its patient ("" for what all patients share)."""

    kind: str
    id: str
    patient: str


class BadHead(NamedTuple):
    """Why a line is not used: ``kind`` as of ``BadLineRow``, ``why`` in a sentence without its content.

    ``of`` is the type of the resource, "" where the line does not tell it.
    """

    kind: str
    why: str
    of: str = ""


_HEAD: Final = msgspec.json.Decoder(_Head)
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeError)
BROKEN: Final = BadHead("broken", "The line is not one whole JSON object.")
NOT_A_RESOURCE: Final = BadHead("broken", "The line is JSON, and no FHIR resource: it has no resourceType.")
ODD_PATIENT: Final = BadHead("no-patient", "What the resource says of its patient cannot be read.")
TOO_LONG: Final = BadHead("too-long", "The resource is over 16 MiB.")
OTHER_TYPE: Final = "other"
"""Any type that is not read."""
NO_ID: Final = BadHead(
    "no-patient", "The patient's resource has no id, so nothing can be told to be the patient's.", "Patient"
)


def line_head(raw: bytes) -> LineHead | BadHead:
    """What a line says of itself, or why it cannot be used."""
    if len(raw) > LONGEST_RESOURCE:
        return TOO_LONG
    try:
        head = _HEAD.decode(raw)
    except _UNREADABLE:
        return _why_not(raw)
    kind = head.resource_type
    if kind in OF_EVERYBODY:
        return LineHead(kind, head.id or "", "")
    if kind not in OF_PATIENTS:
        return BadHead("unknown-type", f"{_plain(kind)} is not read in a look-back.", OTHER_TYPE)
    if kind == "Patient":
        return LineHead(kind, head.id, head.id) if head.id else NO_ID
    subject = head.beneficiary if kind == "Coverage" else head.subject or head.patient
    name = normal(subject.reference, {}) if subject is not None and subject.reference else ""
    of_patient, _, patient = name.rpartition("/")
    if of_patient != "Patient" or not patient:
        return BadHead("no-patient", f"{kind} does not say by a reference which patient it belongs to.", kind)
    return LineHead(kind, head.id, patient) if head.id else BadHead("broken", f"{kind} has no id.", kind)


def _why_not(raw: bytes) -> BadHead:
    try:
        plain = msgspec.json.decode(raw)
    except _UNREADABLE:
        return BROKEN
    if not isinstance(plain, dict):
        return BROKEN
    kind = plain.get("resourceType")
    if not isinstance(kind, str):
        return NOT_A_RESOURCE
    return ODD_PATIENT._replace(of=kind if kind in READ else OTHER_TYPE)


def _plain(kind: str) -> str:
    """A type as it may be repeated: a name, and nothing else that somebody put there."""
    return kind if kind.isascii() and kind.isalpha() and len(kind) <= 64 else "A resource of an odd type"  # noqa: PLR2004
