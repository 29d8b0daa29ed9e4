"""JSON Schema of what is sent: the members and their forms are those of the decoder, what is needed is said here.

What the decoder refuses fails these schemas where a schema can tell; where the decoder is lenient they ask for what the
specification asks for.
"""

from collections.abc import Iterable
from typing import Any, Final

from cds_service.hooks.call import CallBody, SentAuthorization
from cds_service.hooks.context import FIELDS
from cds_service.hooks.feedback import FeedbackBody
from cds_service.hooks.services import SERVICES, HookService
from cds_service.web.pages.api_description.schema_of_types import COMPONENTS, JsonSchema, TypeSchemas

RESOURCE: Final = "FhirResource"
PREFETCHED: Final = "Prefetched"


def request_schemas() -> dict[str, JsonSchema]:
    """The components that requests are made of."""
    types = TypeSchemas(answers=False)
    types.of(CallBody)
    types.of(SentAuthorization)
    types.of(FeedbackBody)
    body = types.components.pop("CallBody")
    feedback = _feedback(types.components)
    requests = {name_of_request(service): _request(service, types, body) for service in SERVICES}
    return {RESOURCE: _RESOURCE, PREFETCHED: _PREFETCHED, **feedback, **requests}


_RESOURCE: Final[JsonSchema] = {
    "type": "object",
    "description": "A FHIR R4 resource or Bundle. What cannot be read is named in the answer; the rest counts.",
    "properties": {"resourceType": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"}},
    "required": ["resourceType"],
}
_PREFETCHED: Final[JsonSchema] = {
    "anyOf": [{"$ref": f"{COMPONENTS}{RESOURCE}"}, {"type": "null"}],
    "description": "null and an empty Bundle say that there is none. A key that is left out is not known.",
}


def name_of_request(service: HookService) -> str:
    """The component that describes a request of this hook, like ``OrderSignRequest``."""
    return "".join(part.capitalize() for part in service.hook.split("-")) + "Request"


def _request(service: HookService, types: TypeSchemas, body: JsonSchema) -> JsonSchema:
    properties = dict(body["properties"])
    properties["hook"] = {"const": service.hook, "description": properties["hook"]["description"]}
    token = {"anyOf": [{"$ref": f"{COMPONENTS}{SentAuthorization.__name__}"}, {"type": "null"}]}
    undecoded = {"context": _context(service, types), "prefetch": _prefetch(service), "fhirAuthorization": token}
    properties |= {name: properties[name] | schema for name, schema in undecoded.items()}
    described = {
        "type": "object",
        "description": f"A call of the hook {service.hook}. Members that are not named here are passed over.",
        "properties": properties,
    }
    return needing(described, "hook", "hookInstance", "context") | _SERVER_BESIDE_TOKEN


_SERVER_BESIDE_TOKEN: Final[JsonSchema] = {
    "if": {"required": ["fhirAuthorization"], "properties": {"fhirAuthorization": {"not": {"type": "null"}}}},
    "then": {"required": ["fhirServer"], "properties": {"fhirServer": {"type": "string", "minLength": 1}}},
}


def _context(service: HookService, types: TypeSchemas) -> JsonSchema:
    described: JsonSchema = {"type": "object", "properties": {}}
    needed = []
    for name in service.context:
        members = FIELDS[name.removesuffix("?")].members
        described["properties"] |= {member: types.of(kind) for member, kind in members.items()}
        if len(members) > 1:
            described["anyOf"] = [_spelling(described["properties"][member], member) for member in members]
        elif not name.endswith("?"):
            needed.append(name)
    return needing(described, *needed)


def _spelling(schema: JsonSchema, member: str) -> JsonSchema:
    """That a field is there under this name, with something in it."""
    filled = {"minItems": 1} if "array" in schema["type"] else {}
    return needing({"properties": {member: {"type": schema["type"], **filled}}}, member)


def _prefetch(service: HookService) -> JsonSchema:
    properties = {
        name: {"$ref": f"{COMPONENTS}{PREFETCHED}", "description": f"The answer to {template}"}
        for name, template in service.templates.items()
    }
    return {"type": ["object", "null"], "properties": properties}


def _feedback(components: dict[str, JsonSchema]) -> dict[str, JsonSchema]:
    entry = needing(components["FeedbackEntry"], "card", "outcome", "outcomeTimestamp")
    accepted = {"properties": {"outcome": {"const": "accepted"}}, "required": ["outcome"]}
    suggestions = {"type": "array", "minItems": 1}
    entry |= {
        "if": accepted,
        "then": {"required": ["acceptedSuggestions"], "properties": {"acceptedSuggestions": suggestions}},
    }
    reason = components["SentReason"]
    comment = {"properties": {"userComment": {"type": "string", "minLength": 1}}, "required": ["userComment"]}
    coded = {"properties": {"reason": {"type": "object"}}, "required": ["reason"]}
    return {
        **components,
        "FeedbackBody": needing(components["FeedbackBody"], "feedback"),
        "FeedbackEntry": entry,
        "AcceptedSuggestion": needing(components["AcceptedSuggestion"], "id"),
        "ReasonCoding": needing(components["ReasonCoding"], "system", "code"),
        "SentReason": {**reason, "anyOf": [coded, comment]},
    }


def needing(described: JsonSchema, *names: str) -> JsonSchema:
    """The schema of an object in which these members have to be there and not null."""
    properties = described["properties"]
    filled = {name: _not_null(properties[name]) for name in names}
    required = [*described.get("required", ()), *names]
    return {**described, "properties": {**properties, **filled}, **({"required": required} if required else {})}


def _not_null(schema: JsonSchema) -> JsonSchema:
    match schema:
        case {"type": [str(kind), "null"]}:
            return {**schema, "type": kind}
        case {"type": list(kinds)}:
            return {**schema, "type": [kind for kind in kinds if kind != "null"]}
    return schema


def refers_to(names: Iterable[str]) -> Any:  # noqa: ANN401 - JSON Schema
    """One of these components."""
    references = [{"$ref": f"{COMPONENTS}{name}"} for name in names]
    return references[0] if len(references) == 1 else {"oneOf": references}
