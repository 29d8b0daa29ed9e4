"""Work Rehab CDS: codes, units, modifiers and what is missing for work conditioning and work hardening visits.

``create_app`` is the web application, ``evaluate`` asks the rules without one, ``load_policies`` reads what to decide
by. They are loaded when they are first asked for: the command line starts without them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cds_service.app.assembly import load_policies
    from cds_service.hooks.library import evaluate
    from cds_service.web.application import create_app

    __version__: str

__all__ = ["create_app", "evaluate", "load_policies"]

_HOMES: Final = {
    "create_app": "cds_service.web.application",
    "evaluate": "cds_service.hooks.library",
    "load_policies": "cds_service.app.assembly",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever has the name
    if name == "__version__":
        from importlib.metadata import version  # takes longer than all else here

        return version("work-rehab-cds")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
