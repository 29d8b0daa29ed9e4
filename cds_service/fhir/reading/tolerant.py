"""Second reading, for drafts of real clients that are almost R4.

What is repaired is spelling, never meaning: an object where a list belongs is taken as a list of one (and a list of
one as its object), nulls and empty objects are dropped, a lone text where a CodeableConcept, Reference or Annotation
belongs becomes its text or reference, a lone number where a Quantity belongs its value, a whole number where a text
belongs its digits. Anything else that does not fit stays an error.
"""

from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec

from cds_service.fhir.reading.elements import (
    Annotation,
    Category,
    CodeableConcept,
    NamedRef,
    Quantity,
    Record,
    Ref,
    Resource,
)
from cds_service.fhir.reading.request_resources import OrderedService
from cds_service.fhir.reading.resources import RECORD_OF

_LONE_VALUE: Final[Mapping[type, str]] = {
    CodeableConcept: "text",
    OrderedService: "text",
    Category: "text",
    Annotation: "text",
    Ref: "reference",
    NamedRef: "reference",
}


def read_tolerantly(resource: Mapping[str, Any]) -> Resource | None:
    """The record of a resource after repair; None for a resource type that no rule reads.

    Raises:
        msgspec.ValidationError: when an element that is read does not fit even after repair.
        RecursionError: when it is nested too deeply.
    """
    record = RECORD_OF.get(str(resource.get("resourceType")))
    if record is None:
        return None
    return msgspec.json.decode(msgspec.json.encode(_repaired_object(resource, record)), type=record, strict=False)


@cache
def _elements(record: type[Record]) -> dict[str, tuple[bool, object]]:
    """JSON name of each element with whether it repeats and the type of one value."""
    hints = get_type_hints(record)
    elements = {}
    for field in msgspec.structs.fields(record):
        kind = hints[field.name]
        repeats = get_origin(kind) is tuple
        inner = [argument for argument in get_args(kind) if argument not in {Ellipsis, NoneType}]
        elements[field.encode_name] = (repeats, inner[0] if inner else kind)
    return elements


def _repaired_object(element: Mapping[str, Any], record: type[Record]) -> dict[str, Any]:
    repaired = {}
    if "resourceType" in element and issubclass(record, Resource):
        repaired["resourceType"] = element["resourceType"]
    for name, (repeats, kind) in _elements(record).items():
        value = element.get(name)
        if value is None:
            continue
        if repeats:
            values = value if isinstance(value, list) else [value]
            kept = [_repaired(item, kind) for item in values if item is not None and item != {}]
            if kept:
                repaired[name] = kept
            continue
        if isinstance(value, list) and len(value) <= 1:
            value = value[0] if value else None
        if value is not None and value != {}:
            repaired[name] = _repaired(value, kind)
    return repaired


def _repaired(value: object, kind: object) -> object:
    if kind is str and isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        return str(int(value))
    if not isinstance(kind, type) or not issubclass(kind, Record):
        return value
    if isinstance(value, dict):
        return _repaired_object(value, kind)
    if isinstance(value, str) and kind in _LONE_VALUE:
        return {_LONE_VALUE[kind]: value}
    if kind is Quantity and isinstance(value, int | float | str) and not isinstance(value, bool):
        return {"value": value}
    return value
