"""Members of requests as types: they decode the request, and the description of the API is made of them.

What ``described`` adds is told to clients and does not change decoding: refusals are worded where a member is read.
"""

from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, Raw

MAX_REFERENCES: Final = 10_000
ID_FORM: Final = "[A-Za-z0-9._-]{1,128}"
REFERENCE_FORM: Final = f"[A-Za-z]{{1,64}}/{ID_FORM}"
INSTANT_FORM: Final = r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})"
"""RFC 3339."""
NOT_BLANK: Final = r"[^\s\x1c-\x1f\x85]"
"""One character at least that is no space, in Python's count of spaces."""
_BASE: Final = r"([\s\S]*/)?"
_VERSION: Final = r"(/_history/[\s\S]*)?"


def described(says: str | None = None, **form: Any) -> Meta:  # noqa: ANN401 - JSON Schema
    """What the description of the API says of a member, with the form that it must have as JSON Schema."""
    return Meta(description=says, extra_json_schema=form)


def _id_of(resource_type: str) -> Meta:
    """The id of a resource, bare or at the end of a reference."""
    form = f"^({_BASE}{resource_type}/)?{ID_FORM}{_VERSION}$"
    return described(f"Id of the {resource_type.lower()}.", pattern=form)


SentText: TypeAlias = str | None
SentReference: TypeAlias = Annotated[
    str, described(pattern=f"^{_BASE}{REFERENCE_FORM}{_VERSION}$|^urn:uuid:{ID_FORM}$")
]
SentReferences: TypeAlias = Annotated[tuple[SentReference, ...], described(maxItems=MAX_REFERENCES)]

PatientId: TypeAlias = Annotated[SentText, _id_of("Patient")]
EncounterId: TypeAlias = Annotated[SentText, _id_of("Encounter")]
UserId: TypeAlias = Annotated[SentText, described("Who is at the screen, like Practitioner/17.", pattern=NOT_BLANK)]
DraftOrders: TypeAlias = Annotated[Raw, described("The draft orders, as a Bundle.", type="object")]
Selections: TypeAlias = Annotated[
    SentReferences | None, described("SentReferences to the drafts that were just chosen.")
]
DispatchedOrders: TypeAlias = Annotated[SentReferences | None, described("SentReferences to the orders that go out.")]
DispatchedOrder: TypeAlias = Annotated[
    SentReference | None, described("The order that goes out, as in hook version 1.0.")
]
OrderPerformer: TypeAlias = Annotated[SentReference | None, described("Who is to carry out the orders.")]
Appointments: TypeAlias = Annotated[
    Raw, described("The booked appointments, as a Bundle or as a list of Appointments.", type=["object", "array"])
]
