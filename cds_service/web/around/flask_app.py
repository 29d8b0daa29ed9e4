"""A Flask application with all that stands around every request."""

from collections.abc import Callable

from flask import Flask, Response

from cds_service.app.metrics import Metrics
from cds_service.app.settings import Settings
from cds_service.web.around import access, counting, replies
from cds_service.web.around.memory import give_back_after_large_requests


def surrounded_app(
    name: str,
    settings: Settings,
    metrics: Metrics,
    show_failure: Callable[[Exception], Response] = replies.failure_in_json,
) -> Flask:
    """An application without endpoints: requests are logged and counted, failures are answered."""
    app = Flask(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False
    access.init_app(app)
    counting.init_app(app, metrics)
    replies.init_app(app, show_failure)
    give_back_after_large_requests(app)
    return app
