"""Jurisdictions that are known to have no policy here: declared, so that defaults are never taken for their rules."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cds_service.yaml_files import YamlFile

NOT_MODELLED_FILE: Final = Path(__file__).parent / "not_modelled.yaml"


@cache
def not_modelled() -> Mapping[str, str]:
    """Why, by jurisdiction like ``US-OH``."""
    reasons = YamlFile.read(NOT_MODELLED_FILE).content
    if not isinstance(reasons, dict):
        raise TypeError(f"{NOT_MODELLED_FILE}: not a mapping of jurisdictions to reasons")
    return MappingProxyType(reasons)
