"""Liveness and readiness."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response

from cds_service.errors import NotReady
from cds_service.policies.stack import PoliciesInUse
from cds_service.web.around.replies import json_reply

OUTDATED: Final = {"policies": "not reloaded: see the log"}


def blueprint(reachable: Callable[[], bool], policies: PoliciesInUse) -> Blueprint:
    """Whether the process lives, and whether it is ready; ``reachable`` tells whether records can be kept.

    Policies load before the application exists, so one that answers has them; it says when the files have others.
    """
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live")
    def live() -> Response:
        return json_reply({"status": "ok"})

    @routes.get("/ready")
    def ready() -> Response:
        if not reachable():
            raise NotReady
        return json_reply({"status": "ok"} | (OUTDATED if policies.outdated else {}))

    return routes
