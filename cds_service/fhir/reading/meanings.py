"""What coded and written descriptions of services mean: work rehabilitation, its kind, what is no treatment."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from cds_service.domain.care import AssessmentKind
from cds_service.domain.codes import (
    PROGRAM_OF_MODIFIER,
    WORK_REHAB,
    Program,
)
from cds_service.fhir.reading.concept_words import has_code, may_be_kept, may_match, texts
from cds_service.fhir.reading.elements import CodeableConcept
from cds_service.fhir.reading.evaluations import coded_evaluation, written_evaluation
from cds_service.fhir.reading.mentions import SIMULATION, as_asserted, is_called_work_rehab, mentions_work_rehab
from cds_service.fhir.reading.procedure_codes import Coded, coded

WORK_HARDENING: Final = "228648008"
JOB_SIMULATION: Final = "228645006"

_BOTH: Final = re.compile(
    r"hardening\s*(?:/|,|-|&|\bor\b|\band\b)\s*(?:work[\s\-]*)?conditioning"
    r"|conditioning\s*(?:/|,|-|&|\bor\b|\band\b)\s*(?:work[\s\-]*)?hardening",
    re.IGNORECASE,
)
_HARDENING: Final = re.compile(rf"\bhardening\b|{SIMULATION}|(?-i:\bWR[\s\-\u2010-\u2015]?H\b)", re.IGNORECASE)
_CONDITIONING: Final = re.compile(r"\bconditioning\b|(?-i:\bWR[\s\-\u2010-\u2015]?C\b)", re.IGNORECASE)
_NO_TREATMENT: Final = re.compile(
    r"\b(?:(?:discharge|d/c)\s+summary|(?:tele)?phone|(?:team|case)\s+conference|no[\s\-]?show|cancel\w*|orientation|letter)\b",
    re.IGNORECASE,
)
_CALLED_OFF: Final = re.compile(
    r"\bno[\s\-]?show|\bcancel+(?:ed|ation)\b|\bdid not (?:come|attend|arrive)\b", re.IGNORECASE
)
_HARDENING_PARTS: Final = ("hardening", "simulat", "wr")
_CONDITIONING_PARTS: Final = ("conditioning", "wr")


class ServiceMeaning(NamedTuple):
    """What the code of a procedure, order or activity says.

    ``modifiers`` are those written with the code; ``doubts`` say where code, words and modifiers disagree or are
    unsure.
    """

    codes: tuple[str, ...]
    work_rehab: bool
    program: Program
    evaluation: AssessmentKind | None
    modifiers: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


NO_MEANING: Final = ServiceMeaning((), work_rehab=False, program=Program.UNKNOWN, evaluation=None)


def meaning(concept: CodeableConcept | None, extra: Sequence[str | None] = ()) -> ServiceMeaning:
    """Classify a concept; ``extra`` texts (title, description) count as its text.

    A code decides over words: a service with another procedure code is work rehabilitation only where its own text is
    the name of a program (WR-CODE-3), not where it mentions one. An evaluation for a program is none of its sessions.

    The names of services recur from patient to patient: what short ones mean is kept.
    """
    if concept is None and not extra:
        return NO_MEANING
    if may_be_kept((concept,), extra):
        return _kept_meaning(concept, tuple(extra))
    return _meaning(concept, extra)


def _meaning(concept: CodeableConcept | None, extra: Sequence[str | None]) -> ServiceMeaning:
    procedure = coded(concept)
    codes = procedure.codes
    words = " \n ".join((*texts(concept), *[text for text in extra if text]))
    evaluation = coded_evaluation(codes) if codes else written_evaluation(words)
    hardening = has_code(concept, WORK_HARDENING, JOB_SIMULATION)
    stated: str | None = None
    if hardening or not WORK_REHAB.isdisjoint(codes):
        work_rehab = True
    elif codes or evaluation is AssessmentKind.REEVALUATION:
        called = (concept.text if concept is not None else None, *extra) if codes else (words,)
        work_rehab = not (codes and evaluation) and any(is_called_work_rehab(text) for text in called)
    else:
        stated = as_asserted(words)
        work_rehab = evaluation is None and mentions_work_rehab(stated)
    if not work_rehab:
        return ServiceMeaning(codes, False, Program.UNKNOWN, evaluation, procedure.modifiers, _unsure(procedure))  # noqa: FBT003
    written = Program.HARDENING if hardening else _kind(stated if stated is not None else as_asserted(words))
    program = written if written is not Program.UNKNOWN else program_of_modifiers(procedure.modifiers)
    return ServiceMeaning(codes, True, program, evaluation, procedure.modifiers, _doubts(procedure, written))  # noqa: FBT003


_kept_meaning = lru_cache(maxsize=4096)(_meaning)


def program_of_modifiers(modifiers: Iterable[str]) -> Program:
    """The kind that WC or WH tells."""
    kinds = {PROGRAM_OF_MODIFIER[modifier] for modifier in modifiers if modifier in PROGRAM_OF_MODIFIER}
    return kinds.pop() if len(kinds) == 1 else Program.UNKNOWN


def _doubts(procedure: Coded, written: Program) -> tuple[str, ...]:
    """Where code, words and modifiers of a work-rehab service disagree or are unsure."""
    doubts = [*_unsure(procedure)]
    if procedure.codes and WORK_REHAB.isdisjoint(procedure.codes):
        doubts.append(
            f"check which code is right: it has {', '.join(procedure.codes)}, but is described as work rehabilitation"
        )
    by_modifier = program_of_modifiers(procedure.modifiers)
    if Program.UNKNOWN not in {written, by_modifier} and written is not by_modifier:
        stated = next(modifier for modifier in procedure.modifiers if modifier in PROGRAM_OF_MODIFIER)
        doubts.append(
            f"check which program it is: modifier {stated} is on the code, but the words say work {written.value}"
        )
    return tuple(doubts)


def _unsure(procedure: Coded) -> tuple[str, ...]:
    if not procedure.unsure:
        return ()
    codes = ", ".join(procedure.unsure)
    return (f"check whether {codes} is the CPT code: it is under a code system that is not known",)


def program_of(concepts: Iterable[CodeableConcept | None], words: Iterable[str | None] = ()) -> Program:
    """The kind of program (WR-CODE-1).

    A phrase that names both kinds, as the common title of the two codes does, tells neither; what is ruled out ("no
    job simulation") or put off ("then progress to hardening") does not count.
    """
    written: list[str] = []
    for concept in concepts:
        if has_code(concept, WORK_HARDENING, JOB_SIMULATION):
            return Program.HARDENING
        written.extend(texts(concept))
    written.extend(word for word in words if word)
    if not written:
        return Program.UNKNOWN
    return _kind(as_asserted(" \n ".join(written)))


def _kind(words: str) -> Program:
    """The kind that words tell which rule nothing out any more."""
    conditioning, hardening = may_match(words, _CONDITIONING_PARTS), may_match(words, _HARDENING_PARTS)
    if conditioning and hardening:
        words = _BOTH.sub(" ", words)
    if hardening and _HARDENING.search(words) is not None:
        return Program.HARDENING
    return Program.CONDITIONING if conditioning and _CONDITIONING.search(words) else Program.UNKNOWN


def names_no_treatment(concept: CodeableConcept) -> bool:
    """Whether the words of an encounter's type say that nobody is treated in it: a summary, a call, a conference."""
    return any(_NO_TREATMENT.search(text) for text in texts(concept))


@lru_cache(maxsize=1024)
def called_off(text: str) -> bool:
    """Whether the words for a visit say that the patient did not come or that it was canceled."""
    return _CALLED_OFF.search(text) is not None
