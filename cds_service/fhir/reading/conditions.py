"""What diagnoses and their words say: codes, names, injuries at work."""

import re
from typing import Final

from cds_service.fhir.reading.code_systems import ICD_10_CM
from cds_service.fhir.reading.concept_words import NEGATION, may_match, negated, texts
from cds_service.fhir.reading.elements import CodeableConcept

_ICD_10_CM_SYSTEMS: Final = frozenset({ICD_10_CM, "urn:oid:2.16.840.1.113883.6.90"})
WORK_ACTIVITY: Final = "Y99.0"
_WORK_ACTIVITY_SPELLED: Final = frozenset({"Y99.0", "Y990", "y99.0", "y990"})

_HARM: Final = (
    r"(?:injur\w*|accident\w*|incident|hurt|fell|fall|fractur\w*|sprain\w*|strain\w*|trauma|crash\w*|collision|burn\w*"
    r"|slipped|tripped|struck|crushed|mv[ac])"
)
_INJURY: Final = re.compile(
    r"\bwork[\s\-]*related\b(?!\s+(?:activit|task|goal|function|demand|dut|skill|abilit|movement|exercis|capacit))"
    rf"|\b(?:industrial|workplace|occupational|work|on[\s\-]the[\s\-]job)[\s\-]+{_HARM}\b"
    rf"|\b(?:work(?:er['\u2019]?s?['\u2019]?|m[ae]n['\u2019]?s?)?[\s\-]*comp(?:ensation)?|wc)[\s\-]+(?:claim|case|{_HARM})\b"
    rf"|\b{_HARM}\b[^.;!?\n]{{0,60}}?\b(?:at\s+(?:the\s+|his\s+|her\s+|their\s+)?(?:work|workplace|job(?:[\s\-]*site)?)"
    r"|on[\s\-]the[\s\-]job|while\s+(?:working|on\s+duty|(?:driving|traveling)\s+for\s+work))\b",
    re.IGNORECASE,
)
_DENIED_AFTER: Final = re.compile(
    r"\s*(?:\w+\s*)?[:=?\-\u2013]+\s*(?:no|n|none|false|negative|denie[sd])(?:\s+(?:known|reported))?\s*(?:[.,;)\n]|$)"
    r"|\s+(?:was\s+|is\s+)?ruled\s+out\b",
    re.IGNORECASE,
)
_PAID_WORK: Final = re.compile(r"\bY99\.?0\b|\bcivilian activity done for income or pay\b", re.IGNORECASE)

# Parts of words without which the patterns of the same subject cannot match.
_WORKPLACE: Final = ("work", "job", "industrial", "occupational", "duty", "wc")
_HARMS: Final = (
    "injur", "accident", "incident", "hurt", "fell", "fall", "fractur", "sprain", "strain", "trauma", "crash",
    "collision", "burn", "related", "slipped", "tripped", "struck", "crushed", "mva", "mvc", "claim", "case",
)  # fmt: skip
_PAID_WORK_PARTS: Final = ("y99", "income or pay")


def documented_injury(text: str | None) -> str | None:
    """The words with which a text states a work-related injury, or None; "Work-related: no" and the like are none."""
    if not text:
        return None
    if may_match(text, _PAID_WORK_PARTS):
        paid = _PAID_WORK.search(text)
        if paid is not None and not negated(text, paid.start()):
            return paid.group()
    if not may_match(text, _WORKPLACE) or not may_match(text, _HARMS):
        return None
    for match in _INJURY.finditer(text):
        if negated(text, match.start()) or NEGATION.search(match.group()) or _DENIED_AFTER.match(text, match.end()):
            continue
        return " ".join(match.group().split())
    return None


def is_work_activity(concept: CodeableConcept | None) -> bool:
    """Whether a diagnosis is ICD-10-CM Y99.0, with or without the dot; no other system has such a code."""
    if concept is not None:
        for coding in concept.coding:
            if coding.code in _WORK_ACTIVITY_SPELLED or (coding.code and coding.code.strip() in _WORK_ACTIVITY_SPELLED):
                return True
    return False


def name_of_condition(concept: CodeableConcept | None) -> str | None:
    """What people call a condition: its first words, else its diagnosis code."""
    return next(iter((*texts(concept), *diagnosis_codes(concept))), None)


def diagnosis_codes(concept: CodeableConcept | None) -> tuple[str, ...]:
    """ICD-10-CM codes of a concept."""
    if concept is None:
        return ()
    return tuple([coding.code for coding in concept.coding if coding.code and coding.system in _ICD_10_CM_SYSTEMS])
