"""Home: what this service is, how this deployment is doing, and the way to everything else."""

from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, Response
from markupsafe import Markup

from cds_service.hooks.services import SERVICES
from cds_service.records.keeping import Keeps
from cds_service.rules.catalog import RULES
from cds_service.web.pages.page import page
from cds_service.web.pages.try_it.answering import today_here
from cds_service.web.pages.try_it.live_card import live_card
from cds_service.web.site import Site

KEPT: Final = "public, max-age=10"
"""The state of the deployment is that of ten seconds ago at most."""


def blueprint(site: Site) -> Blueprint:
    """The home page."""
    routes = Blueprint("home", __name__)
    services = [
        {"id": service.id, "hook": service.hook, "title": service.title, "description": service.description}
        for service in SERVICES
    ]

    drawn: dict[tuple[date, int], Markup | None] = {}

    def card_of_today() -> Markup | None:
        """A card as this deployment answers today, by the policies in use."""
        key = today_here(site.settings), id(site.policies.current)
        if key not in drawn:
            drawn.clear()
            drawn[key] = live_card(site)
        return drawn[key]

    routes.context_processor(lambda: {"card_of_today": card_of_today})

    @routes.get("/")
    def home() -> Response:
        return page("home.html", {"services": services, "state": _state(site)}, kept=KEPT)

    return routes


def _state(site: Site) -> dict[str, Any]:
    """How this deployment is doing; nothing that names a client."""
    return {
        "version": site.version,
        "demo": site.is_demo,
        "rules": len(RULES),
        "policies": len(site.policies.current.policies),
        "policiesOutdated": site.policies.outdated,
        "clients": len(site.gate.registry.clients) if site.gate is not None else None,
        "recordsReachable": site.records.reachable(),
        "callsToday": _calls_today(site.records),
    }


def _calls_today(records: Keeps) -> int | None:
    """Calls since midnight of this machine's day."""
    now = datetime.now().astimezone()
    return records.calls_since(now.replace(hour=0, minute=0, second=0, microsecond=0))
