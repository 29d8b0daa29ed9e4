"""Validation of whole resources with the R4B models of fhir.resources: exact, strict and slow.

It judges what leaves the service and what the fast reading could not take.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, get_args

import orjson

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NAME: Final = re.compile(r"[A-Z][A-Za-z]{1,60}", re.ASCII)
_ELEMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}", re.ASCII)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_CODE_FIELDS: Final = frozenset({"coding", "system", "code", "value", "unit"})
_LONGEST_MESSAGE: Final = 160


def warm(names: Iterable[str]) -> None:
    """Load the models of these resource types, which costs up to a tenth of a second for the first of them."""
    for name in names:
        _model(name)


def check(resource: Mapping[str, Any]) -> str | None:
    """Validate one R4 resource; the first error as location and message without values, or None when it is valid."""
    from pydantic import ValidationError  # loaded late: the command line starts without the FHIR models

    name = resource.get("resourceType")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "resourceType is missing"
    model = _model(name)
    if model is None:
        return "resourceType is not a resource of FHIR R4"
    try:
        try:
            model.model_validate(_with_known_codes(model, resource))
        except ValidationError:
            model.model_validate(dict(resource))
    except ValidationError as error:
        return _in_words(error.errors(include_url=False)[0])
    except RecursionError:
        return "nested too deeply"
    except (ValueError, TypeError, AssertionError, LookupError, AttributeError, ArithmeticError):
        return "not a valid resource"
    return None


def _with_known_codes(model: Any, resource: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 a model class
    """The resource with every bare code in it replaced by its model, judged once and kept.

    Most of what a Claim costs to judge is its codes, and they are the same in every Claim: measured, a third of the
    time. Only elements of nothing but codes and numbers are kept, so nothing of a patient is.
    """
    models = _element_models(model)
    return {name: _known(models.get(name), value) for name, value in resource.items()}


def _known(model: Any, value: Any) -> Any:  # noqa: ANN401 as above
    if model is None:
        return value
    if isinstance(value, list):
        return [_known(model, one) for one in value]
    if not isinstance(value, dict):
        return value
    if _CODE_FIELDS.issuperset(value):
        codings = value.get("coding", ())
        if all(isinstance(one, dict) and _CODE_FIELDS.issuperset(one) for one in codings):
            return _judged_code(model, orjson.dumps(value))
    return _with_known_codes(model, value)


@lru_cache(maxsize=2048)
def _judged_code(model: Any, value: bytes) -> Any:  # noqa: ANN401 as above
    return model.model_validate_json(value)


@lru_cache(maxsize=512)
def _element_models(model: Any) -> Mapping[str, Any]:  # noqa: ANN401 as above
    """The model classes of a model's complex elements by FHIR name."""
    found = {}
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        kinds += [inner for kind in kinds for inner in get_args(kind)]
        for kind in kinds:
            if hasattr(kind, "get_model_klass"):
                found[field.alias or name] = kind.get_model_klass()
    return found


def _model(name: str) -> Any:  # noqa: ANN401 the class is only known at run time
    from fhir.resources.R4B import get_fhir_model_class  # loaded late: as above

    try:
        return get_fhir_model_class(name)
    except (LookupError, ValueError, ImportError, AttributeError):
        return None


def _in_words(error: "ErrorDetails") -> str:
    where = ".".join(_part(part) for part in error["loc"])
    message = _without_values(error["msg"], error.get("input"))
    return f"{where}: {message}" if where else message


def _part(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    return part if _ELEMENT.fullmatch(part) else "(unknown element)"


def _without_values(message: str, value: object) -> str:
    """Messages of custom checks may quote what was given, which may name the patient; element names may stay."""
    given = repr(value)
    if isinstance(value, str | int | float) and str(value):
        message = message.replace(str(value), "(value)")

    def kept(quoted: re.Match[str]) -> str:
        word = quoted.group()[1:-1]
        return word if _ELEMENT.fullmatch(word) and word not in given else "(value)"

    return " ".join(_QUOTED.sub(kept, message).split())[:_LONGEST_MESSAGE]
