"""The class of payer that codes and names tell, and how much each of them tells."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from cds_service.domain.codes import PayerClass
from cds_service.fhir.reading.elements import Coding

Classes = frozenset[PayerClass]

_COMPENSATION: Final = PayerClass.WORKERS_COMPENSATION
_NONE: Final[Classes] = frozenset()


class Told(NamedTuple):
    """Classes that one source names: ``precise`` ones say who pays, ``coarse`` ones only what kind of plan it is.

    ``excluded`` are those that it says it is not.
    """

    precise: Classes = _NONE
    coarse: Classes = _NONE
    excluded: Classes = _NONE


SILENT: Final = Told()

MAY_BE: Final = {
    PayerClass.GOVERNMENT: frozenset({PayerClass.MEDICARE, PayerClass.MEDICAID, _COMPENSATION}),
    PayerClass.COMMERCIAL: frozenset({PayerClass.MEDICARE, PayerClass.MEDICAID, PayerClass.GOVERNMENT}),
}
"""What a coarse class may turn out to be: Medicare and Medicaid are public and are run by health plans as well."""

# v3-ActCode of coverage types, and coverage-selfpay.
_PRECISE_ACT_CODES: Final = {
    "WCBPOL": _COMPENSATION,
    "AUTOPOL": PayerClass.AUTO,
    "COL": PayerClass.AUTO,
    "UNINSMOT": PayerClass.AUTO,
    "PAY": PayerClass.SELF_PAY,
}
_COARSE_ACT_CODES: Final = {
    **dict.fromkeys(("PUBLICPOL", "SUBSIDIZ", "SUBSIDMC"), PayerClass.GOVERNMENT),
    **dict.fromkeys(("EHCPOL", "HSAPOL", "HIP", "HMO", "PPO", "POS", "MCPOL"), PayerClass.COMMERCIAL),
}
_NO_THERAPY: Final = frozenset({"DENTAL", "DENTPRG", "VISPOL", "DRUGPOL", "LIFE"})
# X12 claim filing indicator.
_PRECISE_FILING_CODES: Final = {
    "WC": _COMPENSATION,
    **dict.fromkeys(("MA", "MB", "16"), PayerClass.MEDICARE),
    "MC": PayerClass.MEDICAID,
    "AM": PayerClass.AUTO,
    **dict.fromkeys(("CH", "VA"), PayerClass.GOVERNMENT),
    "09": PayerClass.SELF_PAY,
}
_COARSE_FILING_CODES: Final = {
    **dict.fromkeys(("OF", "TV", "11"), PayerClass.GOVERNMENT),
    **dict.fromkeys(("CI", "BL", "HM", "FI", "12", "13", "14", "15"), PayerClass.COMMERCIAL),
}
# Source of Payment Typology, by the beginning of the code.
_PRECISE_TYPOLOGY: Final = (
    ("95", _COMPENSATION),
    ("96", PayerClass.AUTO),
    ("81", PayerClass.SELF_PAY),
    ("1", PayerClass.MEDICARE),
    ("2", PayerClass.MEDICAID),
)
_COARSE_TYPOLOGY: Final = (
    *((digit, PayerClass.GOVERNMENT) for digit in "34"),
    *((digit, PayerClass.COMMERCIAL) for digit in "567"),
)
_TYPOLOGY_OID: Final = "2.16.840.1.113883.3.221.5"
# X12 insurance type codes share the letters of the claim filing indicators, and mean other things by their digits.
_INSURANCE_TYPE: Final = "1336"
_TWO_LETTERS: Final = re.compile(r"[A-Z]{2}", re.ASCII)

_FEDERAL_EMPLOYEES: Final = (
    r"owcp|dfec|feca|federal employees compensation"
    r"|(?:us|u s|united states|federal) (?:dol|dep(?:t|artment) of labor)"
    r"|^(?:dol|dep(?:t|artment) of labor)$"
)
_COMPENSATION_WORDS: Final = (
    r"work(?:er|ers|man|mans|men|mens|er s|man s|men s)? ?comp(?:ensation)?"
    r"|(?:w|wkr|wkrs) comp|employees? compensation|compensation (?:board|bureau|commission)"
    r"|(?:state|comp|compensation) (?:insurance )?fund|(?:work|work related|industrial) injury"
    r"|labor and industries|l and i|lni|bwc|longshore"
)
_MEDICAID_WORDS: Final = (
    r"medicaid|mcd|medi cal|medical assistance|masshealth|tenncare|soonercare|ahcccs|badgercare|kancare|mainecare"
    r"|apple health|mo healthnet|health first colorado|nj familycare|hoosier healthwise"
)
_AUTO_WORDS: Final = (
    r"motor vehicle|no fault|pip|personal injury protection|med ?pay|auto(?:mobile)? med(?:ical)?"
    r"|auto(?:mobile)? (?:accident|liability|policy)|uninsured motorist"
)
_GOVERNMENT_WORDS: Final = (
    r"tricare|champus|champva|triwest|veterans (?:affairs|administration|health)"
    r"|va (?:health|medical|community|ccn)|^va$|indian health"
)
_PRECISE_WORDS: Final = (
    (_COMPENSATION, rf"{_COMPENSATION_WORDS}|{_FEDERAL_EMPLOYEES}"),
    (PayerClass.MEDICARE, r"medicare\w*|mcr|^cms$"),
    (PayerClass.MEDICAID, _MEDICAID_WORDS),
    (PayerClass.AUTO, _AUTO_WORDS),
    (PayerClass.GOVERNMENT, _GOVERNMENT_WORDS),
    (PayerClass.SELF_PAY, r"self ?pay|private pay|cash pay|patient pay|uninsured(?! motorist)|no insurance"),
)
_COARSE_WORDS: Final = (
    (_COMPENSATION, r"wc|w c"),
    (PayerClass.AUTO, r"auto|automobile|mva|car insurance"),
    (PayerClass.GOVERNMENT, r"government|veterans"),
    (
        PayerClass.COMMERCIAL,
        r"commercial|hmo|ppo|epo|blue ?cross|blue ?shield|bcbs\w*|aetna|cigna|humana|united ?health ?care|uhc|kaiser",
    ),
)
_SUPPLEMENT: Final = re.compile(
    r"\bmedigap\b|\bmed(?:icare)? supp(?:lement(?:al)?)?\b|\bsupplement(?:al)? to medicare\b"
)
_BOTH_CENTERS: Final = re.compile(r"\bmedicare and medicaid services\b")
_NOT: Final = re.compile(
    r"\b(?:non|(?:not|no(?! fault)|without|except|exclud\w+|other than)(?: (?:an?|the|any|for|under|by))?) $"
)


def _pattern(words: Iterable[tuple[PayerClass, str]]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?P<{kind.name}>\b(?:{pattern})\b)" for kind, pattern in words))


_PRECISE: Final = _pattern(_PRECISE_WORDS)
_COARSE: Final = _pattern(_COARSE_WORDS)


def classes_of_coding(coding: Coding) -> Told:
    """What a code of ``Coverage.type`` tells in its system; a code of no system is known by its form."""
    if not coding.code:
        return SILENT
    code, system = coding.code.strip().upper(), (coding.system or "").lower()
    if "sopt" in system or _TYPOLOGY_OID in system:
        return Told(_beginning(_PRECISE_TYPOLOGY, code), _beginning(_COARSE_TYPOLOGY, code))
    letters = _TWO_LETTERS.fullmatch(code) is not None
    if _INSURANCE_TYPE in system:
        return classes_of_coding(Coding(code=code)) if letters else SILENT
    if "x12" in system or "claim-filing" in system or (not system and letters):
        return Told(_one(_PRECISE_FILING_CODES.get(code)), _one(_COARSE_FILING_CODES.get(code)))
    return Told(_one(_PRECISE_ACT_CODES.get(code)), _one(_COARSE_ACT_CODES.get(code)))


def pays_no_therapy(coding: Coding) -> bool:
    """Whether a code says that the plan is for teeth, eyes, drugs or life only."""
    return (coding.code or "").strip().upper() in _NO_THERAPY


@lru_cache(maxsize=4096)
def classes_in_words(text: str) -> Told:
    """What a name or description tells; a class that is ruled out ("non workers comp") is not told.

    "Centers for Medicare and Medicaid Services" is Medicare. A plan that supplements Medicare is a commercial one. An
    insurer of cars and of workers' compensation may be either.
    """
    words = _BOTH_CENTERS.sub("medicare", _plain(text))
    supplement = _SUPPLEMENT.search(words) is not None
    if supplement:
        words = _SUPPLEMENT.sub(" ", words)
    precise, excluded = _named(_PRECISE, words)
    coarse, ruled_out = _named(_COARSE, words)
    if supplement:
        precise -= {PayerClass.MEDICARE}
        coarse |= {PayerClass.COMMERCIAL}
    if _COMPENSATION in precise and PayerClass.AUTO in coarse:
        precise |= {PayerClass.AUTO}
    return Told(precise, coarse - ruled_out, (excluded | ruled_out) - precise)


@lru_cache(maxsize=4096)
def supplements_medicare(text: str) -> bool:
    """Whether a plan's name says that it pays after Medicare (Medigap)."""
    return _SUPPLEMENT.search(_plain(text)) is not None


def classes_together(readings: Iterable[Told]) -> Told:
    """What several texts or codes of one source tell."""
    every = tuple(readings)
    return Told(*(frozenset[PayerClass]().union(*(reading[part] for reading in every)) for part in range(3)))


def _plain(text: str) -> str:
    """Lower-case words with single spaces: ``Workers' Comp/PIP & Auto`` is ``workers comp pip and auto``."""
    folded = text.casefold().replace("'", "").replace("\u2019", "").replace("&", " and ")
    return " ".join(re.findall(r"[^\W_]+", folded))


def _named(pattern: re.Pattern[str], words: str) -> tuple[Classes, Classes]:
    """Classes named, and those named after a word that rules them out."""
    named: set[PayerClass] = set()
    ruled_out: set[PayerClass] = set()
    for match in pattern.finditer(words):
        kind = PayerClass[str(match.lastgroup)]
        (ruled_out if _NOT.search(words[: match.start()]) else named).add(kind)
    return frozenset(named), frozenset(ruled_out)


def _beginning(typology: Iterable[tuple[str, PayerClass]], code: str) -> Classes:
    return _one(next((kind for prefix, kind in typology if code.startswith(prefix)), None))


def _one(kind: PayerClass | None) -> Classes:
    return _NONE if kind is None else frozenset({kind})
