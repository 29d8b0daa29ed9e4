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

    @routes.post("/app/packet")
    def packet() -> Response:
        """The request for approval of the chart that was opened, to edit and print."""
        return desk().packet_page()

    @routes.post("/app/packet.pdf")
    def packet_form() -> Response:
        """The site's own copy of the payer's PDF form, filled, to download."""
        return desk().packet_download("form")

    @routes.post("/app/packet/answers.json")
    def packet_answers() -> Response:
        """The request as a FHIR QuestionnaireResponse, to download."""
        return desk().packet_download("answers")

    @routes.post("/app/packet/preauthorization.json")
    def packet_preauthorization() -> Response:
        """The request as a draft Bundle for Da Vinci PAS, to download."""
        return desk().packet_download("preauthorization")

    return routes
