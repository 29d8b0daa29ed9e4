"""CPT and HCPCS codes as systems write them: under which name of the code system, and with which modifiers."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from cds_service.domain.codes import KNOWN_MODIFIERS, LABELS, WORK_REHAB
from cds_service.fhir.reading.code_systems import CPT
from cds_service.fhir.reading.elements import CodeableConcept
from cds_service.fhir.reading.mentions import mentions_work_rehab, names_work_rehab

_OIDS: Final = frozenset({"2.16.840.1.113883.6.12", "2.16.840.1.113883.6.14", "2.16.840.1.113883.6.285"})
_NAMED: Final = re.compile(r"(?<![a-z])(?:cpt(?:[\s\-_]?4)?|c4|hcpcs\w*|medhcpcsgeninfo)(?![a-z])")
_OF_MODIFIERS: Final = re.compile(r"modifier|(?<![a-z])mod(?![a-z])")
_ELSEWHERE: Final = re.compile(
    r"snomed|loinc|icd|rxnorm|nucc|ndc|cvx|ucum|\bcdt\b|hl7\.org|nahdo|x12\.org|nubc"
    r"|2\.16\.840\.1\.113883\.(?:5|6)\.|2\.16\.840\.1\.113883\.3\.",
)
"""Known systems whose codes are never procedure codes of CPT or HCPCS, whatever their digits."""

_CODE: Final = r"[0-9]{4}[0-9A-Z]|[A-Z][0-9]{4}"
_PLAIN: Final = re.compile(_CODE, re.ASCII)
_MODIFIER: Final = r"[A-Z][A-Z0-9]|[0-9][A-Z]|2[2-9]|[3-9][0-9]"
_WRITTEN: Final = re.compile(
    rf"(?:(?:CPT(?:-?4)?|HCPCS)(?:\s+CODE)?[\s:#]*)?(?P<code>{_CODE})"
    rf"(?P<modifiers>(?:[A-Z][A-Z0-9])*(?:[\s\-_:.,/|^*+]+(?:{_MODIFIER}){{1,4}})*)",
    re.ASCII,
)
_BESIDE_WORDS: Final = re.compile(
    rf"(?:(?:CPT(?:-?4)?|HCPCS)(?:\s+CODE)?[\s:#]*)?(?P<first>{_CODE})[\s:,\u2010-\u2015-]\s*\D.*"
    rf"|.*[A-Z].*?[(\[]\s*(?:(?:CPT(?:-?4)?|HCPCS)[\s:#]*)?(?P<last>{_CODE})\s*[)\]]",
    re.ASCII | re.DOTALL,
)
_ANY_CODE: Final = re.compile(rf"(?<![0-9A-Z])(?:{_CODE})(?![0-9A-Z])", re.ASCII)
_NOT_DONE: Final = re.compile(
    r"\b(?:NOT?|NEVER|WITHOUT|NON|INSTEAD|VS|VERSUS|OR|IF|UNLESS|PENDING|HELD|HOLD|THEN|UNTIL|CANCEL\w*|DENIED|DECLIN\w*"
    r"|REFUS\w*|DEFER\w*|POSTPON\w*|STOP\w*|DISCONTINU\w*|INDICAT\w*|CONSIDER\w*)\b|N'T",
    re.ASCII,
)
_LONGEST_WORDS: Final = 120
_LONGEST: Final = 40
_LENGTH: Final = 2
_BETWEEN: Final = re.compile(r"[^0-9A-Z]+", re.ASCII)
_PART: Final = re.compile(r"[0-9A-Z]{2}", re.ASCII)


class Coded(NamedTuple):
    """Procedure codes of a concept, each once, and the modifiers written with them.

    ``unsure`` are codes that stand under a code system nobody knows.
    """

    codes: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


_NOTHING: Final = Coded()


def coded(concept: CodeableConcept | None) -> Coded:
    """CPT and HCPCS codes of a concept; without any among its codings those that its words consist of or begin with.

    The codes of therapy count under an unknown system too, as ``unsure``.
    """
    if concept is None:
        return _NOTHING
    if len(concept.coding) == 1 and concept.coding[0].system == CPT:
        code = concept.coding[0].code
        if code is not None and _PLAIN.fullmatch(code):
            return Coded((code,))
    known: list[Coded] = []
    unsure: list[Coded] = []
    for coding in concept.coding:
        reading = _read(coding.code)
        if reading is None:
            continue
        if _is_procedure_system(coding.system):
            known.append(reading)
        elif reading.codes[0] in LABELS and not _of_another_system(coding.system or ""):
            unsure.append(reading)
    if not known and not unsure:
        words = (concept.text, *(coding.display for coding in concept.coding))
        known = [reading for text in words if (reading := _read(text)) is not None and reading.codes[0] in LABELS]
        known = known or [reading for text in words if (reading := _read_beside_words(text)) is not None]
    if not known and not unsure:
        return _NOTHING
    return _together(known or unsure)._replace(unsure=() if known else _together(unsure).codes)


def procedure_codes(concept: CodeableConcept | None) -> tuple[str, ...]:
    """CPT and HCPCS codes of a concept, each once."""
    return coded(concept).codes


@lru_cache(maxsize=512)
def _is_procedure_system(system: str | None) -> bool:
    """Whether a system is CPT or HCPCS under any name in use, or not given at all."""
    if system is None or not (name := system.partition("|")[0].strip().lower().rstrip("/")):
        return True
    if name.removeprefix("urn:oid:") in _OIDS:
        return True
    return _NAMED.search(name) is not None and _OF_MODIFIERS.search(name) is None


@lru_cache(maxsize=512)
def _of_another_system(system: str) -> bool:
    name = system.lower()
    return _ELSEWHERE.search(name) is not None or _OF_MODIFIERS.search(name) is not None


def _together(readings: list[Coded]) -> Coded:
    codes = dict.fromkeys(code for reading in readings for code in reading.codes)
    return Coded(tuple(codes), tuple(dict.fromkeys(modifier for reading in readings for modifier in reading.modifiers)))


def _read(text: str | None) -> Coded | None:
    """A code with its modifiers, such as ``97545-GP``; None for anything else."""
    if text is None:
        return None
    if _PLAIN.fullmatch(text):
        return Coded((text,))
    match = _WRITTEN.fullmatch(text.strip().upper()) if len(text) <= _LONGEST else None
    if match is None:
        return None
    joined = [part for part in _BETWEEN.split(match["modifiers"])[1:] if len(part) > _LENGTH]
    if not all(KNOWN_MODIFIERS.issuperset(_PART.findall(part)) for part in joined):
        return None
    return Coded((match["code"],), tuple(dict.fromkeys(_PART.findall(match["modifiers"]))))


def _read_beside_words(text: str | None) -> Coded | None:
    """The one code of therapy that words begin with, or end with in parentheses: ``97162 PT EVAL MOD COMPLEX``.

    A text that rules something out has none, nor one that speaks of work rehabilitation beside another code.
    """
    if text is None or len(text) > _LONGEST_WORDS:
        return None
    words = text.strip().upper()
    match = _BESIDE_WORDS.fullmatch(words)
    if match is None or _NOT_DONE.search(words) is not None:
        return None
    code = match["first"] or match["last"]
    if set(_ANY_CODE.findall(words)) != {code} or code not in LABELS:
        return None
    of_program = names_work_rehab(text) if code in WORK_REHAB else not mentions_work_rehab(text)
    return Coded((code,)) if of_program else None
