"""Liveness and readiness."""

from collections.abc import Callable

from flask import Blueprint, Response

from cds_service.errors import NotReady
from cds_service.web.replies import json_reply


def blueprint(reachable: Callable[[], bool]) -> Blueprint:
    """Whether the process lives, and whether it is ready; ``reachable`` tells whether records can be kept.

    Policies load before the application exists, so one that answers has them.
    """
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live")
    def live() -> Response:
        return json_reply({"status": "ok"})

    @routes.get("/ready")
    def ready() -> Response:
        if not reachable():
            raise NotReady
        return json_reply({"status": "ok"})

    return routes
