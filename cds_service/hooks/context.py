"""The ``context`` of each hook: one typed record per hook, read into one common form (CH-C).

Clients differ, so reading is lenient where the meaning stays certain: ids given as references, both spellings of
order-dispatch, appointments as Bundle or list, a draft Bundle without ``type``. What was put right is named in
``tolerated``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

import msgspec
from msgspec import Raw

from cds_service.domain.frozen import dataclass
from cds_service.errors import InvalidRequest, MissingField, TooDeep

MAX_REFERENCES: Final = 10_000
_ABSENT: Final = Raw()
_NULL: Final = b"null"
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_REFERENCE: Final = re.compile(r"[A-Za-z]{1,64}/[A-Za-z0-9._-]{1,128}")
_PATH: Final = re.compile(r"\$((?:\.[^.\[`]+|\[\d+\])+)`?$")
_EXPECTED: Final = re.compile(r"Expected `([a-z]+)[^`]*`")
_JSON_NAMES: Final = {"str": "a string", "int": "an integer", "array": "an array", "object": "an object"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Context:
    """What a hook call is about, the same for every hook.

    ``patient_id`` and ``encounter_id`` are bare ids; ``user_id``, ``selections`` and ``dispatched`` are ``Type/id``.
    ``drafts`` and ``appointments`` are undecoded JSON: a Bundle; a Bundle or an array. ``user_id`` is None when it
    does not tell its type. ``tolerated`` names fields that were not quite as specified.
    """

    patient_id: str
    encounter_id: str | None = None
    user_id: str | None = None
    drafts: Raw | None = None
    appointments: Raw | None = None
    selections: tuple[str, ...] | None = None
    dispatched: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()


class _OrderSign(msgspec.Struct, rename="camel"):
    user_id: str | None = None
    patient_id: str | None = None
    encounter_id: str | None = None
    draft_orders: Raw = _ABSENT


class _OrderSelect(msgspec.Struct, rename="camel"):
    user_id: str | None = None
    patient_id: str | None = None
    encounter_id: str | None = None
    draft_orders: Raw = _ABSENT
    selections: tuple[str, ...] | None = None


class _OrderDispatch(msgspec.Struct, rename="camel"):
    patient_id: str | None = None
    performer: str | None = None
    order: str | None = None
    dispatched_orders: tuple[str, ...] | None = None
    dispatched_orders_misspelled: tuple[str, ...] | None = msgspec.field(default=None, name="dispatched-orders")


class _Encounter(msgspec.Struct, rename="camel"):
    user_id: str | None = None
    patient_id: str | None = None
    encounter_id: str | None = None


class _AppointmentBook(msgspec.Struct, rename="camel"):
    user_id: str | None = None
    patient_id: str | None = None
    encounter_id: str | None = None
    appointments: Raw = _ABSENT


def given(raw: Raw) -> Raw | None:
    """The JSON value, or None when the field is absent or null (CH-R-14)."""
    size = len(memoryview(raw))
    return None if not size or (size == len(_NULL) and bytes(raw) == _NULL) else raw


def starts_with(raw: Raw, *openings: bytes) -> bool:
    """Whether the JSON value begins with one of these bytes, such as ``{`` for an object."""
    return bytes(memoryview(raw)[:1]) in openings


def read_with(decode: Callable[[Any], T], data: bytes | Raw, at: str = "") -> T:
    """Decode, with the field named when a value has the wrong JSON type.

    ``at`` is the path of ``data`` in the body.

    Raises:
        InvalidRequest: a value has the wrong JSON type.
        TooDeep: nested deeper than the interpreter's recursion limit.
    """
    try:
        return decode(data)
    except msgspec.ValidationError as wrong:
        raise InvalidRequest(*_place_and_reason(str(wrong), at)) from None
    except RecursionError:
        raise TooDeep from None


def _place_and_reason(message: str, at: str) -> tuple[str, str]:
    path = _PATH.search(message)
    field = f"{at}{path[1]}" if path else at
    expected = _EXPECTED.search(message)
    kind = _JSON_NAMES.get(expected[1], "of another type") if expected else "of another type"
    return field.lstrip(".") or "body", f"must be {kind}"


def bare_id(text: str, resource_type: str, field: str) -> str:
    """The id of a resource given as ``1``, ``Patient/1`` or a URL that ends so (CH-C-02).

    Raises:
        InvalidRequest: not an id, or a reference to another type of resource.
    """
    parts = text.split("/_history/", 1)[0].split("/")
    if len(parts) > 1 and parts[-2] != resource_type:
        raise InvalidRequest(field, f"must be the id of a {resource_type}")
    if not _ID.fullmatch(parts[-1]):
        raise InvalidRequest(field, "must be a FHIR id")
    return parts[-1]


def relative_reference(text: str, field: str) -> str:
    """The reference as ``Type/id``; longer URLs are cut to that, ``urn:uuid:`` stays as it is.

    Raises:
        InvalidRequest: none of these forms.
    """
    if text.startswith("urn:uuid:") and _ID.fullmatch(text[9:]):
        return text
    cut = "/".join(text.split("/_history/", 1)[0].split("/")[-2:])
    if not _REFERENCE.fullmatch(cut):
        raise InvalidRequest(field, "must be a reference of the form Type/id")
    return cut


class _HasPatient(Protocol):
    patient_id: str | None


def _required(text: str | None, field: str) -> str:
    if text is None or not text.strip():
        raise MissingField(field)
    return text


def _patient(record: _HasPatient) -> str:
    return bare_id(_required(record.patient_id, "context.patientId"), "Patient", "context.patientId")


def _encounter(text: str | None) -> str | None:
    return bare_id(text, "Encounter", "context.encounterId") if text else None


def _user(text: str | None) -> str | None:
    user = _required(text, "context.userId")
    return user if _REFERENCE.fullmatch(user) else None


def _drafts(raw: Raw) -> Raw:
    drafts = given(raw)
    if drafts is None:
        raise MissingField("context.draftOrders")
    if not starts_with(drafts, b"{"):
        raise InvalidRequest("context.draftOrders", "must be a Bundle")
    return drafts


def _references(texts: tuple[str, ...], field: str) -> tuple[str, ...]:
    if len(texts) > MAX_REFERENCES:
        raise InvalidRequest(field, f"must have at most {MAX_REFERENCES} entries")
    return tuple(relative_reference(text, f"{field}[{index}]") for index, text in enumerate(texts))


def _tolerated(*pairs: tuple[str, str | None, str | None]) -> tuple[str, ...]:
    return tuple(f"context.{name}" for name, received, read in pairs if received and received != read)


def _order_sign(record: _OrderSign | _OrderSelect) -> Context:
    patient, encounter, user = _patient(record), _encounter(record.encounter_id), _user(record.user_id)
    return Context(
        patient_id=patient,
        encounter_id=encounter,
        user_id=user,
        drafts=_drafts(record.draft_orders),
        tolerated=_tolerated(
            ("userId", record.user_id, user),
            ("patientId", record.patient_id, patient),
            ("encounterId", record.encounter_id, encounter),
        ),
    )


def _order_select(record: _OrderSelect) -> Context:
    common = _order_sign(record)
    if record.selections is None:
        raise MissingField("context.selections")
    return Context(
        patient_id=common.patient_id,
        encounter_id=common.encounter_id,
        user_id=common.user_id,
        drafts=common.drafts,
        selections=_references(record.selections, "context.selections"),
        tolerated=common.tolerated,
    )


def _order_dispatch(record: _OrderDispatch) -> Context:
    patient = _patient(record)
    listed = record.dispatched_orders or record.dispatched_orders_misspelled
    if listed:
        orders = _references(listed, "context.dispatchedOrders")
    else:
        orders = (relative_reference(_required(record.order, "context.dispatchedOrders"), "context.order"),)
    relative_reference(_required(record.performer, "context.performer"), "context.performer")
    return Context(
        patient_id=patient,
        dispatched=orders,
        tolerated=_tolerated(("patientId", record.patient_id, patient)),
    )


def _encounter_hook(record: _Encounter) -> Context:
    _required(record.encounter_id, "context.encounterId")
    return _at_encounter(record)


def _at_encounter(record: _Encounter | _AppointmentBook) -> Context:
    patient, encounter, user = _patient(record), _encounter(record.encounter_id), _user(record.user_id)
    return Context(
        patient_id=patient,
        encounter_id=encounter,
        user_id=user,
        tolerated=_tolerated(
            ("userId", record.user_id, user),
            ("patientId", record.patient_id, patient),
            ("encounterId", record.encounter_id, encounter),
        ),
    )


def _appointment_book(record: _AppointmentBook) -> Context:
    common = _at_encounter(record)
    appointments = given(record.appointments)
    if appointments is None:
        raise MissingField("context.appointments")
    if not starts_with(appointments, b"{", b"["):
        raise InvalidRequest("context.appointments", "must be a Bundle or an array of Appointments")
    return Context(
        patient_id=common.patient_id,
        encounter_id=common.encounter_id,
        user_id=common.user_id,
        appointments=appointments,
        tolerated=common.tolerated,
    )


def _reader(record: type[T], to_context: Callable[[T], Context]) -> Callable[[Raw], Context]:
    decode = msgspec.json.Decoder(record).decode
    return lambda raw: to_context(read_with(decode, raw, "context"))


READERS: Final[Mapping[str, Callable[[Raw], Context]]] = {
    "order-select": _reader(_OrderSelect, _order_select),
    "order-sign": _reader(_OrderSign, _order_sign),
    "order-dispatch": _reader(_OrderDispatch, _order_dispatch),
    "encounter-start": _reader(_Encounter, _encounter_hook),
    "encounter-discharge": _reader(_Encounter, _encounter_hook),
    "appointment-book": _reader(_AppointmentBook, _appointment_book),
    "patient-view": _reader(_Encounter, _at_encounter),
}
"""How to read the context of each hook."""
