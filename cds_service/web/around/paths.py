"""Paths as clients join them: double and trailing slashes mean the same path, without a redirect."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SLASHES: Final = re.compile(r"//+")


def one_slash(path: str) -> str:
    """The path with single slashes and none at the end."""
    return _SLASHES.sub("/", path).rstrip("/") or "/"


def tolerate_slashes(app: "WSGIApplication") -> "WSGIApplication":
    """Let the application see the tidy path; a redirect would lose a POST in many clients."""

    def tolerant(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path or "//" in path or path.endswith("/"):
            environ["PATH_INFO"] = one_slash(path)
        return app(environ, start_response)

    return tolerant
