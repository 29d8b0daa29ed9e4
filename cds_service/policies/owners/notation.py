"""Policy values in the notation of policy files, on one line."""

from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

from cds_service.domain.values import Json

_ONE_LINE: Final = 1_000_000


def written(value: Json, longest: int = _ONE_LINE) -> str:
    """Like ``{conditioning: 6, hardening: 8}``; cut after ``longest`` characters."""
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.width = _ONE_LINE
    yaml.sort_base_mapping_type_on_output = False
    text = StringIO()
    yaml.dump(value, text)
    line = text.getvalue().removesuffix("...\n").strip()
    return line if len(line) <= longest else f"{line[: longest - 2].rstrip()} …"
