"""Where dates can be read in more than one way, all readings have to give the same answer, else it is asked about.

Two things stay open: the time zone of a place that the record does not settle, and midnight in a field that is a date.
"""

from collections.abc import Callable
from typing import Final

from cds_service.consultation.question import Question
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.findings import Evaluation, Finding, Severity
from cds_service.fhir.reading.calendar import Calendar

TIME_ZONE: Final = (
    "the time zone of the place of treatment is not known, and the answer depends on it: the times may be those of "
)
MIDNIGHT: Final = Unknown(
    Fact.TIME_ZONE,
    "a date is stored as midnight in another time zone: read as that date; a day earlier, the answer changes",
)


def disagreement(
    evaluation: Evaluation, question: Question, evaluated: Callable[[Question], Evaluation | None]
) -> Unknown | None:
    """The doubt about an evaluation where another reading of the dates gives another answer; None where none does.

    Args:
        evaluation: The answer to the question as it was read.
        question: The question.
        evaluated: Answers the question read by another calendar.
    """
    calendar = question.calendar
    if calendar.moved:
        for zone in calendar.alternatives:
            elsewhere = evaluated(question.read_by(Calendar(zone, settled=False)))
            if elsewhere is None or _answer(elsewhere) != _answer(evaluation):
                return Unknown(Fact.TIME_ZONE, TIME_ZONE + _names(calendar))
    if calendar.disputed:
        earlier = evaluated(question.read_by(Calendar(calendar.zone, midnight_is_a_date=False)))
        if earlier is None or _matters(earlier) != _matters(evaluation):
            return MIDNIGHT
    return None


def _answer(evaluation: Evaluation) -> set[object]:
    """What is told and proposed, whatever the clock shows."""
    return {(finding.key, finding.severity, finding.proposals_as_text) for finding in evaluation.findings}


def _matters(evaluation: Evaluation) -> set[object]:
    """Warnings and proposals: a note a day earlier or later is no other answer."""
    return {
        (finding.rule, finding.kind, finding.proposals_as_text)
        for finding in evaluation.findings
        if _is_weighty(finding)
    }


def _is_weighty(finding: Finding) -> bool:
    return finding.severity is Severity.WARNING or bool(finding.proposals)


def _names(calendar: Calendar) -> str:
    return " or ".join(str(zone) for zone in (calendar.zone, *calendar.alternatives))
