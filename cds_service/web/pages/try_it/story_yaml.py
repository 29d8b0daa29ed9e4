"""A story in YAML, as its author would write it."""

from collections.abc import Mapping
from datetime import date, time
from io import BytesIO
from typing import Any

from ruamel.yaml import YAML


def story_in_yaml(story: Mapping[str, Any]) -> bytes:
    """The words of a story as a file that ``cds-service`` and the tests read."""
    out = BytesIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.width = 118
    writer.dump(_plain(story), out)
    return out.getvalue()


def _plain(value: object) -> object:
    """Days and times as stories write them."""
    match value:
        case Mapping():
            return {key: _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
        case _:
            return value
