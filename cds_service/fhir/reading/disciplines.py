"""The disciplines of therapy, as codes and words name them."""

import re
from collections.abc import Iterable
from typing import Final

from cds_service.domain.codes import Discipline
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.elements import CodeableConcept

DISCIPLINE_OF_SNOMED: Final = {
    "91251008": Discipline.PT,
    "84478008": Discipline.OT,
    "311555007": Discipline.SLP,
}

# Abbreviations count in capitals only: "pt" in a sentence is a patient.
_DISCIPLINE_WORDS: Final = (
    (re.compile(r"(?i:\bphysical[\s\-]+therap|\bphysiotherap)|\bPT\b"), Discipline.PT),
    (re.compile(r"(?i:\boccupational[\s\-]+therap)|\bOT\b"), Discipline.OT),
    (re.compile(r"(?i:\bspeech\b)|\bSLP\b"), Discipline.SLP),
)


def disciplines_in_concepts(
    concepts: Iterable[CodeableConcept | None], words: Iterable[str | None] = ()
) -> set[Discipline]:
    """Disciplines that codes name, else those that texts name."""
    concepts = tuple(concepts)
    coded = {
        DISCIPLINE_OF_SNOMED[code]
        for concept in concepts
        if concept is not None
        for coding in concept.coding
        if (code := (coding.code or "").strip()) in DISCIPLINE_OF_SNOMED
    }
    if coded:
        return coded
    written = [text for concept in concepts for text in texts(concept)]
    written.extend(word for word in words if word)
    return {discipline for pattern, discipline in _DISCIPLINE_WORDS for text in written if pattern.search(text)}
