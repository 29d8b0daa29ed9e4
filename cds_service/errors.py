# ruff: noqa: N818 - the names say what is wrong; each is part of a sentence in the tree below
"""What can go wrong, as one tree.

::

    CdsError
    ├── ConfigurationError            the service cannot start like this
    ├── RequestError                  the caller can put it right
    │   ├── Unauthenticated
    │   ├── Forbidden
    │   ├── UnknownRoute
    │   ├── UnknownService
    │   ├── NotADate
    │   ├── MethodNotAllowed
    │   ├── UnsupportedMediaType
    │   ├── TooLarge
    │   ├── TooSlow
    │   ├── NotJson
    │   ├── NotAnObject
    │   ├── TooDeep
    │   ├── InvalidRequest
    │   │   └── MissingField
    │   ├── WrongHook
    │   ├── DataNeeded
    │   └── BadTransport
    └── ServiceError                  the caller can do nothing about it
        ├── FeedbackNotStored
        ├── NotReady
        └── Fault

Each carries two texts that are safe to send and to log: ``text`` says what is wrong, ``hint`` what would be right.
They name fields, our own ids and limits, never values of the request; the few names a caller may choose (a service
id, a hook) pass through ``shown``. Which status each one becomes is the table in ``cds_service.web.errors``.
"""

import re
from collections.abc import Iterable
from typing import Final

SHOWN_CHARACTERS: Final = 64
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._~-]")


def shown(name: str) -> str:
    """A name chosen by the caller, fit to repeat: bounded, and only characters that mean nothing in HTML or logs."""
    cut = _UNSAFE.sub("?", name[:SHOWN_CHARACTERS])
    return cut if len(name) <= SHOWN_CHARACTERS else f"{cut}..."


class CdsError(Exception):
    """Base of everything this service raises on purpose."""

    def __init__(self, text: str, hint: str) -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint


class ConfigurationError(CdsError):
    """The settings or the files they name cannot be used; raised at start only."""

    def __init__(self, text: str, hint: str = "Correct the setting and start again.") -> None:
        super().__init__(text, hint)


class RequestError(CdsError):
    """The request cannot be answered as it is; the caller can put it right."""


class Unauthenticated(RequestError):
    """No registered client proves that it makes the call (CH-H-06).

    ``reason`` is a short code for the log; the answer does not tell it (CH-X-14). ``issuer`` is the registered client
    that the token names, None when there is none.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.issuer: str | None = None
        super().__init__("Authentication is needed.", "Send Authorization: Bearer with a JWT as CDS Hooks describes.")


class Forbidden(RequestError):
    """A registered client calls what it may not (CH-H-07); ``reason`` is a short code for the log, ``issuer`` who."""

    def __init__(self, reason: str, issuer: str) -> None:
        self.reason = reason
        self.issuer = issuer
        super().__init__("This client may not make this call.", "The operator registers services and tenants.")


class UnknownRoute(RequestError):
    """No such path."""

    def __init__(self) -> None:
        super().__init__("There is nothing at this path.", "GET /cds-services lists the services.")


class UnknownService(RequestError):
    """No service has this id (CH-H-08)."""

    def __init__(self, service: str) -> None:
        super().__init__(f"There is no service '{shown(service)}'.", "GET /cds-services lists the services.")


class MethodNotAllowed(RequestError):
    """The path exists but not with this method (CH-H-09); ``allowed`` becomes the Allow header."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__("This method is not available here.", f"Available: {', '.join(self.allowed)}.")


class UnsupportedMediaType(RequestError):
    """The body is not uncompressed JSON in UTF-8 (CH-H-10)."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "Send Content-Type application/json in UTF-8, without Content-Encoding.")


class TooLarge(RequestError):
    """The body is over the limit (CH-R-17); ``limit`` in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__("The body is too large.", f"The limit is {limit} bytes.")


class TooSlow(RequestError):
    """The body did not come in time, or took room that others needed."""

    def __init__(self) -> None:
        super().__init__("The body did not come in time.", "Send the whole body at once, and try again.")


class NotJson(RequestError):
    """The body is not JSON (CH-H-02)."""

    def __init__(self, text: str = "The body is not JSON.") -> None:
        super().__init__(text, "Send one JSON object in UTF-8.")


class NotAnObject(RequestError):
    """The body is JSON but not an object (CH-H-03)."""

    def __init__(self) -> None:
        super().__init__("The body is not a JSON object.", "Send one JSON object in UTF-8.")


class TooDeep(RequestError):
    """The body is nested too deeply to be read (CH-R-17)."""

    def __init__(self) -> None:
        super().__init__("The body is nested too deeply.", "FHIR resources nest a few dozen levels at most.")


class InvalidRequest(RequestError):
    """A field is of the wrong type or form (CH-H-04); ``field`` is its path."""

    def __init__(self, field: str, why: str) -> None:
        self.field = field
        super().__init__(f"{field} {why}.", f"See {field} in the CDS Hooks specification.")


class MissingField(InvalidRequest):
    """A required field is absent, null or blank (CH-R-02, CH-C-01)."""

    def __init__(self, field: str) -> None:
        super().__init__(field, "is required")


class NotADate(RequestError):
    """A date in the query of a page is none."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The parameter {name} is not a date.", "Write it like 2024-05-01.")


class WrongHook(RequestError):
    """The service is not listed with this hook (CH-R-03)."""

    def __init__(self, service: str, hook: str, listed: Iterable[str]) -> None:
        super().__init__(
            f"The service {shown(service)} does not answer the hook '{shown(hook)}'.",
            f"It answers: {', '.join(listed)}.",
        )


class DataNeeded(RequestError):
    """Nothing can be said without these prefetch keys, and they cannot be obtained (CH-P-12)."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        named = ", ".join(self.keys)
        super().__init__(
            f"Data that this service cannot do without is missing: {named}.",
            f"Send the prefetch keys {named} as GET /cds-services describes them.",
        )


class BadTransport(RequestError):
    """The HTTP request itself is broken."""

    def __init__(self) -> None:
        super().__init__("The HTTP request could not be read.", "Send a well-formed HTTP/1.1 request.")


class ServiceError(CdsError):
    """The request may be in order; this service cannot serve it."""


class FeedbackNotStored(ServiceError):
    """The feedback is valid, but the store failed; better said than swallowed (CH-F-08)."""

    def __init__(self) -> None:
        super().__init__("The feedback could not be stored; nothing of it was.", "Send it again later.")


class NotReady(ServiceError):
    """The database cannot be used: calls are answered, and feedback cannot be stored."""

    def __init__(self) -> None:
        super().__init__("The database cannot be used.", "Hook calls are answered; feedback has to wait.")


class Fault(ServiceError):
    """A fault of this service (CH-H-12). Details are in the log under the request id, not here."""

    def __init__(self) -> None:
        super().__init__("The service failed to answer.", "The operator finds the cause under the request id.")
