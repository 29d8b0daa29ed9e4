"""The words and codes of a concept, and what may be looked for in them."""

import re
from collections.abc import Iterable
from typing import Final

from cds_service.fhir.reading.elements import CodeableConcept

_SHORT: Final = 200
_FEW: Final = 10
NEGATION: Final = re.compile(
    r"\b(?:no|not|non|never|neither|nor|without|denie[sd]|denying|exclud\w+|isn't|wasn't|rule[sd]? out)\b",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.;!?\n]")
_LOOK_BACK: Final = 60
_NEGATION_PARTS: Final = ("no", "ne", "n't", "without", "den", "exclud", "rule")


def may_be_kept(concepts: Iterable[CodeableConcept | None], extra: Iterable[str | None] = ()) -> bool:
    """Whether what concepts and texts mean may be kept from call to call: names of services recur, and are short."""
    letters = 0
    for concept in concepts:
        if concept is not None:
            if len(concept.coding) > _FEW:
                return False
            letters += sum(map(len, texts(concept)))
    return letters + sum(map(len, filter(None, extra))) <= _SHORT


def may_match(text: str, parts: tuple[str, ...]) -> bool:
    """Whether a pattern that needs one of the parts can match at all; a tenth of the cost of searching in vain.

    ``parts`` are in lower case. Only ASCII is looked through: other letters may match in ways of their own.
    """
    lowered = text.lower()
    for part in parts:
        if part in lowered:
            return True
    return not text.isascii()


def texts(concept: CodeableConcept | None) -> list[str]:
    """The text of a concept and the displays of its codings."""
    if concept is None:
        return []
    displays = [coding.display for coding in concept.coding if coding.display]
    return [concept.text, *displays] if concept.text else displays


def has_code(concept: CodeableConcept | None, *codes: str) -> bool:
    """Whether any coding has one of the codes."""
    if concept is not None:
        for coding in concept.coding:
            if coding.code in codes or (coding.code and coding.code.strip() in codes):
                return True
    return False


def negated(text: str, position: int) -> bool:
    """Whether a negating word stands shortly before the position in the same sentence."""
    before = text[max(0, position - _LOOK_BACK) : position]
    return may_match(before, _NEGATION_PARTS) and NEGATION.search(_SENTENCE_END.split(before)[-1]) is not None
