"""Calls whose prefetch lacks something, and what their answers say of it."""

from copy import deepcopy
from datetime import date
from functools import cache

from cards.explanation import EVALUATION_EXTENSION
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.hooks.services import SERVICES
from cds_service.stories import load
from tests.fhir_host import TOKEN

TODAY = date(2026, 3, 16)
STORY = "texas-hardening-pt-pta"
SCOPE = "user/*.rs"
VISIT_KEYS = next(service.prefetch for service in SERVICES if service.hook == "encounter-discharge")


def without_prefetch(request, ehr, scope=SCOPE, **changes):
    return {key: value for key, value in request.items() if key != "prefetch"} | access(ehr.url, scope) | changes


def access(url, scope=SCOPE):
    authorization = {
        "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": scope, "subject": "cds-example",
    }  # fmt: skip
    return {"fhirServer": url, "fhirAuthorization": authorization}


def evaluation(answer):
    return answer["extension"][EVALUATION_EXTENSION]


def gaps(answer):
    return [gap["why"] for gap in evaluation(answer)["gaps"]]


story_of = cache(lambda name: load(name, TODAY))


def in_ehr(story, ehr, hook=None):
    """Put a story's resources into the EHR; its request."""
    request = story_of(story).request(hook)
    material = story_of(story).material
    ehr.resources = deepcopy([*material.resources, *(material.drafts if request["hook"] == "order-dispatch" else ())])
    return deepcopy(request)


def procedures(request):
    return PREFETCH_KEYS["procedures"].template.replace("{{context.patientId}}", request["context"]["patientId"])
