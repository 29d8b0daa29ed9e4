"""Cross-origin calls by browser clients (CH-X-16)."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from flask import Flask, Response, request
from flask_cors import cross_origin

from cds_service.app.settings import LOOPBACK_WORD

PATH: Final = "/cds-services"
_LOOPBACK: Final = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?\Z")


def allow_origins(app: Flask, origins: Callable[[], Iterable[str]]) -> None:
    """Let browser clients of some origins call the CDS Hooks endpoints; no other origin gets CORS headers.

    Args:
        app: The application.
        origins: The origins allowed for the request at hand, asked once it is answered.
    """

    def permit(response: Response) -> Response:
        sent = request.headers.get("Origin")
        if sent is None or not f"{request.path}/".startswith(f"{PATH}/") or not _among(sent, origins()):
            return response
        permitted: Response = cross_origin(
            origins=[re.compile(rf"{re.escape(sent)}\Z", re.IGNORECASE)],
            methods=["GET", "POST", "OPTIONS"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["X-Request-Id"],
            supports_credentials=False,
            vary_header=True,
            allow_private_network=False,
            automatic_options=False,
        )(lambda: response)()
        return permitted

    app.after_request(permit)


def _among(sent: str, origins: Iterable[str]) -> bool:
    return any(
        _LOOPBACK.match(sent) if origin == LOOPBACK_WORD else origin.lower() == sent.lower() for origin in origins
    )
