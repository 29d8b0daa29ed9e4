"""Liveness and readiness."""

from flask import Blueprint, Response

from cds_service.web.replies import json_reply

routes = Blueprint("health", __name__, url_prefix="/health")


@routes.get("/live")
def live() -> Response:
    """The process answers."""
    return json_reply({"status": "ok"})


@routes.get("/ready")
def ready() -> Response:
    """Hook calls can be answered. Policies load before the application exists, so one that answers is ready."""
    return json_reply({"status": "ok"})
