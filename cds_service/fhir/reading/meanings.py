"""What coded and written descriptions mean: work rehabilitation, its kind, evaluations, injuries."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from cds_service.domain.care import AssessmentKind
from cds_service.domain.codes import (
    EVALUATIONS,
    PERFORMANCE_TEST,
    PROGRAM_OF_MODIFIER,
    REEVALUATIONS,
    WORK_REHAB,
    Program,
)
from cds_service.fhir.reading.code_systems import ICD_10_CM, LOINC
from cds_service.fhir.reading.elements import CodeableConcept
from cds_service.fhir.reading.mentions import SIMULATION, as_asserted, is_called_work_rehab, mentions_work_rehab
from cds_service.fhir.reading.procedure_codes import Coded, coded

WORK_HARDENING: Final = "228648008"
JOB_SIMULATION: Final = "228645006"
ICD_10_CM_OR_NONE: Final = frozenset({ICD_10_CM, "urn:oid:2.16.840.1.113883.6.90", None})
WORK_ACTIVITY: Final = "Y99.0"
_WORK_ACTIVITY_SPELLED: Final = frozenset({"Y99.0", "Y990", "y99.0", "y990"})

_CAPACITY: Final = re.compile(r"\bfunctional capacity\b|\bFCE\b", re.IGNORECASE)

_BOTH: Final = re.compile(
    r"hardening\s*(?:/|,|-|&|\bor\b|\band\b)\s*(?:work[\s\-]*)?conditioning"
    r"|conditioning\s*(?:/|,|-|&|\bor\b|\band\b)\s*(?:work[\s\-]*)?hardening",
    re.IGNORECASE,
)
_HARDENING: Final = re.compile(rf"\bhardening\b|{SIMULATION}|(?-i:\bWR[\s\-\u2010-\u2015]?H\b)", re.IGNORECASE)
_CONDITIONING: Final = re.compile(r"\bconditioning\b|(?-i:\bWR[\s\-\u2010-\u2015]?C\b)", re.IGNORECASE)
_EVALUATION: Final = re.compile(
    r"\b(?:initial|physical therapy|occupational therapy|pt|ot|baseline)[\s\-]+(?:\w+[\s\-]+){0,2}?eval(?:uation)?\b"
    r"|\beval(?:uation)?\b.{0,30}\b(?:physical|occupational) therapy\b",
    re.IGNORECASE,
)
_REEVALUATION: Final = re.compile(r"\bre[\s\-]*(?:eval(?:uation)?|assessment)\b", re.IGNORECASE)
_PERFORMANCE: Final = re.compile(
    r"\bfunctional capacity (?:evaluation|assessment|test\w*)|\bFCE\b"
    r"|\b(?:physical|functional|work) performance (?:test|evaluation|assessment)",
    re.IGNORECASE,
)
_PLAN_EVALUATED: Final = re.compile(
    r"\bplan of care[\s\-]+(?:re[\s\-]*)?evaluation\b|\b(?:re[\s\-]*)?evaluation of (?:the )?plan of care\b"
    r"|\b(?:PT|OT|physical therapy|occupational therapy|therapy|functional)[\s\-]+re[\s\-]*"
    r"(?:eval(?:uation)?|assessment)\b",
    re.IGNORECASE,
)
# Reassessments of nurses and other services, which are none of a work-rehab program.
_OTHER_REASSESSMENT: Final = re.compile(
    r"\b(?:pain|falls?|risk|nutrition\w*|skin|wound|pressure|mental|psych\w*|depress\w*|cognitive|medication|sedation|"
    r"restraint|nursing|social|needs)\b",
    re.IGNORECASE,
)
_NO_TREATMENT: Final = re.compile(
    r"\b(?:(?:discharge|d/c)\s+summary|(?:tele)?phone|(?:team|case)\s+conference|no[\s\-]?show|cancel\w*|orientation|letter)\b",
    re.IGNORECASE,
)
_CALLED_OFF: Final = re.compile(
    r"\bno[\s\-]?show|\bcancel+(?:ed|ation)\b|\bdid not (?:come|attend|arrive)\b", re.IGNORECASE
)
_NEGATION: Final = re.compile(
    r"\b(?:no|not|non|never|neither|nor|without|denie[sd]|denying|exclud\w+|isn't|wasn't|rule[sd]? out)\b",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.;!?\n]")
_LOOK_BACK: Final = 60

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

_EVALUATION_OF: Final = {
    **dict.fromkeys(EVALUATIONS, AssessmentKind.EVALUATION),
    **dict.fromkeys(REEVALUATIONS, AssessmentKind.REEVALUATION),
    PERFORMANCE_TEST: AssessmentKind.PERFORMANCE_TEST,
}

# Parts of words without which the patterns of the same subject cannot match.
_WORKPLACE: Final = ("work", "job", "industrial", "occupational", "duty", "wc")
_HARMS: Final = (
    "injur", "accident", "incident", "hurt", "fell", "fall", "fractur", "sprain", "strain", "trauma", "crash",
    "collision", "burn", "related", "slipped", "tripped", "struck", "crushed", "mva", "mvc", "claim", "case",
)  # fmt: skip
_PAID_WORK_PARTS: Final = ("y99", "income or pay")
_ASSESSING: Final = ("eval", "assessment", "performance", "fce", "capacity")
_HARDENING_PARTS: Final = ("hardening", "simulat", "wr")
_CONDITIONING_PARTS: Final = ("conditioning", "wr")
_NEGATION_PARTS: Final = ("no", "ne", "n't", "without", "den", "exclud", "rule")


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


def may_be_kept(concepts: Iterable[CodeableConcept | None], extra: Iterable[str | None] = ()) -> bool:
    """Whether what concepts and texts mean may be kept from call to call: names of services recur, and are short."""
    letters = 0
    for concept in concepts:
        if concept is not None:
            if len(concept.coding) > _FEW:
                return False
            letters += sum(map(len, texts(concept)))
    return letters + sum(map(len, filter(None, extra))) <= _SHORT


def _meaning(concept: CodeableConcept | None, extra: Sequence[str | None]) -> ServiceMeaning:
    procedure = coded(concept)
    codes = procedure.codes
    words = " \n ".join((*texts(concept), *[text for text in extra if text]))
    evaluation = _coded_evaluation(codes) if codes else _written_evaluation(words)
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


_SHORT: Final = 200
_FEW: Final = 10
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


def _coded_evaluation(codes: Iterable[str]) -> AssessmentKind | None:
    return next((_EVALUATION_OF[code] for code in codes if code in _EVALUATION_OF), None)


def may_match(text: str, parts: tuple[str, ...]) -> bool:
    """Whether a pattern that needs one of the parts can match at all; a tenth of the cost of searching in vain.

    ``parts`` are in lower case. Only ASCII is looked through: other letters may match in ways of their own.
    """
    lowered = text.lower()
    for part in parts:
        if part in lowered:
            return True
    return not text.isascii()


def texts(concept: CodeableConcept | None) -> list[str]:
    """The text of a concept and the displays of its codings."""
    if concept is None:
        return []
    displays = [coding.display for coding in concept.coding if coding.display]
    return [concept.text, *displays] if concept.text else displays


def has_code(concept: CodeableConcept | None, *codes: str) -> bool:
    """Whether any coding has one of the codes."""
    if concept is not None:
        for coding in concept.coding:
            if coding.code in codes:
                return True
    return False


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


def negated(text: str, position: int) -> bool:
    """Whether a negating word stands shortly before the position in the same sentence."""
    before = text[max(0, position - _LOOK_BACK) : position]
    return may_match(before, _NEGATION_PARTS) and _NEGATION.search(_SENTENCE_END.split(before)[-1]) is not None


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
        if negated(text, match.start()) or _NEGATION.search(match.group()) or _DENIED_AFTER.match(text, match.end()):
            continue
        return " ".join(match.group().split())
    return None


def names_no_treatment(concept: CodeableConcept) -> bool:
    """Whether the words of an encounter's type say that nobody is treated in it: a summary, a call, a conference."""
    return any(_NO_TREATMENT.search(text) for text in texts(concept))


@lru_cache(maxsize=1024)
def called_off(text: str) -> bool:
    """Whether the words for a visit say that the patient did not come or that it was canceled."""
    return _CALLED_OFF.search(text) is not None


def names_capacity_test(words: Iterable[str]) -> bool:
    """Whether words of a performance test call it a functional capacity evaluation (R-1)."""
    return any(_CAPACITY.search(text) for text in words)


def done_as(concept: CodeableConcept) -> AssessmentKind | None:
    """The test or re-evaluation that an Observation records by its code: done, whatever its result (R-2)."""
    for code in coded(concept).codes:
        if code in _EVALUATION_OF:
            return _EVALUATION_OF[code]
    words = " \n ".join(texts(concept))
    if not may_match(words, _ASSESSING):
        return None
    if _PERFORMANCE.search(words):
        return AssessmentKind.PERFORMANCE_TEST
    return AssessmentKind.REEVALUATION if _PLAN_EVALUATED.search(words) else None


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
    return tuple(
        [
            coding.code
            for coding in concept.coding
            if coding.code and coding.system in ICD_10_CM_OR_NONE and coding.system is not None
        ]
    )


def tool_of(concept: CodeableConcept | None) -> tuple[str | None, str | None]:
    """(identity, label) of an instrument: the first code, preferably LOINC, else the text in lower case."""
    if concept is None:
        return None, None
    words = texts(concept)
    label = words[0] if words else None
    code: str | None = None
    for coding in concept.coding:
        if coding.code and coding.system == LOINC:
            return coding.code, label or coding.code
        code = code or coding.code
    if code:
        return code, label or code
    return (label.strip().lower() if label else None), label


def _written_evaluation(words: str) -> AssessmentKind | None:
    if not may_match(words, _ASSESSING):
        return None
    tested = _PERFORMANCE.search(words)
    if tested is not None:
        return None if negated(words, tested.start()) else AssessmentKind.PERFORMANCE_TEST
    if _PLAN_EVALUATED.search(words) or (_REEVALUATION.search(words) and not _OTHER_REASSESSMENT.search(words)):
        return AssessmentKind.REEVALUATION
    return AssessmentKind.EVALUATION if _EVALUATION.search(words) else None
