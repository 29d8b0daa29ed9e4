"""What entries of the registry are read with, and the kinds of text that they are made of."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

TERMS: Final = "terms"
"""Name of the terms in the context of a validation."""


class RegistryTerms(NamedTuple):
    """What entries are read with: by default https only, any service, any prefetch key, key files of this folder.

    ``allow_http`` lets keys and FHIR servers be plain http. ``services`` are the ids that an entry may name, each with
    those it permits, ``prefetch_keys`` the keys of ``not_available``; None lets all pass. ``folder`` is that of the
    registry.
    """

    allow_http: bool = False
    services: Mapping[str, frozenset[str]] | None = None
    prefetch_keys: Collection[str] | None = None
    folder: Path = Path()


def each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    """The values, each of which stands once.

    Raises:
        ValueError: one stands twice.
    """
    if len(set(values)) < len(values):
        raise ValueError("has an entry twice")
    return values


Word: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
DistinctWords: TypeAlias = Annotated[tuple[Word, ...], Field(min_length=1), AfterValidator(each_once)]
Label: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Origin: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(loopback|https?://[A-Za-z0-9.:\[\]-]+)$")]


def terms_of(info: ValidationInfo) -> RegistryTerms:
    """The terms of a validation; the default ones where it has none."""
    terms: RegistryTerms = (info.context or {}).get(TERMS, RegistryTerms())
    return terms
