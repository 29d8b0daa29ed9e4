"""Fields of a form that was posted, read in memory only; a file would be put on the disk meanwhile."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Final, NoReturn

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from cds_service.errors import TooLarge, UnsupportedMediaType

_URLENCODED: Final = "application/x-www-form-urlencoded"
"""A kind of form of which the parser itself does not count the fields."""


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
        _, form, _ = parser.parse(_counted(most), request.mimetype, request.content_length, request.mimetype_params)
    except RequestEntityTooLarge:
        raise PostedTooLarge(limit) from None
    return form


def _counted(most: int) -> IO[bytes]:
    """The body, with no more fields than these where the parser would not count them."""
    if request.mimetype != _URLENCODED:
        return request.stream
    body = request.stream.read()
    if body.count(b"&") >= most:
        raise RequestEntityTooLarge
    return BytesIO(body)


def _no_file(*_: object, **__: object) -> NoReturn:
    raise UnsupportedMediaType("A file was sent.")
