"""The documentation at ``/docs``: the way in for each reader, search, and a page for each text."""

from collections.abc import Callable, Mapping
from mimetypes import guess_type
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, render_template, request

from cds_service.errors import UnknownRoute
from cds_service.web.pages.docs_site.manual import IMAGES, image_at
from cds_service.web.pages.docs_site.readers import READERS, SHELVES, SHORT_TITLES, Step
from cds_service.web.pages.docs_site.shelf import Shelf
from cds_service.web.pages.docs_site.word_search import MOST_CHARACTERS, Hit
from cds_service.web.pages.page import PUBLIC, headers_of_page, navigation, page, wants_html
from cds_service.web.site import Site


def blueprint(site: Site) -> Blueprint:
    """The documentation."""
    routes = Blueprint("docs", __name__)
    root = urlsplit(site.settings.public_url).path
    shelf = Shelf(root)
    shelves = shelves_of(shelf.titles)
    shown = dict[str, str]()

    def lasting(template: str, facts: Callable[[], dict[str, Any]]) -> Response:
        """A page that does not change while the service runs: rendered once for each address."""
        if not wants_html():
            return page(template, facts())
        if request.path not in shown:
            shown[request.path] = render_template(template, **facts())
        return Response(shown[request.path], headers=headers_of_page(PUBLIC), mimetype="text/html")

    @routes.get("/docs", strict_slashes=False)
    def docs() -> Response:
        """The way in to the documentation for each reader, and with q its search."""
        query = request.args.get("q", "").strip()[:MOST_CHARACTERS]
        if not query:
            return lasting("docs/home.html", lambda: _way_in(shelf, shelves, root))
        index = shelf.index(site.policies.current)
        hits = [_hit(hit) for hit in index.search(query)]
        facts = {"query": query, "hits": hits, "closeWords": index.close_words(query)}
        return page("docs/search.html", {**facts, "shelves": _listed(shelf, shelves)})

    @routes.get("/docs/<name>")
    def text(name: str) -> Response:
        """A text of the documentation."""
        if name not in shelf.titles:
            raise UnknownRoute
        return lasting("docs/page.html", lambda: _facts(shelf, shelves, name))

    @routes.get(f"/{IMAGES}/<name>")
    def image(name: str) -> Response:
        """A picture of the documentation."""
        file = image_at(f"{IMAGES}/{name}")
        if file is None:
            raise UnknownRoute
        headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return Response(file.read_bytes(), headers=headers, mimetype=guess_type(name)[0])

    return routes


def shelves_of(titles: Mapping[str, str]) -> dict[str, list[str]]:
    """The names of all pages by subject; those that no shelf names stand on the last."""
    shelves = {label: [name for name in names if name in titles] for label, names in SHELVES.items()}
    placed = {name for names in shelves.values() for name in names}
    shelves[list(SHELVES)[-1]] += [name for name in titles if name not in placed]
    return shelves


def _way_in(shelf: Shelf, shelves: Mapping[str, list[str]], root: str) -> dict[str, Any]:
    """What the first page shows: each reader with the pages that this deployment has, and all pages."""
    there = {path for _, path in navigation(current_app)}
    return {"readers": _readers(shelf, root, there), "shelves": _listed(shelf, shelves)}


def _facts(shelf: Shelf, shelves: Mapping[str, list[str]], name: str) -> dict[str, Any]:
    """What the page of a text shows."""
    made = shelf.page(name)
    order = [name for names in shelves.values() for name in names]
    after = order[order.index(name) + 1 :]
    return {
        "name": name,
        "title": made.title,
        "shelf": next(label for label, names in shelves.items() if name in names),
        "headings": [{"level": h.level, "title": h.title, "anchor": h.anchor} for h in made.headings],
        "html": made.html,
        "next": _entry(shelf, after[0]) if after else None,
        "shelves": _listed(shelf, shelves),
    }


def _listed(shelf: Shelf, shelves: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    return [{"title": label, "pages": [_entry(shelf, name) for name in names]} for label, names in shelves.items()]


def _entry(shelf: Shelf, name: str) -> dict[str, str]:
    return {"name": name, "title": SHORT_TITLES.get(name, shelf.titles[name]), "address": shelf.address(name)}


def _readers(shelf: Shelf, root: str, there: set[str]) -> list[dict[str, Any]]:
    """Each reader with the pages that this deployment has."""
    return [
        {
            "name": reader.name,
            "wants": reader.wants,
            "steps": [
                {"title": step.title or shelf.titles[_docs_name(step)], "address": root + step.path, "says": step.says}
                for step in reader.steps
                if step.path in there or _docs_name(step) in shelf.titles
            ],
        }
        for reader in READERS
    ]


def _docs_name(step: Step) -> str:
    """The name of the page of the documentation that a step leads to; empty for another page."""
    return step.path.partition("#")[0].removeprefix("/docs/") if step.path.startswith("/docs/") else ""


def _hit(hit: Hit) -> dict[str, Any]:
    place = hit.place
    return {
        "kind": place.kind,
        "title": place.title,
        "heading": place.heading,
        "address": place.address,
        "snippet": [{"text": text, "hit": marked} for text, marked in hit.snippet],
    }
