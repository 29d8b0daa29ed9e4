"""The HTTP surface: a Flask application over the hook calls and the knowledge pages."""

from datetime import datetime

from flask import Flask

from cds_service.hooks.answer import Answerer
from cds_service.policies.stack import PolicyStack
from cds_service.settings import Settings
from cds_service.web import access, cds_services, health, knowledge, replies
from cds_service.web.cds_services import Answers
from cds_service.web.cors import allow_origins
from cds_service.web.logs import configure_logging
from cds_service.web.paths import tolerate_slashes

__all__ = ["Answers", "create_app"]


def create_app(settings: Settings, answerer: Answers | None = None, policies: PolicyStack | None = None) -> Flask:
    """The application.

    Args:
        settings: The site's settings.
        answerer: Who answers hook calls; by default the rules over ``policies``.
        policies: What to decide by and to show; by default the bundled policies and the site's own folders.

    Raises:
        PolicyError: a policy file is refused; the text names file and key.
    """
    policies = policies if policies is not None else PolicyStack.load(settings.policy_dirs)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False
    configure_logging(settings.log_level)
    access.init_app(app)
    replies.init_app(app)
    app.register_blueprint(cds_services.blueprint(answerer or _answerer(settings, policies)))
    app.register_blueprint(health.routes)
    app.register_blueprint(knowledge.blueprint(policies, settings.public_url, settings.source_label))
    allow_origins(app, settings.cors_origins)
    app.wsgi_app = tolerate_slashes(app.wsgi_app)  # type: ignore[assignment, method-assign]
    return app


def _answerer(settings: Settings, policies: PolicyStack) -> Answerer:
    return Answerer(
        policies=policies,
        clock=lambda: datetime.now().astimezone(),
        public_url=settings.public_url,
        source_label=settings.source_label,
        max_cards=settings.max_cards,
        jurisdiction=settings.jurisdiction,
    )
