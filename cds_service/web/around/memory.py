"""Memory of large requests given back to the system, which the C library would keep for the next one."""

import ctypes
import sys
from typing import Final

from flask import Flask, request

LARGE_BYTES: Final = 4 * 1024 * 1024


def give_back_after_large_requests(app: Flask) -> None:
    """Trim the heap once a large request is answered; only where the C library offers it (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is None:
        return

    @app.teardown_request
    def give_back(error: BaseException | None) -> None:
        del error
        if (request.content_length or 0) > LARGE_BYTES:
            trim(0)
