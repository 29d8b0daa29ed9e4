"""Links to the next page of a search as FHIR servers write them, in the one form that a request can be made of.

Measured on public servers: a ``|``, quotes or blanks in the query that are not percent-encoded, a slash too many
before the resource type, links relative to the base or to the page that they stand on.
"""

import re
from typing import Final
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_NOT_AN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SLASHES: Final = re.compile(r"/{2,}")
_AS_WRITTEN: Final = "!$&'()*+,-./:;=?@_~%[]"
"""What stands in a URL as it is; the percent sign belongs to what is encoded already."""


def page_url(base: str, page: str, link: str) -> str:
    """The absolute URL of a link: what a URL cannot hold is percent-encoded, slashes in a row of its path are one.

    A link that consists of a query belongs to the page it stands on, other relative ones to the server's base. One
    with a backslash before its query is left with it, because two readers might understand it differently.

    Args:
        base: URL of the server, with a slash at the end.
        page: URL of the page on which the link stands.
        link: The link as written.

    Raises:
        ValueError: it is no web address.
    """
    written = link.strip()
    place, mark, query = written.partition("?")
    encoded = _encoded(place, also="\\#") + mark + _encoded(query, also="#")
    parts = urlsplit(urljoin(page if encoded.startswith("?") else base, encoded))
    return urlunsplit(parts._replace(path=_SLASHES.sub("/", parts.path)))


def _encoded(text: str, also: str) -> str:
    return quote(_NOT_AN_ESCAPE.sub("%25", text), safe=_AS_WRITTEN + also)
