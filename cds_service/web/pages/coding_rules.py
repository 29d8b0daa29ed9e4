"""The entries of the coding rules that rules and parameters name by ids like T-1, in a sentence each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from markupsafe import Markup, escape

from cards.numbers import capital
from cds_service.domain.terms import ELEMENT_WORDS, SHORT_ELEMENTS


@dataclass(frozen=True, slots=True)
class CodingEntry:
    """One entry: its id, a title of a few words, and what it says."""

    id: str
    title: str
    says: str


_SECTIONS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "The program and its code": {
        "WR-CODE-1": (
            "Which kind of program",
            "Conditioning restores strength, endurance and range; hardening adds job tasks and behavior. Same codes.",
        ),
        "WR-CODE-2": ("A work-related case", "The codes are for rehabilitation after a work-related injury."),
        "WR-CODE-3": (
            "Not one-on-one",
            "Direct one-to-one contact is not required: the time that counts is the patient's time in the program.",
        ),
    },
    "Time and units": {
        "T-1": ("The base rule", "97545 stands for the first two hours of a date, once; 97546 for each further hour."),
        "T-2": (
            "Less than two hours",
            "From which minute 97545 may be billed is the payer's choice; no source settles it for everybody.",
        ),
        "T-3": ("Further hours", "From which minute a further hour makes a unit of 97546 is the payer's choice."),
        "T-4": (
            "A visit too short for 97545",
            "A payer may take 97545 with modifier 52, 15-minute codes, a pro-rated amount, or nothing.",
        ),
        "T-5": (
            "What counts as time",
            "Time in the program from start to stop, without breaks and without services that are billed separately.",
        ),
        "T-6": ("15-minute codes", "Units by the CMS 8-minute rule over the whole date, or each code alone."),
        "T-7": ("Rounding in Tennessee", "Minutes are rounded to the nearest unit, with a maximum of units a day."),
    },
    "Billing edits": {
        "E-1": ("Add-on code", "97546 is billed only together with 97545 of the same date."),
        "E-2": ("Units of 97545 a day", "The national unit edit (MUE) allows one unit on a date."),
        "E-3": (
            "Units of 97546 a day",
            "Units above the national unit edit (MUE) of a date are reviewed against the record.",
        ),
        "E-4": ("Pairs with 97545 and 97546", "National pair edits name codes that are not paid on the same date."),
        "E-5": ("Pairs of other therapy codes", "The same edits between evaluations, tests and 15-minute codes."),
        "E-6": ("Who uses these edits", "Medicare does; in workers' compensation it depends on the state or payer."),
    },
    "Modifiers": {
        "M-1": ("Discipline", "GP, GO or GN on each line, by the plan of care that the service is given under."),
        "M-2": ("Assistant", "CQ or CO where an assistant alone treats for more than the allowed share of a line."),
        "M-3": (
            "Separate service",
            "59 or XE, XS, XP, XU let a pair pass where the edit allows it and the record shows a separate service.",
        ),
        "M-5": ("KX", "Medicare's modifier above the yearly therapy threshold."),
        "M-6": ("Program", "Some states tell conditioning from hardening, and accredited programs, by a modifier."),
    },
    "Coverage": {
        "COV-1": ("Medicare", "Coverage of 97545 and 97546 is restricted, and there is no national price."),
        "COV-2": (
            "Medical plans",
            "Plans whose text was read exclude work rehabilitation, or call it vocational.",
        ),
        "COV-3": ("Evaluation on the same day", "A payer may limit an evaluation or re-evaluation on a program day."),
    },
    "Authorization": {
        "A-1": ("Prior authorization", "Where the payer requires approval, it has to be in date and large enough."),
        "A-2": (
            "Weeks of the program",
            "Six weeks is usually the maximum; beyond it written authorization and medical necessity are required.",
        ),
        "A-3": ("One program for an injury", "Some payers pay a single program for each injury."),
        "A-4": ("Hours and days", "A payer may set hours per day and days per week for each kind of program."),
    },
    "Evaluation, reassessment, plan of care": {
        "R-1": ("Initial evaluation", "A comprehensive evaluation before the program sets its plan and goals."),
        "R-2": ("Weekly reassessment", "Each week an assessment with objective tools that measures function."),
        "R-3": ("Progress report", "Medicare requires one every ten treatment days, not by an assistant alone."),
        "R-4": ("Plan of care", "The plan holds for a certified interval, and is signed and reviewed in time."),
        "R-5": (
            "Before the program begins",
            "What a payer requires first: a referral, a job goal, and the like.",
        ),
        "R-6": ("Progress", "Services have to show improvement; without any, goals are reviewed or the program ends."),
    },
    "Documentation of the visit": {
        id_: (capital(SHORT_ELEMENTS[id_]), f"The record shows {words}.") for id_, words in ELEMENT_WORDS.items()
    },
    "CDS Hooks": {
        "CH-P-12": ("Data that is required", "A call without the data that its answer is about is refused with 412."),
        "CH-P-13": ("Data that is missing", "As little as possible is required; what else is missing is named."),
    },
}
SECTIONS: Final[Mapping[str, tuple[CodingEntry, ...]]] = MappingProxyType(
    {
        section: tuple(CodingEntry(id_, title, says) for id_, (title, says) in entries.items())
        for section, entries in _SECTIONS.items()
    }
)
ENTRIES: Final[Mapping[str, CodingEntry]] = MappingProxyType(
    {entry.id: entry for entries in SECTIONS.values() for entry in entries}
)
_ID: Final = re.compile("|".join(sorted((rf"\b{re.escape(id_)}\b" for id_ in ENTRIES), key=len, reverse=True)))


def with_linked_ids(text: str, root: str) -> Markup:
    """A text in which each id leads to its entry and says its title."""
    linked, end = Markup(), 0
    for found in _ID.finditer(text):
        entry = ENTRIES[found.group()]
        linked += escape(text[end : found.start()]) + Markup(
            '<a class="id" href="{root}/coding-rules#{id}" title="{title}">{id}</a>'
        ).format(root=root, id=entry.id, title=entry.title)
        end = found.end()
    return linked + escape(text[end:])
