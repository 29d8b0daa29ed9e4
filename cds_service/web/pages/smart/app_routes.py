"""The two addresses of the SMART app: where an EHR opens it, and where its user comes back to."""

from functools import cache
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response

from cards.composition import APP_PATH
from cds_service.web.site import Site

if TYPE_CHECKING:
    from cds_service.web.pages.smart.app_desk import Desk

CALLBACK: Final = "/app/callback"


def blueprint(site: Site) -> Blueprint:
    """The addresses of the app; what it takes to answer is loaded by the first launch."""
    routes = Blueprint("smart", __name__)

    @cache
    def desk() -> "Desk":
        from cds_service.web.pages.smart.app_desk import Desk  # other pages need neither OAuth nor ciphers

        return Desk(site, CALLBACK)

    @routes.get(APP_PATH)
    def launch() -> Response:
        """Where an EHR opens the app for a patient's chart (SMART App Launch 2): leads on to sign in there."""
        return desk().launch()

    @routes.get(CALLBACK)
    def callback() -> Response:
        """Where the EHR sends the user back to: the page about the patient."""
        return desk().callback()

    return routes
