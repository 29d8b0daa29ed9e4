"""``/openapi.json``: the description as a document for programs and as a page for people (``Accept``)."""

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from typing import Final, NamedTuple

import orjson
from flask import Blueprint, Flask, Response, current_app, render_template, request

from cds_service.policies.stack import PolicyStack
from cds_service.web.pages.api_description.api_document import description
from cds_service.web.pages.api_description.api_site import ApiSite, HtmlRoute
from cds_service.web.pages.api_description.api_view import arranged
from cds_service.web.pages.api_description.page_operations import DESCRIPTION_PATH
from cds_service.web.pages.api_description.schema_of_types import first_sentences
from cds_service.web.pages.page import PUBLIC, headers_of_page, wants_html
from cds_service.web.site import Site

_SWITCHED_OFF: Final = "<any("
"""Is in the route of pages that this deployment does not have: it only says so."""
_METHODS: Final = frozenset({"HEAD", "OPTIONS"})


class _Made(NamedTuple):
    """The description as of a day and the policies of that time."""

    day: date
    policies: PolicyStack
    document: bytes
    page: str
    etag: str


def blueprint(site: Site) -> Blueprint:
    """The description of this deployment; made when it is asked for, and anew for other policies or another day."""
    routes = Blueprint("api_description", __name__)
    made: list[_Made] = []

    def described() -> _Made:
        day = datetime.now().astimezone().date()
        policies = site.policies.current
        if not made or made[-1].day != day or made[-1].policies is not policies:
            made[:] = [_made(site, policies, day, html_routes(current_app))]
        return made[-1]

    @routes.get(DESCRIPTION_PATH)
    def api() -> Response:
        now = described()
        as_page = request.args.get("format") != "json" and wants_html()
        content, kind = (now.page, "text/html") if as_page else (now.document, "application/json")
        reply = Response(content, headers=headers_of_page(PUBLIC), mimetype=kind)
        reply.set_etag(f"{now.etag}-page" if as_page else now.etag)
        reply.make_conditional(request)
        return reply

    return routes


def _made(site: Site, policies: PolicyStack, day: date, pages: tuple[HtmlRoute, ...]) -> _Made:
    settings = site.settings
    document = description(
        ApiSite(
            public_url=settings.public_url,
            name=settings.source_label,
            version=site.version,
            largest_body=settings.max_body_bytes,
            policies=policies,
            day=day,
            needs_token=site.gate is not None,
            open_discovery=settings.discovery_open,
            metrics_need_token=settings.metrics_token is not None,
            shared_ids=settings.discovery == "shared",
            pages=pages,
        )
    )
    body = orjson.dumps(document)
    page = render_template("api.html", **arranged(document))
    return _Made(day, policies, body, page, sha256(body).hexdigest()[:16])


def html_routes(app: Flask) -> tuple[HtmlRoute, ...]:
    """The pages of an application, each with the first words of its view's docstring."""
    rules = (rule for rule in app.url_map.iter_rules() if _SWITCHED_OFF not in rule.rule)
    return tuple(_html_route(app, rule.rule, rule.endpoint, rule.methods or ()) for rule in rules)


def _html_route(app: Flask, path: str, endpoint: str, methods: Iterable[str]) -> HtmlRoute:
    says = first_sentences(app.view_functions[endpoint].__doc__ or "").rstrip(".")
    shown = tuple(sorted(set(methods) - _METHODS))
    return HtmlRoute(path, shown, says or f"The page {path}")
