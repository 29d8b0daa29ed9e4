"""Modifiers of codes as systems write them: one by one, several in one field, behind the code, or as text only.

A claim line has four places for modifiers, and many systems fill them from one field: ``WH:GP``, ``WH GP``, ``WHGP``,
``97545-WH-GP``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cds_service.domain.codes import KNOWN_MODIFIERS
from cds_service.fhir.reading.elements import CodeableConcept
from cds_service.fhir.reading.procedure_codes import coded

_LENGTH: Final = 2
_BETWEEN: Final = re.compile(r"[^0-9A-Za-z]+", re.ASCII)
_CALLED: Final = frozenset({"MODIFIER", "MODIFIERS", "MOD", "MODS"})
_EXPLAINED: Final = re.compile(r"\s*([0-9A-Z]{2})(?:\s+[-\u2013\u2014]\s|\s*:|\s+\()", re.ASCII)


def modifiers_of(concepts: Iterable[CodeableConcept]) -> list[str]:
    """Two-character modifiers in the order given, each once, in capitals.

    A concept is read by its codes, else by its displays, else by its text, which has to consist of known modifiers.
    """
    return list(dict.fromkeys(modifier for concept in concepts for modifier in _of(concept)))


def modifiers_behind(concept: CodeableConcept | None) -> list[str]:
    """Modifiers that stand behind the procedure code in its own field, like ``97545-WH-GP``."""
    return list(coded(concept).modifiers)


def _of(concept: CodeableConcept) -> Iterator[str]:
    codes = [coding.code for coding in concept.coding if coding.code]
    if len(codes) == 1 and len(codes[0]) == _LENGTH and codes[0].isalnum():
        yield codes[0].upper()
        return
    modifiers = [modifier for code in codes for modifier in _split(code)]
    for words in (*(coding.display for coding in concept.coding), concept.text):
        if not modifiers and words:
            modifiers = _in_words(words)
    yield from modifiers


def _split(joined: str) -> list[str]:
    """The modifiers that a field consists of; none when it holds anything else."""
    parts = [part.upper() for part in _BETWEEN.split(joined) if part]
    if len(parts) == 1 and len(joined) > _LENGTH:
        parts = [parts[0][place : place + _LENGTH] for place in range(0, len(parts[0]), _LENGTH)]
        return parts if KNOWN_MODIFIERS.issuperset(parts) else []
    return parts if all(len(part) == _LENGTH for part in parts) else []


def _in_words(words: str) -> list[str]:
    """Modifiers that a text consists of, or the one that it begins with and then explains."""
    parts = [part.upper() for part in _BETWEEN.split(words) if part]
    parts = [part for part in parts if part not in _CALLED]
    if parts and KNOWN_MODIFIERS.issuperset(parts):
        return parts
    if len(parts) == 1 and KNOWN_MODIFIERS.issuperset(joined := _split(parts[0])):
        return joined
    explained = _EXPLAINED.match(words)
    return [explained[1]] if explained is not None and explained[1] in KNOWN_MODIFIERS else []
