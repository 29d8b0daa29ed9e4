"""Professions and therapy disciplines, as codes and words name them."""

import re
from collections.abc import Iterable
from typing import Final

from cds_service.domain.chart import Role
from cds_service.domain.codes import Discipline
from cds_service.fhir.concepts import texts
from cds_service.fhir.records import CodeableConcept

DISCIPLINE_OF_SNOMED: Final = {
    "91251008": Discipline.PT,
    "84478008": Discipline.OT,
    "311555007": Discipline.SLP,
}
ROLE_OF_SNOMED: Final = {
    "36682004": Role(Discipline.PT, assistant=False),
    "80546007": Role(Discipline.OT, assistant=False),
    "159026005": Role(Discipline.SLP, assistant=False),
}
# The first four characters of a NUCC taxonomy code are its classification; the rest is the specialization.
ROLE_OF_TAXONOMY: Final = {
    "2251": Role(Discipline.PT, assistant=False),
    "2252": Role(Discipline.PT, assistant=True),
    "225X": Role(Discipline.OT, assistant=False),
    "224Z": Role(Discipline.OT, assistant=True),
    "235Z": Role(Discipline.SLP, assistant=False),
}

_TAXONOMY: Final = re.compile(r"[0-9A-Z]{9}X", re.ASCII)

# Abbreviations count in capitals only: "pt" in a sentence is a patient.
_DISCIPLINE_WORDS: Final = (
    (re.compile(r"(?i:\bphysical[\s\-]+therap|\bphysiotherap)|\bPT\b"), Discipline.PT),
    (re.compile(r"(?i:\boccupational[\s\-]+therap)|\bOT\b"), Discipline.OT),
    (re.compile(r"(?i:\bspeech\b)|\bSLP\b"), Discipline.SLP),
)
_ROLE_WORDS: Final = (
    (
        re.compile(r"\bPTA\b|(?i:\bphysi(?:cal[\s\-]+therap\w+|otherap\w+)[\s\-]+assistant)"),
        Role(Discipline.PT, assistant=True),
    ),
    (re.compile(r"\bC?OTA\b|(?i:\boccupational[\s\-]+therap\w+[\s\-]+assistant)"), Role(Discipline.OT, assistant=True)),
    (re.compile(r"\bD?PT\b|(?i:\bphysical[\s\-]+therapist|\bphysiotherapist)"), Role(Discipline.PT, assistant=False)),
    (re.compile(r"\bOTR?\b|\bOTD\b|(?i:\boccupational[\s\-]+therapist)"), Role(Discipline.OT, assistant=False)),
    (re.compile(r"\bSLP\b|(?i:\bspeech\b.{0,20}\b(?:patholog|therapist))"), Role(Discipline.SLP, assistant=False)),
)


def disciplines_of(concepts: Iterable[CodeableConcept | None], words: Iterable[str | None] = ()) -> set[Discipline]:
    """Disciplines that codes name, else those that texts name."""
    concepts = tuple(concepts)
    coded = {
        DISCIPLINE_OF_SNOMED[coding.code]
        for concept in concepts
        if concept is not None
        for coding in concept.coding
        if coding.code in DISCIPLINE_OF_SNOMED
    }
    if coded:
        return coded
    written = [text for concept in concepts for text in texts(concept)]
    written.extend(word for word in words if word)
    return {discipline for pattern, discipline in _DISCIPLINE_WORDS for text in written if pattern.search(text)}


def role_of(concepts: Iterable[CodeableConcept | None]) -> Role | None:
    """Profession by NUCC taxonomy, SNOMED CT, or text as a last resort; an assistant's code wins over a therapist's."""
    known = [concept for concept in concepts if concept is not None]
    codes = [coding.code for concept in known for coding in concept.coding if coding.code]
    roles = [ROLE_OF_TAXONOMY[code[:4]] for code in codes if _TAXONOMY.fullmatch(code) and code[:4] in ROLE_OF_TAXONOMY]
    if not roles:
        roles = [ROLE_OF_SNOMED[code] for code in codes if code in ROLE_OF_SNOMED]
    if not roles:
        roles = [role for concept in known for text in texts(concept) if (role := role_in_words(text)) is not None]
    return max(roles, key=lambda role: role.assistant, default=None)


def role_in_words(text: str | None) -> Role | None:
    """Profession that a title such as "PTA" or "occupational therapist" names."""
    if not text:
        return None
    return next((role for pattern, role in _ROLE_WORDS if pattern.search(text)), None)
