"""From findings to a CDS Hooks response: wording, Markdown, suggestions, links, override reasons.

Pure: identity and time are passed in, FHIR resources arrive as plain dicts. ``compose`` makes the response, of
``Card``s; they are loaded when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cards.card import Card
    from cards.composition import compose

__all__ = ["Card", "compose"]

_HOMES: Final = {"Card": "cards.card", "compose": "cards.composition"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever has the name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
