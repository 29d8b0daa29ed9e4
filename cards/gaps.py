"""Gaps as sentences on a card: what is not known, of which record, in words instead of keys and ids."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cards.markdown import escape
from cards.numbers import capital
from cds_service.domain.chart import Caveat

WORDS_OF_RECORDS: Final[Mapping[str, str]] = {
    "Appointment": "an appointment",
    "CarePlan": "a plan of care",
    "ChargeItem": "a charge",
    "Claim": "a claim",
    "ClaimResponse": "an answer from the payer",
    "Condition": "a diagnosis",
    "Coverage": "a coverage",
    "Encounter": "an encounter",
    "ExplanationOfBenefit": "an explanation of benefits",
    "Goal": "a goal",
    "Observation": "a measurement",
    "Patient": "the patient's record",
    "Procedure": "a treatment",
    "QuestionnaireResponse": "a questionnaire",
    "ServiceRequest": "an order",
}
"""What a resource is to its reader."""
WORDS_OF_KEYS: Final[Mapping[str, str]] = {
    "carePlans": "plans of care",
    "questionnaireResponses": "questionnaires",
    "authorizations": "answers from the payer",
    " was not given": " not received",
}
"""Names of prefetch keys, and what became of them, in words."""

_KEY: Final = re.compile("|".join(WORDS_OF_KEYS))
_OF_A_RECORD: Final = re.compile(r"(could|belongs|does|is|has|was|were) ")
_ABOUT_A_RECORD: Final = re.compile(r"(date|period|status|not valid) ")


def sentences(gaps: Iterable[Caveat]) -> Iterator[str]:
    """Each doubt once, in Markdown; one that several records share with their number."""
    return map(escape, plain_sentences(gaps))


def plain_sentences(gaps: Iterable[Caveat]) -> Iterator[str]:
    """Each doubt once, as plain text that is escaped where it is shown."""
    records: dict[str, dict[str, None]] = {}
    for gap in gaps:
        records.setdefault(_whole(gap), {})[gap.reference or ""] = None
    for text, references in records.items():
        yield _ended(text, len(references))


def _whole(gap: Caveat) -> str:
    """The reason as a sentence: with the record in front where it speaks of one."""
    why = _KEY.sub(lambda match: WORDS_OF_KEYS[match.group()], gap.why)
    record = WORDS_OF_RECORDS.get((gap.reference or "").partition("/")[0], "a record")
    if _OF_A_RECORD.match(why):
        why = f"{record} {why}"
    elif _ABOUT_A_RECORD.match(why):
        why = f"{record}: {why}"
    return capital(why) if gap.unsettles else f"Not checked: {why.removeprefix('check ')}"


def _ended(text: str, records: int) -> str:
    if records > 1:
        return f"{text.rstrip('.')} ({records} records)."
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."
