"""Cross-origin calls by browser clients (CH-X-16)."""

import re
from collections.abc import Iterable
from typing import Final

from flask import Flask
from flask_cors import CORS

from cds_service.settings import LOOPBACK

_LOOPBACK: Final = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?\Z")


def allow_origins(app: Flask, origins: Iterable[str]) -> None:
    """Let browser clients of these origins call the CDS Hooks endpoints; no other origin gets CORS headers."""
    patterns = [_LOOPBACK if one == LOOPBACK else re.compile(rf"{re.escape(one)}\Z", re.IGNORECASE) for one in origins]
    if not patterns:
        return
    CORS(
        app,
        resources={r"/cds-services.*": {}},
        origins=patterns,
        methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["X-Request-Id"],
        supports_credentials=False,
        vary_header=True,
        allow_private_network=False,
    )
