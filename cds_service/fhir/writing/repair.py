"""Repair of drafts that are almost R4, so that an update of them is valid.

What the tolerant reading takes for granted is written out: an object where a list belongs becomes a list of one (and a
list of one its object), nulls and empty texts, lists and objects go (a null that holds the place of an extension
stays), a lone text where a CodeableConcept, Reference or Annotation belongs becomes its text or reference, a lone
number where a Quantity belongs its value, and what has to be numbered and is not gets a free number. A number that is
a code becomes its digits, blanks around codes and addresses go, a status and a unit of time are spelled as FHIR spells
them, and a time with an offset is written in full. Nothing else changes; elements that R4 does not know stay, and keep
the resource from being valid.
"""

import re
from collections.abc import Mapping
from functools import cache
from itertools import count
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from cds_service.domain.values import JsonObject
from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.reading.code_spelling import plain_code
from cds_service.fhir.reading.units_of_time import unit_of_time

_LONE_TEXT: Final = {"CodeableConcept": "text", "Annotation": "text", "Reference": "reference"}
_TOKENS: Final = frozenset({"code", "system", "reference", "url", "id"})
_CODED: Final = frozenset({"status", "intent", "use", "outcome", "lifecycleStatus"})
_OF_TIME: Final = frozenset({"durationUnit", "periodUnit"})
_TIME: Final = re.compile(r"\s*(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d+)?(?:([Zz])|([+-]\d\d):?(\d\d)?)\s*", re.ASCII)
_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})


def valid(resource: Mapping[str, Any]) -> JsonObject:
    """The resource itself when it is valid R4 and holds nothing empty, else repaired as far as spelling goes."""
    if _is_in_order(resource):
        return dict(resource)
    from fhir.resources.R4B import get_fhir_model_class  # loaded late: the models are slow to import

    try:
        model = get_fhir_model_class(str(resource.get("resourceType")))
    except (LookupError, ValueError, ImportError, AttributeError):
        return dict(resource)
    return _object(resource, model)


def _is_in_order(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is valid, holds nothing empty, and has its codes as FHIR spells them."""
    coded = {name: resource[name] for name in _CODED if name in resource}
    spelled = not any(_is_misspelled(part) for part in (coded, resource.get("occurrenceTiming")))
    return spelled and first_r4_error(resource) is None and not _holds_nothing(resource)


def _is_misspelled(value: Any) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return any(_spelled(name, element) != element or _is_misspelled(element) for name, element in value.items())
    return isinstance(value, list) and any(map(_is_misspelled, value))


def _holds_nothing(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether an empty text, list or object, or a null is in it, which no answer may carry (CH-S-03)."""
    if isinstance(value, dict):
        return any(
            element in _NOTHING or _holds_nothing(element) or (_has_gaps(element) and not _aligned(name, value))
            for name, element in value.items()
        )
    return isinstance(value, list) and any(_holds_nothing(element) for element in value)


def _has_gaps(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(value, list) and any(element in _NOTHING for element in value)


@cache
def _elements(model: Any) -> Mapping[str, tuple[bool, Any]]:  # noqa: ANN401 - model classes are known at run time only
    """Each element's JSON name with whether it repeats and the model of one value (None for a primitive)."""
    return {field.alias or name: _shape(field.annotation) for name, field in model.model_fields.items()}


def _shape(kind: Any) -> tuple[bool, Any]:  # noqa: ANN401 - as above
    if get_origin(kind) in {Union, UnionType}:
        kind = next(option for option in get_args(kind) if option is not NoneType)
    repeats = get_origin(kind) is list
    inner = get_args(kind)[0] if repeats else kind
    return repeats, inner.get_model_klass() if hasattr(inner, "get_model_klass") else None


def _object(element: Mapping[str, Any], model: Any) -> JsonObject:  # noqa: ANN401 - as above
    elements = _elements(model)
    repaired = {
        name: value if _aligned(name, element) else _spelled(name, _element(value, *elements.get(name, (None, None))))
        for name, value in element.items()
    }
    return {name: value for name, value in repaired.items() if value not in _NOTHING}


def _spelled(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A text as R4 spells it: a code or address without blanks around it, a time with its seconds and whole offset."""
    if name == "code" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return value
    if name in _CODED:
        return plain_code(value)
    if name in _OF_TIME:
        return unit_of_time(value) or value
    if name in _TOKENS:
        return value.strip()
    time = _TIME.fullmatch(value)
    if time is None:
        return value
    minute, second, fraction, utc, hours, minutes = time.groups(default="")
    offset = "Z" if utc else f"{hours}:{minutes or '00'}"
    return f"{minute}{second or ':00'}{fraction}{offset}"


def _aligned(name: str, element: Mapping[str, Any]) -> bool:
    """Whether the places of a list belong to those of the list of its extensions, where nulls hold the place."""
    plain = name.removeprefix("_")
    return all(isinstance(element.get(key), list) and any(element[key]) for key in (plain, f"_{plain}"))


def _element(value: Any, repeats: bool | None, model: Any) -> Any:  # noqa: ANN401, FBT001 - as above
    if repeats is None:
        return value
    if repeats:
        values = [_value(item, model) for item in (value if isinstance(value, list) else [value])]
        kept = [item for item in values if item not in _NOTHING]
        return _numbered(kept) if model is not None and "sequence" in _elements(model) else kept
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else None
    return _value(value, model)


def _numbered(values: list[Any]) -> list[Any]:
    """Lines, diagnoses and the like, each with a number: its own, else the first from its place on that is free."""
    numbers = [item.get("sequence") for item in values if isinstance(item, dict)]
    taken = {number for number in numbers if isinstance(number, int)}
    numbered = []
    for place, item in enumerate(values, start=1):
        free = item
        if isinstance(item, dict) and "sequence" not in item:
            number = next(number for number in count(place) if number not in taken)
            taken.add(number)
            free = {"sequence": number, **item}
        numbered.append(free)
    return numbered


def _value(value: Any, model: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, dict) and model is not None:
        return _object(value, model)
    if model is not None and model.__name__ == "Quantity" and _is_number(value):
        return {"value": value}
    name = _LONE_TEXT.get(model.__name__) if model is not None else None
    return {name: value} if name is not None and isinstance(value, str) and value else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
