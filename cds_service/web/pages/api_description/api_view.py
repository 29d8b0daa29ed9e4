"""The description arranged for readers: operations by group, each type with its members in words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from cds_service.web.pages.api_description.schema_of_types import COMPONENTS, JsonSchema

_PLAIN: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}
_FORMATS: Final = {"date": "date", "date-time": "date and time", "uuid": "UUID", "uri": "address"}


class TypeWords(NamedTuple):
    """A few words about a type; ``links`` names the type that they lead to."""

    text: str
    links: str | None = None


class MemberRow(NamedTuple):
    """A member of a type as a row: ``name`` has the names of what it lies in before it."""

    name: str
    kind: tuple[TypeWords, ...]
    needed: bool
    says: str


def arranged(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of the document."""
    operations = list(_operations(document))
    return {
        "info": document["info"],
        "server": document["servers"][0]["url"],
        "schemes": document["components"].get("securitySchemes", {}),
        "groups": [
            {**tag, "operations": [shown for shown in operations if tag["name"] in shown["tags"]]}
            for tag in document["tags"]
        ],
        "types": [
            {"name": name, "says": schema.get("description", ""), "rows": list(_rows(schema)), "kind": _words(schema)}
            for name, schema in document["components"]["schemas"].items()
        ],
    }


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {})
            yield {
                "path": path,
                "method": method.upper(),
                "tags": operation["tags"],
                "id": operation["operationId"],
                "summary": operation["summary"],
                "description": operation.get("description", ""),
                "secured": bool(operation.get("security")),
                "parameters": [_parameter(parameter) for parameter in operation.get("parameters", ())],
                "request": [piece for media in body.values() for piece in _words(media["schema"])],
                "examples": list(_examples(body, document)),
                "responses": [_response(status, reply) for status, reply in operation["responses"].items()],
            }


def _examples(body: Mapping[str, JsonSchema], document: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The bundled stories that show a request: the name of the example and the title of the story."""
    for media in body.values():
        for example in media.get("examples", {}).values():
            name = example.get("$ref", "").rpartition("/")[2]
            if name:
                yield {"name": name, "title": document["components"]["examples"][name]["summary"]}


def _parameter(parameter: JsonSchema) -> MemberRow:
    kind = tuple(_words(parameter["schema"]))
    return MemberRow(parameter["name"], kind, parameter.get("required", False), parameter["description"])


def _response(status: str, reply: JsonSchema) -> dict[str, Any]:
    content = reply["content"]
    return {
        "status": status,
        "says": reply["description"],
        "bodies": [{"type": media, "kind": _words(body["schema"])} for media, body in content.items()],
    }


def _rows(schema: JsonSchema, before: str = "") -> Iterator[MemberRow]:
    for name, member in schema.get("properties", {}).items():
        needed = name in schema.get("required", ())
        yield MemberRow(f"{before}{name}", tuple(_words(member)), needed, member.get("description", ""))
        yield from _rows(member, f"{before}{name}.")


def _words(schema: JsonSchema) -> list[TypeWords]:
    """The type in words."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.removeprefix(COMPONENTS)
            return [TypeWords(name, name)]
        case {"items": items, "type": kind}:
            return [TypeWords("list of "), *_words(items), TypeWords(" or null" if "null" in kind else "")]
        case {"type": "object", "additionalProperties": values}:
            return [TypeWords("object of "), *_words(values)]
        case {"type": "object"}:
            return [TypeWords("object")]
        case {"anyOf": list(choices)} | {"oneOf": list(choices)}:
            return _joined(_words(choice) for choice in choices)
    return [TypeWords(_simple(schema))]


def _simple(schema: JsonSchema) -> str:
    match schema:
        case {"const": value}:
            return f"always {value}"
        case {"enum": list(values)}:
            return f"one of {', '.join(map(str, values))}"
        case {"type": "string", "format": str(form)}:
            return _FORMATS.get(form, form)
        case {"type": str(kind)}:
            return _PLAIN[kind]
        case {"type": list(kinds)}:
            return " or ".join(_PLAIN[kind] for kind in kinds)
    return "anything"


def _joined(choices: Iterable[list[TypeWords]]) -> list[TypeWords]:
    joined: list[TypeWords] = []
    for choice in choices:
        joined += [TypeWords(" or "), *choice] if joined else choice
    return joined
