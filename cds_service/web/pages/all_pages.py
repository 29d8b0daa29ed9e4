"""The application for people, behind the one for machines."""

from flask import Flask

from cds_service.web.around.flask_app import surrounded_app
from cds_service.web.pages import home, knowledge, page
from cds_service.web.pages.api_description import api_page
from cds_service.web.pages.docs_site import docs_pages
from cds_service.web.pages.insights import insights_pages
from cds_service.web.pages.packets import packet_pages, questionnaires
from cds_service.web.pages.smart import app_routes
from cds_service.web.pages.try_it import try_pages
from cds_service.web.site import Site


def pages_app(site: Site) -> Flask:
    """All pages of this deployment."""
    app = surrounded_app(__name__, site.settings, site.metrics, page.failure)
    page.init_app(app, site)
    app.register_blueprint(home.blueprint(site))
    app.register_blueprint(knowledge.blueprint(site))
    app.register_blueprint(docs_pages.blueprint(site))
    app.register_blueprint(api_page.blueprint(site))
    app.register_blueprint(try_pages.blueprint(site))
    app.register_blueprint(packet_pages.blueprint(site))
    app.register_blueprint(questionnaires.blueprint(site))
    app.register_blueprint(app_routes.blueprint(site))
    app.register_blueprint(insights_pages.blueprint(site))
    return app
