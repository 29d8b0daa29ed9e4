"""The HTTP surface: a Flask application over the hook calls, with the pages for people behind it."""

from functools import partial

from flask import Flask

from cds_service.app.assembly import answerer_for, forms_on_hand, load_policies
from cds_service.app.fee_file import ReloadableFees
from cds_service.app.metrics import Metrics
from cds_service.app.settings import Settings, load_settings
from cds_service.policies.stack import PoliciesInUse
from cds_service.records.keeping import Keeps, NothingKept
from cds_service.security.gate import Gate
from cds_service.web.around import counting
from cds_service.web.around.cors import allow_origins
from cds_service.web.around.flask_app import surrounded_app
from cds_service.web.around.logs import configure_logging
from cds_service.web.around.paths import tolerate_slashes
from cds_service.web.around.trust import guard, origins_of_clients
from cds_service.web.endpoints import cds_services, health
from cds_service.web.endpoints.cds_services import Answers
from cds_service.web.pages_when_needed import PagesWhenNeeded
from cds_service.web.site import Site
from cds_service.web.usual_calls import UsualCalls

__all__ = ["Answers", "create_app"]


def create_app(
    settings: Settings | None = None,
    answerer: Answers | None = None,
    policies: PoliciesInUse | None = None,
    gate: Gate | None = None,
    records: Keeps | None = None,
    metrics: Metrics | None = None,
    fees: ReloadableFees | None = None,
) -> Flask:
    """The application.

    Args:
        settings: The site's settings; by default those of the environment.
        answerer: Who answers hook calls; by default the pipeline with the site's settings over ``policies``.
        policies: What to decide by and to show; by default the bundled policies and the site's own folders.
        gate: Lets registered clients in and nobody else; without it anybody may call, which suits a demo on one
            machine only.
        records: Who keeps records of calls and feedback; without it none are kept, and feedback is refused.
        metrics: Where to count what happens; by default within this application only.
        fees: What the site charges; by default the file of the settings.

    Raises:
        ConfigurationError: a setting of the environment, the file of fees, or a PDF form cannot be used.
        PolicyError: a policy file is refused; the text names file and key.
    """
    settings = settings or load_settings()
    policies = policies if policies is not None else load_policies(settings)
    records = records if records is not None else NothingKept()
    metrics = metrics if metrics is not None else Metrics()
    answerer = answerer or answerer_for(settings, policies)
    configure_logging(settings.log_level)
    app = surrounded_app(__name__, settings, metrics)
    hooks = cds_services.blueprint(answerer, records, shared_ids=settings.discovery == "shared")
    if gate is None:
        allow_origins(app, lambda: settings.cors_origins)
    else:
        guard(hooks, gate, settings.public_url, discovery_open=settings.discovery_open)
        allow_origins(app, partial(origins_of_clients, gate))
    app.register_blueprint(hooks)
    app.register_blueprint(health.blueprint(records.reachable, policies))
    token = settings.metrics_token
    app.register_blueprint(counting.blueprint(metrics, token.get_secret_value() if token is not None else None))
    fees = fees if fees is not None else ReloadableFees(settings.fees)
    site = Site(settings, policies, answerer, records, metrics, gate, fees, forms_on_hand(settings))
    with_pages = PagesWhenNeeded(app.wsgi_app, (rule.rule for rule in app.url_map.iter_rules()), partial(_pages, site))
    usual = UsualCalls(with_pages, answerer, records, metrics, gate, settings)
    app.wsgi_app = tolerate_slashes(usual)  # type: ignore[assignment, method-assign]
    return app


def _pages(site: Site) -> Flask:
    """The pages for people; a worker that is never asked for one never loads them."""
    from cds_service.web.pages.all_pages import pages_app

    return pages_app(site)
