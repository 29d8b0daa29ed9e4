"""Jurisdictions that are known to have no policy here: declared, so that defaults are never taken for their rules."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cds_service.yaml_files import YamlFile

FILE: Final = Path(__file__).parent / "not_modelled.yaml"


@cache
def not_modelled() -> Mapping[str, str]:
    """Why, by jurisdiction like ``US-OH``."""
    reasons = YamlFile.read(FILE).content
    if not isinstance(reasons, dict):
        raise TypeError(f"{FILE}: not a mapping of jurisdictions to reasons")
    return MappingProxyType(reasons)
