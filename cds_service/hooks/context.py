"""The ``context`` of hooks: the fields that there are, each read into one form common to all hooks (CH-C).

Clients differ, so reading is lenient where the meaning stays certain: ids given as references, both spellings of
order-dispatch, appointments as Bundle or list, a draft Bundle without ``type``. What was put right is named in
``tolerated``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, TypedDict, TypeVar

import msgspec
from msgspec import Raw

from cds_service.domain.frozen import dataclass
from cds_service.errors import InvalidRequest, MissingField, TooDeep
from cds_service.hooks.sent_members import (
    ID_FORM,
    MAX_REFERENCES,
    REFERENCE_FORM,
    Appointments,
    DispatchedOrder,
    DispatchedOrders,
    DraftOrders,
    EncounterId,
    OrderPerformer,
    PatientId,
    Selections,
    UserId,
)

_NULL: Final = b"null"
_ID: Final = re.compile(ID_FORM)
_REFERENCE: Final = re.compile(REFERENCE_FORM)
_PATH: Final = re.compile(r"\$((?:\.[^.\[`]+|\[\d+\])+)`?$")
_EXPECTED: Final = re.compile(r"Expected `([a-z]+)[^`]*`")
_JSON_NAMES: Final = {"str": "a string", "int": "an integer", "array": "an array", "object": "an object"}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, repr=False)
class Context:
    """What a hook call is about, the same for every hook.

    ``patient_id`` and ``encounter_id`` are bare ids; ``selections`` and ``dispatched`` are ``Type/id``, ``selections``
    None for a hook that has none. ``drafts`` and ``appointments`` are undecoded JSON: a Bundle; a Bundle or an array.
    ``tolerated`` names fields that were not quite as specified.
    """

    patient_id: str
    encounter_id: str | None = None
    drafts: Raw | None = None
    appointments: Raw | None = None
    selections: tuple[str, ...] | None = None
    dispatched: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()


def starts_with(raw: Raw, *openings: bytes) -> bool:
    """Whether the JSON value begins with one of these bytes, such as ``{`` for an object."""
    return bytes(memoryview(raw)[:1]) in openings


def read_with(decode: Callable[[Any], _T], data: bytes | Raw, at: str = "") -> _T:
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


def present(raw: Raw) -> Raw | None:
    """The JSON value, or None when the field is absent or null (CH-R-14)."""
    size = len(memoryview(raw))
    return None if not size or (size == len(_NULL) and bytes(raw) == _NULL) else raw


Sent: TypeAlias = Mapping[str, Any]
"""Members of a context as they came."""


class ContextField(NamedTuple):
    """A field of a hook's context: the JSON members that it may be written in, and how they fill a ``Context``."""

    members: Mapping[str, Any]
    read: Callable[[Sent], dict[str, Any]]


def _patient(sent: Sent) -> dict[str, Any]:
    return {"patient_id": bare_id(sent["patientId"], "Patient", "context.patientId")}


def _encounter(sent: Sent) -> dict[str, Any]:
    return {"encounter_id": bare_id(sent["encounterId"], "Encounter", "context.encounterId")}


def _user(_sent: Sent) -> dict[str, Any]:
    """Who is at the screen: has to be told, and is not used (CH-C-03)."""
    return {}


def _drafts(sent: Sent) -> dict[str, Any]:
    if not starts_with(sent["draftOrders"], b"{"):
        raise InvalidRequest("context.draftOrders", "must be a Bundle")
    return {"drafts": sent["draftOrders"]}


def _selections(sent: Sent) -> dict[str, Any]:
    return {"selections": _references(sent["selections"], "context.selections")}


def _dispatched(sent: Sent) -> dict[str, Any]:
    listed = sent.get("dispatchedOrders") or sent.get("dispatched-orders")
    if listed:
        return {"dispatched": _references(listed, "context.dispatchedOrders")}
    if _is_missing(sent.get("order")):
        raise MissingField("context.dispatchedOrders")
    return {"dispatched": (relative_reference(sent["order"], "context.order"),)}


def _performer(sent: Sent) -> dict[str, Any]:
    """Who is to carry out the orders; checked, and not used."""
    relative_reference(sent["performer"], "context.performer")
    return {}


def _appointments(sent: Sent) -> dict[str, Any]:
    if not starts_with(sent["appointments"], b"{", b"["):
        raise InvalidRequest("context.appointments", "must be a Bundle or an array of Appointments")
    return {"appointments": sent["appointments"]}


def _references(texts: tuple[str, ...], field: str) -> tuple[str, ...]:
    if len(texts) > MAX_REFERENCES:
        raise InvalidRequest(field, f"must have at most {MAX_REFERENCES} entries")
    return tuple(relative_reference(text, f"{field}[{index}]") for index, text in enumerate(texts))


FIELDS: Final[Mapping[str, ContextField]] = {
    "patientId": ContextField({"patientId": PatientId}, _patient),
    "encounterId": ContextField({"encounterId": EncounterId}, _encounter),
    "userId": ContextField({"userId": UserId}, _user),
    "draftOrders": ContextField({"draftOrders": DraftOrders}, _drafts),
    "selections": ContextField({"selections": Selections}, _selections),
    "dispatchedOrders": ContextField(
        {"dispatchedOrders": DispatchedOrders, "dispatched-orders": DispatchedOrders, "order": DispatchedOrder},
        _dispatched,
    ),
    "performer": ContextField({"performer": OrderPerformer}, _performer),
    "appointments": ContextField({"appointments": Appointments}, _appointments),
}
"""The fields that hooks have in their context, by the names of the specification."""


def reader_of(fields: Iterable[str]) -> Callable[[Raw], Context]:
    """How to read a context that has these fields of ``FIELDS``; ``?`` behind a name marks one that may be absent."""
    asked = [(name.removesuffix("?"), not name.endswith("?")) for name in fields]
    members = {member: kind for name, _ in asked for member, kind in FIELDS[name].members.items()}
    decode = msgspec.json.Decoder(TypedDict("Members", members, total=False)).decode  # type: ignore[operator]

    def read(raw: Raw) -> Context:
        sent: Sent = read_with(decode, raw, "context")
        values: dict[str, Any] = {}
        for name, required in asked:
            field = FIELDS[name]
            if not all(_is_missing(sent.get(member)) for member in field.members):
                values |= field.read(sent)
            elif required:
                raise MissingField(f"context.{name}")
        return Context(**values, tolerated=tuple(_put_right(sent, values)))

    return read


def _is_missing(value: object) -> bool:
    if isinstance(value, Raw):
        return present(value) is None
    return value is None or (isinstance(value, str) and not value.strip())


def _put_right(sent: Sent, values: Mapping[str, Any]) -> Iterator[str]:
    """Names of the ids that were not quite as specified, and were read all the same."""
    if sent.get("userId") and not _REFERENCE.fullmatch(sent["userId"]):
        yield "context.userId"
    for name, value in (("patientId", "patient_id"), ("encounterId", "encounter_id")):
        if sent.get(name) and sent[name] != values.get(value):
            yield f"context.{name}"
