"""The words and abbreviations of professions around work rehabilitation."""

import re
from typing import Final, NamedTuple

from cds_service.domain.care import Role
from cds_service.domain.codes import Discipline


class Unlicensed(NamedTuple):
    """Who treats without a license of their own, and the words that tell it."""

    name: str
    pattern: re.Pattern[str]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


STUDENT: Final = Unlicensed(
    "student", _words(r"\b(?:students?|intern|extern|trainee|candidate|pupil|apprentice|in[\s\-]+training)\b")
)
AIDE: Final = Unlicensed(
    "aide", _words(r"\b(?:aides?|(?<!first )aid|helper|extender|volunteer|observer|attendant|orderly)\b")
)
TECHNICIAN: Final = Unlicensed("technician", _words(r"\btech(?:s|nicians?|nologists?)?\b"))
ASSISTANT: Final = _words(r"\bass(?:istants?|ts?|ist)\b")
THERAPIST: Final = _words(r"therapists?\b|\bpathologists?\b|\bdoctor of (?:physical|occupational) therapy\b")
MANAGEMENT: Final = _words(
    r"\bassistant\s+(?:(?:clinical?|clinic|site|rehab\w*|regional|program)\s+)?"
    r"(?:director|manager|supervisor|professor|chief|head|coordinator|administrator)\b"
)
"""Titles of managers: an assistant director is no assistant."""
ADMINISTRATIVE: Final = _words(
    r"\b(?:administrative|admin|office|executive|research|teaching|billing|program|front desk|clerical)\s+"
    r"(?:assistant|asst|aide|tech(?:nician)?)\b|\b(?:receptionist|secretary|scheduler|biller|scribe|clerk)\b"
)
"""Office work, which says nothing of a license."""
SUPERVISING: Final = _words(r"\bsupervis(?:ing|ors?|ion|es)\b|\bco-?sign|\boversight\b|\boverseeing\b")
ATTENDING: Final = _words(r"\battend(?:ing|er)\b|\bATND\b|\bresponsible\b")

DISCIPLINE_WORDS: Final = (
    (_words(r"\bphys(?:ical)?\.?[\s\-]*ther|\bphysiother|\btherapist,?\s+physical\b"), Discipline.PT),
    (_words(r"\bocc(?:up(?:ational)?)?\.?[\s\-]*ther|\btherapist,?\s+occupational\b"), Discipline.OT),
    (_words(r"\bspeech\b"), Discipline.SLP),
)

_PT, _PTA = Role(Discipline.PT, assistant=False), Role(Discipline.PT, assistant=True)
_OT, _OTA = Role(Discipline.OT, assistant=False), Role(Discipline.OT, assistant=True)
_SLP, _SLPA = Role(Discipline.SLP, assistant=False), Role(Discipline.SLP, assistant=True)

PROFESSION_ABBREVIATIONS: Final[dict[str, Role | str]] = {
    **dict.fromkeys(("PT", "DPT", "TDPT", "MPT", "MSPT", "BSPT", "LPT", "RPT"), _PT),
    **dict.fromkeys(("PTA", "LPTA", "RPTA", "CPTA"), _PTA),
    **dict.fromkeys(("OT", "OTR", "OTD", "MOT", "MSOT", "LOT", "OTRL"), _OT),
    **dict.fromkeys(("OTA", "COTA", "LOTA", "COTAL"), _OTA),
    **dict.fromkeys(("SLP", "CCCSLP"), _SLP),
    "SLPA": _SLPA,
    **dict.fromkeys(("SPT", "SPTA", "PTS", "PTAS", "DPTS", "SDPT"), "PT student"),
    **dict.fromkeys(("OTS", "OTAS", "SOT", "SOTA", "OTDS"), "OT student"),
}
"""Abbreviations behind names and in titles: a license, or that of a student."""
LOWER_CASE: Final = frozenset({"pt", "pta", "lpta", "dpt", "ot", "ota", "otr", "cota", "slp", "slpa", "spt", "spta"})
"""Those of them that count in small letters too, where nothing unknown stands beside them."""

NEUTRAL: Final = frozenset(
    {
        "a", "an", "and", "the", "of", "in", "for", "i", "ii", "iii", "iv", "senior", "sr", "junior", "jr",
        "staff", "lead", "head", "chief", "licensed", "lic", "registered", "certified", "cert", "board",
        "clinical", "specialist", "orthopedic", "orthopedics", "ortho", "outpatient", "inpatient", "acute",
        "rehab", "rehabilitation", "hand", "sports", "neuro", "neurologic", "pediatric", "geriatric", "work",
        "hardening", "conditioning", "industrial", "contract", "travel", "traveling", "prn", "per", "diem", "full",
        "part", "time", "level", "primary", "treating", "performing", "evaluating", "provider", "clinician",
        "professional", "therapy", "therapist", "supervising", "supervisor", "supervision", "attending", "manager",
        "director", "instructor", "performer", "role", "home", "health", "assistant", "assistants", "assist",
        "asst", "assts", "student", "students", "stud", "aide", "aides", "aid", "technician", "technicians",
        "tech", "techs", "technologist", "intern", "extern", "trainee", "doctor", "master", "physical",
        "occupational", "speech", "language", "ocs", "scs", "ncs", "gcs", "pcs", "wcs", "ecs", "ccs", "cscs",
        "cht", "ms", "ma", "bs", "ba", "phd", "edd", "mba", "msc", "bsc", "mhs", "med", "dsc", "faaompt", "comt",
        "mdt", "clt", "mtc", "cwce", "ceas", "cees", "cfmt", "cmpt", "atc", "lat", "emt", "c", "l", "r",
    }
)  # fmt: skip
"""Words beside an abbreviation that change nothing about the profession."""

OTHERS: Final = (
    ("athletic trainer", re.compile(r"(?i:\bathletic[\s\-]*train)|\bATC\b|\bLAT\b")),
    ("massage therapist", re.compile(r"(?i:\bmassage\b)|\bLMT\b")),
    ("exercise physiologist", _words(r"\bexercise[\s\-]+(?:physiolog|special|scien)|\bkinesio")),
    ("recreation therapist", _words(r"\brecreation(?:al)?\b")),
    ("respiratory therapist", _words(r"\brespiratory\b")),
    ("physician assistant", re.compile(r"(?i:\bphysician'?s?[\s\-]+ass)|\bPAC\b")),
    ("medical assistant", _words(r"\b(?:medical|nursing|nurse'?s?)[\s\-]+(?:assistant|asst)\b")),
    ("nurse", re.compile(r"(?i:\bnurse\b|\bnursing\b)|\b(?:RN|LPN|LVN|APRN)\b")),
    ("chiropractor", _words(r"\bchiropract")),
    ("physician", re.compile(r"(?i:\bphysician\b|\bdoctor\b|\bsurgeon\b|\bphysiatrist\b)|\bMD\b")),
    ("psychologist", _words(r"\bpsycholog")),
    ("counselor", _words(r"\bcounsel")),
    ("social worker", _words(r"\bsocial[\s\-]+work")),
    ("case manager", _words(r"\bcase[\s\-]+manager\b")),
    ("ergonomist", _words(r"\bergonom")),
    ("trainer or coach", _words(r"\b(?:personal|fitness)[\s\-]+trainer\b|\bcoach\b")),
)
"""Other people around a work-rehab program; the first that the words name."""

NUCC_OTHERS: Final = {
    "2255A": "athletic trainer",
    "2257": "massage therapist",
    "2258": "recreation therapist",
    "2260": "recreation therapist assistant",
    "2263": "kinesiotherapist",
    "224Y": "exercise physiologist",
    "2254": "rehabilitation practitioner",
    "225C": "rehabilitation counselor",
    "2278": "respiratory therapist",
    "2279": "respiratory therapist",
    "231H": "audiologist",
    "363A": "physician assistant",
    "363L": "nurse practitioner",
    "163W": "nurse",
    "164W": "nurse",
    "111N": "chiropractor",
}
"""Professions by the first characters of their NUCC code that are known to be neither therapist nor assistant here."""
