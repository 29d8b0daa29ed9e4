"""The operations that an EHR calls: discovery, hook calls, feedback."""

from collections.abc import Mapping
from typing import Any, Final

from cards.card import HookResponse
from cds_service import errors
from cds_service.fhir.reading.prefetch_keys import needed_at
from cds_service.hooks.feedback import FeedbackBody
from cds_service.hooks.services import PERMITTED, Discovery, HookService, discovery, hooks_of
from cds_service.web.pages.api_description.api_answers import (
    CALL_FAILURES,
    FEEDBACK_FAILURES,
    JSON_TYPE,
    TOKEN_FAILURES,
    Failures,
    answered,
    failure_examples,
    failures_of,
    json_content,
)
from cds_service.web.pages.api_description.api_examples import CallExample, feedback_example
from cds_service.web.pages.api_description.api_site import ApiSite
from cds_service.web.pages.api_description.request_schemas import name_of_request, refers_to
from cds_service.web.pages.api_description.schema_of_types import COMPONENTS, JsonSchema

CALL_TAG: Final = "Calls"
CLIENT_TOKEN: Final = "clientToken"  # noqa: S105 - the name of a scheme
_EXAMPLES: Final = "#/components/examples/"
_SHOWN_FEEDBACK: Final = "order-sign"
_KEPT: Final[JsonSchema] = {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]}


def hook_paths(site: ApiSite, examples: Mapping[str, CallExample]) -> dict[str, JsonSchema]:
    """The paths of discovery, of each service under each of its ids, and of feedback."""
    return {
        "/cds-services": {"get": _discovery(site)},
        **{f"/cds-services/{service_id}": {"post": _call(service_id, site)} for service_id in PERMITTED},
        "/cds-services/{service_id}/feedback": {"post": _feedback(site, examples)},
    }


def example_components(site: ApiSite, examples: Mapping[str, CallExample]) -> dict[str, JsonSchema]:
    """The calls, answers and failures that operations refer to."""
    calls = {f"{hook}-call": {"summary": shown.title, "value": shown.request} for hook, shown in examples.items()}
    answers = {f"{hook}-answer": {"summary": shown.title, "value": shown.answer} for hook, shown in examples.items()}
    return calls | answers | failure_examples(site.largest_body)


def _discovery(site: ApiSite) -> JsonSchema:
    listed = discovery(shared=site.shared_ids)
    content = json_content({"$ref": f"{COMPONENTS}{Discovery.__name__}"}, services={"value": listed})
    return {
        "operationId": "discovery",
        "tags": [CALL_TAG],
        "summary": "Which services there are",
        "description": "The services with their hooks, and the data that they ask for. Give this address to the EHR.",
        **_secured(site, needed=not site.open_discovery),
        "responses": {
            "200": answered("The services.", content),
            **failures_of(*_token_failures(site, needed=not site.open_discovery)),
        },
    }


def _call(service_id: str, site: ApiSite) -> JsonSchema:
    services = list(hooks_of(service_id).values())
    hooks = [service.hook for service in services]
    failures = (*CALL_FAILURES, *_token_failures(site), *_of_missing_data(services))
    request: dict[str, Any] = {
        "schema": refers_to(map(name_of_request, services)),
        "examples": {hook: {"$ref": f"{_EXAMPLES}{hook}-call"} for hook in hooks},
    }
    answers = {hook: {"$ref": f"{_EXAMPLES}{hook}-answer"} for hook in hooks}
    says = "The cards, the most urgent first; none when the call is not about work rehabilitation."
    return {
        "operationId": service_id,
        "tags": [CALL_TAG],
        "summary": _summary(service_id, services),
        "description": services[0].description,
        **_secured(site),
        "requestBody": {"required": True, "content": {JSON_TYPE: request}},
        "responses": {
            "200": answered(says, json_content({"$ref": f"{COMPONENTS}{HookResponse.__name__}"}, **answers)),
            **failures_of(*failures),
        },
    }


def _summary(service_id: str, services: list[HookService]) -> str:
    if service_id == services[0].id:
        return f"A call of the hook {services[0].hook}"
    return f"The same under a shared id: {', '.join(service.hook for service in services)}"


def _of_missing_data(services: list[HookService]) -> Failures:
    """An order is answered without any data; visits and programs need some."""
    return (errors.DataNeeded,) if any(needed_at(service.moment) for service in services) else ()


def _feedback(site: ApiSite, examples: Mapping[str, CallExample]) -> JsonSchema:
    shown = feedback_example(examples[_SHOWN_FEEDBACK].answer, site.day)
    parameter = {
        "name": "service_id",
        "in": "path",
        "required": True,
        "description": "The service that answered with the cards.",
        "schema": {"type": "string", "enum": list(PERMITTED)},
        "example": f"work-rehab-{_SHOWN_FEEDBACK}",
    }
    schema = {"$ref": f"{COMPONENTS}{FeedbackBody.__name__}"}
    return {
        "operationId": "feedback",
        "tags": [CALL_TAG],
        "summary": "What became of the cards",
        "description": "Kept or refused as a whole. An entry that is sent twice counts once.",
        **_secured(site),
        "parameters": [parameter],
        "requestBody": {
            "required": True,
            "content": json_content(schema, accepted={"summary": "A suggestion was accepted", "value": shown}),
        },
        "responses": {
            "200": answered("It is kept.", json_content(_KEPT)),
            **failures_of(*FEEDBACK_FAILURES, *_token_failures(site)),
        },
    }


def _secured(site: ApiSite, *, needed: bool = True) -> JsonSchema:
    return {"security": [{CLIENT_TOKEN: []}]} if site.needs_token and needed else {}


def _token_failures(site: ApiSite, *, needed: bool = True) -> Failures:
    return TOKEN_FAILURES if site.needs_token and needed else ()
