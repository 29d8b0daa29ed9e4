"""Whom we may call: the servers that a client is registered with.

A call names the FHIR server it wants to be asked; only one that the client's registration names is (CH-R-16).
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_PORTS: Final = {"https": 443, "http": 80}
_PLAIN: Final = re.compile(r"[!-~]+", re.ASCII)
_SURPRISING: Final = re.compile(r"\\|[\"<>^`{|}]")
_SURPRISING_PATH: Final = re.compile(r"//|(?:^|/)\.{1,2}(?:/|$)|;|%(?:2e|2f|5c|25|00)", re.IGNORECASE)
_PLAINLY: Final = "must have no user, query, fragment or unusual characters"


class _Place(NamedTuple):
    """Where a URL leads, in a form that can be compared."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Servers:
    """The FHIR servers that may be called for one client.

    ``allowed`` are base URLs as registered; with ``allow_http`` they may be plain http (sandboxes and tests, CH-R-07).
    """

    allowed: tuple[str, ...]
    allow_http: bool = False

    def permits(self, url: str) -> bool:
        """Whether the URL is one of these servers or below it: same scheme, host and port, same path or deeper."""
        try:
            place = _place(url, allow_http=self.allow_http)
            return any(_leads_into(_place(base, allow_http=self.allow_http), place) for base in self.allowed)
        except ValueError:
            return False

    def spelled(self, url: str) -> str | None:
        """The one of these servers that the URL is another spelling of; None where it is none of them, or below one."""
        try:
            place = _place(url, allow_http=self.allow_http) if "?" not in url else None
            return next((base for base in self.allowed if _place(base, allow_http=self.allow_http) == place), None)
        except ValueError:
            return None


def registered_url(url: str, *, allow_http: bool = False) -> str:
    """The URL, when it may be registered: what calls are judged by, and without query.

    Raises:
        ValueError: it could never be called; says why.
    """
    if "?" in url:
        raise ValueError(_PLAINLY)
    _place(url, allow_http=allow_http)
    return url


def _leads_into(base: _Place, place: _Place) -> bool:
    return base[:3] == place[:3] and (place.path == base.path or place.path.startswith(f"{base.path}/"))


def _place(url: str, *, allow_http: bool) -> _Place:
    """Where a URL leads.

    Raises:
        ValueError: two readers might understand the URL differently, or it is no web address that may be called.
    """
    if not _PLAIN.fullmatch(url) or _SURPRISING.search(url) or "#" in url:
        raise ValueError(_PLAINLY)
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_http:
        raise ValueError("must be https; CDS_ALLOW_HTTP=1 allows http in tests and sandboxes")
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must be an absolute https URL")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise ValueError(_PLAINLY)
    if _SURPRISING_PATH.search(parts.path):
        raise ValueError("must have a path that is read in one way only: no //, no . or .. segments, no ; and no %2F")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    return _Place(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))
