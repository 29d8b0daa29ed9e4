"""The description of the HTTP surface as OpenAPI 3.1, made of what the service itself works with.

Requests are described by the types that decode them, answers by those they are encoded from, failures by their table,
services and prefetch keys by theirs; the examples are bundled stories. Nothing of it is kept by hand a second time.
"""

from typing import Any, Final

from cards.card import HookResponse
from cds_service.hooks.services import Discovery
from cds_service.web.pages.api_description.api_answers import HEADERS, outcome_schemas
from cds_service.web.pages.api_description.api_examples import call_examples
from cds_service.web.pages.api_description.api_site import ApiSite
from cds_service.web.pages.api_description.hook_operations import CALL_TAG, CLIENT_TOKEN, example_components, hook_paths
from cds_service.web.pages.api_description.page_operations import (
    KNOWLEDGE_TAG,
    METRICS_TOKEN,
    OPERATION_TAG,
    PAGE_TAG,
    knowledge_schemas,
    other_paths,
)
from cds_service.web.pages.api_description.request_schemas import request_schemas
from cds_service.web.pages.api_description.schema_of_types import JsonSchema, TypeSchemas

VERSION: Final = "3.1.0"
DIALECT_OF_SCHEMAS: Final = "https://json-schema.org/draft/2020-12/schema"
TAGS: Final = {
    CALL_TAG: "What an EHR calls: CDS Hooks 2.0.",
    KNOWLEDGE_TAG: "What cards link to, as pages for people and as JSON for programs (Accept).",
    OPERATION_TAG: "For whoever runs the service.",
    PAGE_TAG: "Pages for people only.",
}


def description(site: ApiSite) -> dict[str, Any]:
    """The OpenAPI document of a deployment."""
    examples = call_examples(site.policies, site.public_url, site.name, site.day)
    paths = {**hook_paths(site, examples), **other_paths(site)}
    used = {tag for path in paths.values() for operation in path.values() for tag in operation["tags"]}
    return {
        "openapi": VERSION,
        "jsonSchemaDialect": DIALECT_OF_SCHEMAS,
        "info": {
            "title": site.name,
            "version": site.version,
            "summary": "Decision support for work conditioning and work hardening (CPT 97545 and 97546)",
            "description": _introduction(site),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": site.public_url}],
        "tags": [{"name": name, "description": says} for name, says in TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "headers": dict(HEADERS),
            "examples": example_components(site, examples),
            **_security(site),
        },
    }


def _introduction(site: ApiSite) -> str:
    token = (
        "Calls need a token of a registered client, made for exactly the address that is called."
        if site.needs_token
        else "This is a demo on one machine: calls need no token."
    )
    return (
        f"{token} A body has at most {_size(site.largest_body)} of JSON in UTF-8. "
        "Every answer that is no success is a FHIR OperationOutcome. Guidance for billing, not legal advice."
    )


def _size(size: int) -> str:
    megabytes, rest = divmod(size, 1024 * 1024)
    return f"{size:,} bytes" if rest else f"{megabytes} MB"


def _schemas() -> dict[str, JsonSchema]:
    answers = TypeSchemas(answers=True)
    answers.of(HookResponse)
    answers.of(Discovery)
    parts = (request_schemas(), answers.components, outcome_schemas(), knowledge_schemas())
    return {name: schema for part in parts for name, schema in part.items()}


def _security(site: ApiSite) -> JsonSchema:
    schemes = {
        CLIENT_TOKEN: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A JWT that a registered client signs for each call, as CDS Hooks describes: iss is the "
            "client, aud the address that is called, jti is new each time.",
        },
        METRICS_TOKEN: {"type": "http", "scheme": "bearer", "description": "The token of the site for its metrics."},
    }
    needed = {CLIENT_TOKEN: site.needs_token, METRICS_TOKEN: site.metrics_need_token}
    used = {name: scheme for name, scheme in schemes.items() if needed[name]}
    return {"securitySchemes": used} if used else {}
