"""Jurisdictions that are known to have no policy here: declared, so that defaults are never taken for their rules."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter

from cds_service.yaml_files import YamlFile

_REASONS: Final = TypeAdapter(dict[str, str])
NOT_MODELLED_FILE: Final = Path(__file__).parent / "not_modelled.yaml"


@cache
def not_modelled() -> Mapping[str, str]:
    """Why, by jurisdiction like ``US-OH``."""
    return MappingProxyType(_REASONS.validate_python(YamlFile.read(NOT_MODELLED_FILE).content))
