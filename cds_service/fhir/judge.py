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
_CODES: Final = frozenset(
    {"resourceType", "status", "use", "intent", "system", "code", "unit", "durationUnit", "periodUnit"}
)
_DATE: Final = re.compile(
    r"(?!0000)\d{4}-((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)", re.ASCII
)
_LOGICAL_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_TEXT: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_STAND_INS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "id": (_LOGICAL_ID, "a"),
    "reference": (re.compile(r"[A-Z][A-Za-z]{1,60}/[A-Za-z0-9.-]{1,64}", re.ASCII), "Patient/a"),
    "preAuthRef": (_LOGICAL_ID, "a"),
    **dict.fromkeys(("text", "display", "value", "state"), (_TEXT, "text")),
    **dict.fromkeys(("created", "date", "servicedDate", "authoredOn", "start", "end"), (_DATE, "2000-01-01")),
}
_NO_STAND_IN: Final = (None, "")
_SIMPLE: Final = frozenset({bool, int, float})
_EXACT: Final = 1e15
_LONGEST_MESSAGE: Final = 160


def warm(names: Iterable[str]) -> None:
    """Load the models of these resource types, which costs up to a tenth of a second for the first of them."""
    for name in names:
        _model(name)


def first_r4_error(resource: Mapping[str, Any]) -> str | None:
    """Validate one R4 resource; the first error as location and message without values, or None when it is valid."""
    from pydantic import ValidationError  # loaded late: the command line starts without the FHIR models

    name = resource.get("resourceType")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "resourceType is missing"
    model = _model(name)
    if model is None:
        return "resourceType is not a resource of FHIR R4"
    try:
        if _is_of_valid_form(model, resource):
            return None
        try:
            model.model_validate(_with_known_elements(model, resource))
        except ValidationError:
            model.model_validate(dict(resource))
    except ValidationError as error:
        return _in_words(error.errors(include_url=False)[0])
    except RecursionError:
        return "nested too deeply"
    except (ValueError, TypeError, AssertionError, LookupError, AttributeError, ArithmeticError):
        return "not a valid resource"
    return None


class _OwnWordsError(Exception):
    """An element holds a text that no stand-in can replace."""


def _is_of_valid_form(model: Any, resource: Mapping[str, Any]) -> bool:  # noqa: ANN401 a model class
    """Whether a resource of the same form was judged valid: the same but for what is of one patient or one call.

    Measured, a Claim costs a fifth of what judging each anew does: the forms are few. Nothing of a patient is kept.
    """
    from pydantic import ValidationError  # loaded late: as above

    try:
        _judge_form(model, orjson.dumps(_form("", resource)))
    except (_OwnWordsError, ValidationError):
        return False
    return True


@lru_cache(maxsize=2048)
def _judge_form(model: Any, form: bytes) -> None:  # noqa: ANN401 as above
    model.model_validate(orjson.loads(form))


def _form(name: str, value: Any) -> Any:  # noqa: ANN401 any JSON
    """The value with references, ids, dates and texts replaced by others of the same syntax.

    Whether a resource is valid does not depend on which of them it holds: the models judge structure and syntax.
    Codes and numbers stay.

    Raises:
        _OwnWordsError: another text is in it, or a number that JSON does not carry exactly.
    """
    kind = type(value)
    if kind is str:
        return _text_of_form(name, value)
    if kind is dict:
        return {
            key: _text_of_form(key, element) if type(element) is str else _form(key, element)
            for key, element in value.items()
        }
    if kind is list:
        return [_form(name, element) for element in value]
    if value is None or (kind in _SIMPLE and -_EXACT < value < _EXACT):
        return value
    raise _OwnWordsError


def _text_of_form(name: str, text: str) -> str:
    if name in _CODES and " " not in text:
        return text
    pattern, stand_in = _STAND_INS.get(name, _NO_STAND_IN)
    if pattern is None or not pattern.fullmatch(text):
        raise _OwnWordsError
    return stand_in


def _with_known_elements(model: Any, resource: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 as above
    """The resource with every element whose form is known replaced by a model of that form."""
    models = _element_models(model)
    return {name: _known(models.get(name), name, value) for name, value in resource.items()}


def _known(model: Any, name: str, value: Any) -> Any:  # noqa: ANN401 as above
    if model is None:
        return value
    if isinstance(value, list):
        return [_known(model, name, element) for element in value]
    if not isinstance(value, dict):
        return value
    try:
        form = orjson.dumps(_form(name, value))
    except _OwnWordsError:
        return _with_known_elements(model, value)
    return _judged_element(model, form)


@lru_cache(maxsize=2048)
def _judged_element(model: Any, form: bytes) -> Any:  # noqa: ANN401 as above
    return model.model_validate(orjson.loads(form))


@lru_cache(maxsize=512)
def _element_models(model: Any) -> Mapping[str, Any]:  # noqa: ANN401 as above
    """The model classes of a model's complex elements by FHIR name."""
    models = {}
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        kinds += [inner for kind in kinds for inner in get_args(kind)]
        for kind in kinds:
            if hasattr(kind, "get_model_klass"):
                models[field.alias or name] = kind.get_model_klass()
    return models


def _model(name: str) -> Any:  # noqa: ANN401 the class is only known at run time
    from fhir.resources.R4B import get_fhir_model_class  # loaded late: as above

    try:
        return get_fhir_model_class(name)
    except (LookupError, ValueError, ImportError, AttributeError):
        return None


def _in_words(error: "ErrorDetails") -> str:
    where = ".".join(_part(part) for part in error["loc"])
    message = _without_values(error["msg"], error.get("input"))
    if error["type"] == "json_invalid":
        message = "is a text, not the element that belongs there"
    return f"{where}: {message}" if where else message


def _part(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    return part if _ELEMENT.fullmatch(part) else "(unknown element)"


def _without_values(message: str, value: object) -> str:
    """Messages of custom checks may quote what was given, which may name the patient; element names may stay."""
    written = repr(value)
    if isinstance(value, str | int | float) and str(value):
        message = message.replace(str(value), "(value)")

    def kept(quoted: re.Match[str]) -> str:
        word = quoted.group()[1:-1]
        return word if _ELEMENT.fullmatch(word) and word not in written else "(value)"

    return " ".join(_QUOTED.sub(kept, message).split())[:_LONGEST_MESSAGE]
