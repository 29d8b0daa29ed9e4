"""Whether a visit is by telehealth, as records say it: the class of an encounter, places of service, words."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from cds_service.domain.care import TelehealthSign
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.elements import CodeableConcept

VIRTUAL: Final = "VR"
"""v3-ActCode of an encounter in which patient and practitioner are not in one place."""
_ACT_CODE: Final = re.compile(r"v3-ActCode$|v3/ActCode$|2\.16\.840\.1\.113883\.5\.4$")
_WORDS: Final = re.compile(
    r"\btele[\s\-]?(?:health|medicine|rehab\w*|therapy|visit|PT|OT)\b"
    r"|\bvirtual\s+(?:\w+\s+)?(?:visit|session|appointment|encounter|care|check[\s\-]?in|treatment|follow[\s\-]?up)\b"
    r"|\bvideo\s+(?:visit|session|appointment|encounter|call|consult\w*)\b|\baudio[\s\-]only\b",
    re.IGNORECASE,
)
_NOT: Final = re.compile(
    r"\b(?:no|not|non|without|instead of|declin\w+|refus\w+|in[\s\-]person|converted from|changed from)\b",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[.;!?\n]")
_PARTS: Final = ("tele", "virtual", "video", "audio")


BY_CLASS: Final = TelehealthSign(f"class {VIRTUAL} (virtual)", coded=True)


def is_virtual(classes: Any) -> bool:  # noqa: ANN401 - as received
    """Whether ``Encounter.class`` is virtual: a Coding in FHIR R4, a list of concepts in R5, a bare code elsewhere."""
    if type(classes) is dict and "coding" not in classes:
        return _is_virtual(classes)
    return classes is not None and any(_is_virtual(coding) for coding in _codings(classes))


def telehealth_of(concepts: Iterable[CodeableConcept | None]) -> TelehealthSign | None:
    """What types of an encounter or appointment say of telehealth in words; None where nothing does."""
    return next((sign for concept in concepts for text in texts(concept) if (sign := telehealth_in(text))), None)


@lru_cache(maxsize=1024)
def telehealth_in(text: str) -> TelehealthSign | None:
    """A text that says so: one that rules it out in the same sentence does not."""
    lowered = text.casefold()
    if not any(part in lowered for part in _PARTS):
        return None
    for sentence in _SENTENCE.split(text):
        found = _WORDS.search(sentence)
        if found is not None and not _NOT.search(sentence):
            return TelehealthSign(found.group().strip(), coded=False)
    return None


def _codings(classes: Any) -> Iterator[Any]:  # noqa: ANN401 - as received
    if isinstance(classes, list):
        for concept in classes:
            yield from _codings(concept)
    elif isinstance(classes, dict):
        yield classes
        yield from _codings(classes.get("coding") or [])
    elif isinstance(classes, str):
        yield {"code": classes}


def _is_virtual(coding: dict[str, Any]) -> bool:
    if coding.get("code") != VIRTUAL:
        return False
    system = coding.get("system")
    return not system or bool(_ACT_CODE.search(str(system).rstrip("/")))
