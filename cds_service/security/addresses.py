"""Addresses that the registry may name."""

from urllib.parse import urlsplit


def checked_url(url: str, *, allow_http: bool) -> str:
    """The URL, when it is one we may call.

    Raises:
        ValueError: not absolute, not https (nor http where that is allowed), with user, query or fragment, or with
            characters no URL has.
    """
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_http:
        raise ValueError("must be https; CDS_ALLOW_HTTP=1 allows http in tests and sandboxes")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an absolute https URL")
    if parts.username is not None or parts.query or parts.fragment or not url.isascii() or not url.isprintable():
        raise ValueError("must have no user, query, fragment or unusual characters")
    if " " in url or "\\" in url:
        raise ValueError("must have no spaces or backslashes")
    _ = parts.port
    return url
