"""The operations around the calls: health, metrics, this description, and the pages with their facts as JSON."""

import re
from typing import Any, Final

from cds_service import errors
from cds_service.policies.owners.describe import PolicyPicture
from cds_service.policies.owners.facts import name_in_facts
from cds_service.policies.owners.matrix import CoverageMatrix
from cds_service.rules.catalog import RULES
from cds_service.web.pages.api_description.api_answers import (
    HTML_CONTENT,
    READING_FAILURES,
    Failures,
    answered,
    failures_of,
    json_content,
)
from cds_service.web.pages.api_description.api_site import ApiSite, HtmlRoute
from cds_service.web.pages.api_description.schema_of_types import COMPONENTS, JsonSchema, TypeSchemas

OPERATION_TAG: Final = "Operation"
KNOWLEDGE_TAG: Final = "Knowledge"
PAGE_TAG: Final = "Pages"
METRICS_TOKEN: Final = "metricsToken"  # noqa: S105 - the name of a scheme
DESCRIPTION_PATH: Final = "/openapi.json"
FHIR_JSON_TYPE: Final = "application/fhir+json"
_VARIABLE: Final = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_STATUS: Final[JsonSchema] = {
    "type": "object",
    "properties": {"status": {"const": "ok"}, "policies": {"type": "string"}},
    "required": ["status"],
}


def knowledge_schemas() -> dict[str, JsonSchema]:
    """The components of the knowledge pages as JSON."""
    types = TypeSchemas(answers=True, named=name_in_facts)
    types.of(PolicyPicture)
    types.of(CoverageMatrix)
    return types.components


def other_paths(site: ApiSite) -> dict[str, JsonSchema]:
    """All paths but those of the calls."""
    described = {**_health(site), **_knowledge(site), DESCRIPTION_PATH: {"get": _itself()}}
    for route in site.pages:
        path = openapi_path(route.path)
        described[path] = _page(path, route) | described.get(path, {})
    return described


def openapi_path(route: str) -> str:
    """A route of the router as OpenAPI writes it."""
    return _VARIABLE.sub(r"{\1}", route)


def _health(site: ApiSite) -> dict[str, JsonSchema]:
    secured: JsonSchema = {"security": [{METRICS_TOKEN: []}]} if site.metrics_need_token else {}
    failures: Failures = (errors.Unauthenticated,) if site.metrics_need_token else ()
    metrics = {"text/plain": {"schema": {"type": "string"}}}
    ready = answered("Policies are loaded and the database can be used.", json_content(_STATUS))
    return {
        "/health/live": {
            "get": _reading(OPERATION_TAG, "Whether the process lives", json_content(_STATUS), "/health/live")
        },
        "/health/ready": {
            "get": {
                **_about(OPERATION_TAG, "Whether it is ready", "/health/ready"),
                "responses": {"200": ready, **failures_of(errors.NotReady)},
            }
        },
        "/metrics": {
            "get": {
                **_about(OPERATION_TAG, "Metrics for Prometheus", "/metrics"),
                **secured,
                "responses": {
                    "200": answered("All metrics.", metrics),
                    **failures_of(*failures),
                },
            }
        },
    }


def _knowledge(site: ApiSite) -> dict[str, JsonSchema]:
    rule = _in_path("rule_id", "The rule.", enum=[rule.id for rule in RULES])
    policy = _in_path("policy_id", "The policy.", examples=[policy.id for policy in site.policies.policies])
    code_system = _in_path("name", "Topics of cards, or reasons to set one aside.", enum=["topic", "override-reason"])
    picture = {"$ref": f"{COMPONENTS}{PolicyPicture.__name__}"}
    matrix = {"$ref": f"{COMPONENTS}{CoverageMatrix.__name__}"}
    rows: tuple[tuple[str, str, JsonSchema, tuple[JsonSchema, ...]], ...] = (
        ("/", "What this service is", _ANY_FACTS, ()),
        ("/rules", "All rules", _listing("rules", "id", "topic", "title"), ()),
        ("/rules/{rule_id}", "What a rule says, reads and rests on", _facts("id", "topic", "title", "law"), (rule,)),
        ("/policies", "All policies", _listing("policies", "id", "title", "appliesTo", "status", "notModelled"), ()),
        ("/policies/{policy_id}", "The values of a policy with date and source", picture, (policy, _ON)),
        ("/coverage", "What is modeled of which payer, and what is not", matrix, (_ON,)),
    )
    paths = {
        path: {"get": _reading(KNOWLEDGE_TAG, says, {**json_content(schema), **HTML_CONTENT}, path, parameters)}
        for path, says, schema, parameters in rows
    }
    fhir = {FHIR_JSON_TYPE: {"schema": _CODE_SYSTEM}, **HTML_CONTENT}
    says = "A FHIR CodeSystem behind the codings of cards"
    path = "/CodeSystem/{name}"
    return paths | {path: {"get": _reading(KNOWLEDGE_TAG, says, fhir, path, (code_system,))}}


def _itself() -> JsonSchema:
    content = {**json_content({"type": "object", "required": ["openapi", "info", "paths"]}), **HTML_CONTENT}
    return _reading(OPERATION_TAG, "This description", content, DESCRIPTION_PATH, (_FORMAT,), ())


_ANY_FACTS: Final[JsonSchema] = {"type": "object"}
_ON: Final[JsonSchema] = {
    "name": "on",
    "in": "query",
    "description": "The date of service that is asked about; today where it is left out.",
    "schema": {"type": "string", "format": "date"},
    "example": "2026-03-16",
}
_FORMAT: Final[JsonSchema] = {
    "name": "format",
    "in": "query",
    "description": "With json the document itself, also for a browser.",
    "schema": {"enum": ["json"]},
}
_CODE_SYSTEM: Final[JsonSchema] = {
    "type": "object",
    "properties": {"resourceType": {"const": "CodeSystem"}, "url": {"type": "string", "format": "uri"}},
    "required": ["resourceType", "url", "concept"],
}


def _facts(*names: str) -> JsonSchema:
    return {"type": "object", "required": list(names)}


def _listing(name: str, *names: str) -> JsonSchema:
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": _facts(*names)}},
        "required": [name],
    }


def _in_path(name: str, says: str, **form: Any) -> JsonSchema:  # noqa: ANN401 - JSON Schema
    schema = {"type": "string", **form}
    return {"name": name, "in": "path", "required": True, "description": says, "schema": schema}


def _reading(
    tag: str,
    says: str,
    content: dict[str, JsonSchema],
    path: str,
    parameters: tuple[JsonSchema, ...] = (),
    failures: Failures = READING_FAILURES,
) -> JsonSchema:
    failures = failures if parameters else ()
    pages = content.keys() >= HTML_CONTENT.keys()
    return {
        **_about(tag, says, path),
        **({"parameters": list(parameters)} if parameters else {}),
        "responses": {"200": answered(f"{says}.", content), **failures_of(*failures, pages=pages)},
    }


def _about(tag: str, says: str, path: str) -> JsonSchema:
    return {
        "operationId": path.strip("/").replace("/", "-").translate(_NO_BRACES) or "home",
        "tags": [tag],
        "summary": says,
    }


_NO_BRACES: Final = str.maketrans("", "", "{}")


def _page(path: str, route: HtmlRoute) -> JsonSchema:
    names = _VARIABLE.findall(route.path)
    parameters = [_in_path(name, "A part of the address.") for name in names]
    return {
        method.lower(): {
            **_about(PAGE_TAG, route.says, f"{path}-{method.lower()}"),
            **({"parameters": parameters} if parameters else {}),
            "responses": {"default": answered("A page for people.", HTML_CONTENT)},
        }
        for method in route.methods
    }
