"""Jurisdictions that are known to have no policy here: declared, so that defaults are never taken for their rules."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ruamel.yaml import YAML

FILE: Final = Path(__file__).parent / "not_modelled.yaml"


@cache
def not_modelled() -> Mapping[str, str]:
    """Why, by jurisdiction like ``US-OH``."""
    return MappingProxyType(dict(YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))))
