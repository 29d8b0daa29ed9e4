"""A JSON Schema of policy files for editors, made of what the loader itself checks with."""

from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from cds_service.domain.values import Parameter
from cds_service.policies.files.format import PolicyFile
from cds_service.policies.parameters import PARAMETERS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class _Strict(GenerateJsonSchema):
    """Tables refuse the keys that the loader refuses."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        table = super().dict_schema(schema)
        return table | {"additionalProperties": False} if "patternProperties" in table else table

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - the name says it all
        return False


def policy_schema() -> dict[str, Any]:
    """The schema: structure of a file, and for each parameter the type, meaning and unit of its values.

    Dates that overlap, codes without quotes, upside-down ranges and the like are for the loader to find.
    """
    kinds: dict[str, Any] = {name: parameter.kind for name, parameter in PARAMETERS.items()}
    adapters: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        (name, "validation", TypeAdapter(kind)) for name, kind in kinds.items()
    ]
    shapes, shared = TypeAdapter.json_schemas(adapters, schema_generator=_Strict)
    file = PolicyFile.model_json_schema(schema_generator=_Strict)
    definitions: dict[str, Any] = file.pop("$defs") | shared.get("$defs", {})
    values = file["properties"]["values"]
    dated = values.pop("additionalProperties")
    values["properties"] = {
        name: {
            **dated,
            "title": parameter.label,
            "description": f"{parameter.meaning} Value: {parameter.unit}.",
            "items": {"allOf": [dated["items"], {"properties": {"value": shapes[name, "validation"]}}]},
        }
        for name, parameter in PARAMETERS.items()
    }
    values["additionalProperties"] = False
    return {"$schema": DIALECT, **file, "$defs": definitions}


def choices(parameter: Parameter[Any]) -> tuple[str, ...]:
    """The words a value, or each part of a list, is chosen from; none where it is free."""
    kind: Any = parameter.kind
    shape = TypeAdapter(kind).json_schema()
    return tuple(shape.get("enum") or shape.get("items", {}).get("enum", ()))
