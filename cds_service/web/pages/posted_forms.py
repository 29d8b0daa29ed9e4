"""Fields of a form that was posted, read in memory only; a file would be put on the disk meanwhile."""

from collections.abc import Mapping
from typing import NoReturn

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from cds_service.errors import TooLarge, UnsupportedMediaType


class PostedTooLarge(TooLarge):
    """More was posted than the service takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.hint = f"The limit of this service is {limit / 2**20:.3g} MB ({limit:,} bytes)."


def posted_fields(most: int) -> Mapping[str, str]:
    """The fields of the form, of two with one name the first.

    Args:
        most: How many there may be.

    Raises:
        PostedTooLarge: it is over the limit of a body, or has more fields.
        UnsupportedMediaType: a file was sent.
    """
    limit = int(current_app.config["MAX_CONTENT_LENGTH"])
    parser = FormDataParser(stream_factory=_no_file, max_form_memory_size=limit, max_form_parts=most)
    try:
        _, form, _ = parser.parse(request.stream, request.mimetype, request.content_length, request.mimetype_params)
    except RequestEntityTooLarge:
        raise PostedTooLarge(limit) from None
    return form


def _no_file(*_: object, **__: object) -> NoReturn:
    raise UnsupportedMediaType("A file was sent.")
