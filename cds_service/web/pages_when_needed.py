"""Lets the pages for people wait until somebody asks for one: hook calls need nothing of them."""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class PagesWhenNeeded:
    """Passes requests to one of two applications.

    Args:
        endpoints: The application for machines.
        routes: Its routes; all other paths are pages.
        make_pages: Makes the application for people, once.
    """

    def __init__(self, endpoints: "WSGIApplication", routes: Iterable[str], make_pages: Callable[[], Flask]) -> None:
        self._endpoints = endpoints
        self._heads = frozenset(route.split("/")[1] for route in routes)
        self._make_pages = make_pages
        self._making = Lock()
        self._pages: Flask | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        head = environ["PATH_INFO"].removeprefix("/").partition("/")[0]
        if head in self._heads:
            return self._endpoints(environ, start_response)
        return self.pages()(environ, start_response)

    def pages(self) -> Flask:
        """The application for people."""
        with self._making:
            if self._pages is None:
                self._pages = self._make_pages()
            return self._pages
