"""One way to show a page: as HTML in the design of all pages, or its facts as JSON to who prefers that (``Accept``)."""

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Flask, Response, current_app, render_template, request

from cards.drawing.canvas import stylesheet_file
from cds_service.errors import MethodNotAllowed, UnknownRoute
from cds_service.web.around.access import access
from cds_service.web.around.faults import failure_of
from cds_service.web.around.replies import failure_in_json, in_our_terms
from cds_service.web.site import Site

ASSETS: Final = Path(__file__).with_name("assets")
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
PUBLIC: Final = "public, max-age=300"
PRIVATE: Final = "no-store"
_FHIR_JSON: Final = "application/fhir+json"
_OFFERED: Final = ("text/html", "application/json", _FHIR_JSON)
_NAVIGATION: Final = (
    ("Home", "/"),
    ("Try it", "/try"),
    ("Rules", "/rules"),
    ("Policies", "/policies"),
    ("Coverage", "/coverage"),
    ("Docs", "/docs"),
    ("API", "/openapi.json"),
    ("Insights", "/insights"),
)
"""Pages that the head of each page leads to, where this deployment has them."""


def page(
    template: str,
    facts: Mapping[str, Any],
    *,
    status: int = 200,
    kept: str = PUBLIC,
    json_type: str | None = "application/json",
    framed_by: Iterable[str] = (),
) -> Response:
    """A page.

    Args:
        template: Its template.
        facts: What it shows, also as JSON.
        status: The HTTP status.
        kept: Who may keep it (``Cache-Control``); what holds anything of a patient or of records is ``PRIVATE``.
        json_type: The media type for programs; None where there is only HTML.
        framed_by: Origins whose pages may show this one in a frame.
    """
    headers = headers_of_page(kept, framed_by)
    if json_type is None or wants_html():
        return Response(render_template(template, **facts), status, headers, mimetype="text/html")
    return Response(orjson.dumps(facts), status, headers, mimetype=json_type)


def download(name: str, content: bytes | str, kind: str = "application/json") -> Response:
    """A file to save, which nobody keeps on the way."""
    headers = headers_of_page(PRIVATE) | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, mimetype=kind)


def headers_of_page(kept: str, framed_by: Iterable[str] = ()) -> dict[str, str]:
    """What a page tells the browser: only our own scripts and styles, no framing by others, no address for others."""
    framing = " ".join(framed_by) or "'none'"
    return {
        "Content-Security-Policy": f"{_SECURITY_POLICY}; frame-ancestors {framing}",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": kept,
        "Vary": "Accept",
    }


def wants_html() -> bool:
    """The request names HTML and prefers it to JSON; a program that takes anything, like curl, gets JSON."""
    accepted = request.accept_mimetypes
    named = any(kind.startswith("text/") for kind in accepted.values())
    return named and accepted.best_match(_OFFERED, default="application/json") == "text/html"


def init_app(app: Flask, site: Site) -> None:
    """Give all templates of the application the frame of a page."""
    root = urlsplit(site.settings.public_url).path

    def frame() -> dict[str, Any]:
        return {
            "site": site.settings.source_label,
            "root": root,
            "navigation": navigation(app),
            "here": request.path,
            "asset": lambda name: f"{root}/assets/{name}?v={_digest(name)}",
        }

    app.context_processor(frame)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(_assets())


def navigation(app: Flask) -> list[tuple[str, str]]:
    """Label and path of the pages that there are."""
    paths = {rule.rule for rule in app.url_map.iter_rules()}
    return [(label, path) for label, path in _NAVIGATION if path in paths]


def failure(error: Exception) -> Response:
    """The answer to a request that failed: a page for people, an OperationOutcome for programs."""
    if not wants_html():
        return failure_in_json(error)
    refusal = in_our_terms(error, access())
    facts = {"text": refusal.text, "hint": refusal.hint, "id": access().request_id}
    reply = page("failure.html", facts, status=failure_of(refusal).status, kept=PRIVATE, json_type=None)
    if isinstance(refusal, MethodNotAllowed):
        reply.headers["Allow"] = ", ".join(refusal.allowed)
    return reply


def _assets() -> Blueprint:
    routes = Blueprint("assets", __name__)

    @routes.get("/assets/<name>")
    def asset(name: str) -> Response:
        """A style sheet, script or picture of the pages."""
        if name not in _files():
            raise UnknownRoute
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return current_app.response_class(
            _files()[name].read_bytes(), headers=headers, mimetype=_TYPES[Path(name).suffix]
        )

    return routes


@cache
def _files() -> Mapping[str, Traversable]:
    """The files that pages load, by name; the stylesheet of pictures lies beside them."""
    return {file.name: file for file in (*ASSETS.iterdir(), stylesheet_file())}


@cache
def _digest(name: str) -> str:
    return sha256(_files()[name].read_bytes()).hexdigest()[:12]
