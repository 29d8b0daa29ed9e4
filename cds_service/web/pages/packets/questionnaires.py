"""The FHIR Questionnaire of each policy: what its payer requires in a request for approval."""

from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response

from cards.packets.request_words import name_of_element
from cards.policy_values import how_sure
from cds_service.app.assembly import local_now
from cds_service.domain.terms import REQUEST_ELEMENT_WORDS
from cds_service.domain.values import PolicyValue
from cds_service.errors import UnknownRoute
from cds_service.fhir.writing.request_questionnaires import QUESTIONNAIRE_PATH, ElementAsked, request_questionnaire
from cds_service.packets.wanted_elements import WantedElement, wanted_elements
from cds_service.policies.owners.effective import meant_by
from cds_service.web.pages.page import page
from cds_service.web.site import Site

_FHIR_TYPE: Final = "application/fhir+json"


def blueprint(site: Site) -> Blueprint:
    """The questionnaires of the policies in use."""
    routes = Blueprint("questionnaires", __name__)
    settings = site.settings

    @routes.get(f"{QUESTIONNAIRE_PATH}<policy_id>")
    def questionnaire(policy_id: str) -> Response:
        """What a payer requires in a request for approval, as a FHIR Questionnaire."""
        stack = site.policies.current
        policy = stack.policy(policy_id)
        if policy is None:
            raise UnknownRoute
        today = local_now().date()
        asked = _asked(wanted_elements(meant_by(stack, policy, today)))
        resource = request_questionnaire(settings.public_url, policy.id, policy.title, settings.source_label, asked)
        return page("packet/questionnaire.html", resource, json_type=_FHIR_TYPE)

    return routes


def _asked(wanted: tuple[WantedElement, ...]) -> Iterator[ElementAsked]:
    for element in wanted:
        label = name_of_element(REQUEST_ELEMENT_WORDS[element.id])
        yield ElementAsked(element.id, label, not element.asked, _source(element.value))


def _source(value: PolicyValue[Any]) -> str:
    named = ", ".join(filter(None, (value.source.title, value.source.paragraph)))
    return f"{named} ({how_sure(value.confidence, value.policy)})"
