"""JSON Schema of our own types: those that decode requests and those that answers are encoded from.

``msgspec`` describes simple types by itself. Unions of structs with one tag, undecoded parts and rows that are renamed
on their way out are described here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import msgspec
from msgspec import Meta, Raw, Struct

from cds_service.domain.values import Json

JsonSchema = dict[str, Any]
COMPONENTS: Final = "#/components/schemas/"
_REQUIREMENT: Final = re.compile(r"\s*\((?:CH-[A-Z]-\d+(?:,| to|;)?\s*)+\)")


class Member(NamedTuple):
    """A member of an object: its name as sent, its type, and whether it is always there."""

    name: str
    kind: Any
    always: bool


class TypeSchemas:
    """Describes types; objects become components, each described once.

    Args:
        answers: The types are encoded, so that nothing is null or empty; else they are decoded.
        named: The name in JSON of a field of a dataclass.
    """

    def __init__(self, *, answers: bool, named: Callable[[str], str] = str) -> None:
        self._answers = answers
        self._named = named
        self.components: dict[str, JsonSchema] = {}

    def of(self, kind: Any) -> JsonSchema:  # noqa: ANN401 - any type
        """The schema of a type; a reference for an object."""
        if kind is Any or kind is Raw or kind == Json:
            return {}
        if isinstance(kind, type) and get_origin(kind) is None:
            return self._of_class(kind)
        return self._composed(get_origin(kind), get_args(kind))

    def _of_class(self, kind: type) -> JsonSchema:
        if issubclass(kind, Enum):
            return {"type": "string", "enum": [member.value for member in kind]}
        if issubclass(kind, Struct) or is_dataclass(kind) or is_typeddict(kind):
            return self._component(kind)
        return {"type": "object"} if issubclass(kind, dict) else msgspec.json.schema(kind)

    def _composed(self, origin: Any, parts: tuple[Any, ...]) -> JsonSchema:  # noqa: ANN401 - any type
        if origin is Annotated:
            return self._annotated(parts[0], *parts[1:])
        if origin in {Required, NotRequired}:
            return self.of(parts[0])
        if origin in {Union, UnionType}:
            return self._union(parts)
        if origin is Literal:
            return {"type": "string", "enum": list(parts)} if len(parts) > 1 else {"const": parts[0]}
        if issubclass(origin, Mapping):
            values = self.of(parts[1])
            return {"type": "object", **({"additionalProperties": values} if values else {})}
        return {"type": "array", "items": self.of(parts[0])}

    def _annotated(self, kind: Any, *notes: object) -> JsonSchema:  # noqa: ANN401 - any type
        said: JsonSchema = {}
        for note in notes:
            if isinstance(note, Meta):
                said |= {"description": note.description} if note.description else {}
                said |= {"maxLength": note.max_length} if note.max_length is not None else {}
                said |= note.extra_json_schema or {}
        return {**self.of(kind), **said}

    def _union(self, parts: Iterable[Any]) -> JsonSchema:
        kinds = [part for part in parts if part is not NoneType]
        schemas = [self.of(kind) for kind in kinds]
        nullable = not self._answers and len(kinds) < len(tuple(parts))
        if len(schemas) == 1 and isinstance(schemas[0].get("type"), str) and nullable:
            return schemas[0] | {"type": [schemas[0]["type"], "null"]}
        if nullable:
            schemas.append({"type": "null"})
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _component(self, kind: type) -> JsonSchema:
        name = kind.__name__
        if name not in self.components:
            self.components[name] = {}
            self.components[name] |= self._object(kind)
        return {"$ref": f"{COMPONENTS}{name}"}

    def _object(self, kind: type) -> JsonSchema:
        members = list(self._members(kind))
        described: JsonSchema = {"type": "object", "description": first_sentences(kind.__doc__ or "")}
        properties = {member.name: self._filled(self.of(member.kind), member) for member in members}
        described["properties"] = {**_tag(kind), **properties}
        required = [*_tag(kind), *(member.name for member in members if member.always)]
        return described | ({"required": required} if required else {})

    def _members(self, kind: Any) -> Iterable[Member]:  # noqa: ANN401 - a class of one of three kinds
        if is_typeddict(kind):
            hints = get_type_hints(kind, include_extras=True)
            return [Member(name, hint, name in kind.__required_keys__) for name, hint in hints.items()]
        if issubclass(kind, Struct):
            written = self._answers and not kind.__struct_config__.omit_defaults
            return [
                Member(field.encode_name, field.type, written or field.required)
                for field in msgspec.structs.fields(kind)
            ]
        return [
            Member(self._named(field.name), field.type, NoneType not in get_args(field.type)) for field in fields(kind)
        ]

    def _filled(self, schema: JsonSchema, member: Member) -> JsonSchema:
        """What is left out where it is empty is never empty (CH-S-03)."""
        if self._answers and not member.always and schema.get("type") == "array":
            return schema | {"minItems": 1}
        return schema


def _tag(kind: type) -> JsonSchema:
    """The member that tells structs of a union apart."""
    config = kind.__struct_config__ if issubclass(kind, Struct) else None
    return {str(config.tag_field): {"const": config.tag}} if config is not None and config.tag_field else {}


def first_sentences(docstring: str) -> str:
    """The first paragraph of a docstring for readers of the API: without our own marks."""
    paragraph = " ".join(docstring.strip().split("\n\n", 1)[0].split())
    return _REQUIREMENT.sub("", paragraph).replace("``", "")
