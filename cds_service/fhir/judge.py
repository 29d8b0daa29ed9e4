"""Validation of whole resources with the R4B models of fhir.resources: exact, strict and slow.

It judges what leaves the service and what the fast reading could not take.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NAME: Final = re.compile(r"[A-Z][A-Za-z]{1,60}", re.ASCII)
_ELEMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}", re.ASCII)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
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
        model.model_validate(dict(resource))
    except ValidationError as error:
        return _in_words(error.errors(include_url=False)[0])
    except RecursionError:
        return "nested too deeply"
    except (ValueError, TypeError, AssertionError, LookupError, AttributeError, ArithmeticError):
        return "not a valid resource"
    return None


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
