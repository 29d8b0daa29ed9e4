"""Assessments of an episode as the policy sees them: what measures function, what pain, and what has to be asked."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Final, NamedTuple

from cds_service.domain.care import Assessment, AssessmentKind
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Fact, Unknown
from cds_service.domain.values import PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Tool
from cds_service.policies.tools import Known, tools_of

TESTED: Final = (AssessmentKind.REEVALUATION, AssessmentKind.PERFORMANCE_TEST)
MOST_ASKED: Final = 3
_DATE: Final = attrgetter("date")


class Measurements(NamedTuple):
    """Assessments up to the date of service, each list oldest first.

    ``functional`` have a result of function, ``pain`` one of pain only. ``unseen`` are evaluations, re-evaluations and
    tests that were done and whose result is not on record. ``asked`` may measure function and may not: their tool is
    not known, or it is and their result is in doubt.
    """

    functional: tuple[tuple[Assessment, Known | None], ...] = ()
    pain: tuple[Assessment, ...] = ()
    evaluations: tuple[Assessment, ...] = ()
    unseen: tuple[Assessment, ...] = ()
    asked: tuple[tuple[Assessment, Known | None], ...] = ()

    @property
    def last(self) -> Assessment | None:
        """The last result of function; an evaluation counts as the first one (R-2)."""
        measured = [*self.evaluations, *(assessment for assessment, _ in self.functional)]
        return max(measured, key=_DATE, default=None)

    @property
    def last_done(self) -> Assessment | None:
        """The last assessment that was done, whether or not its result is on record."""
        done = [assessment for assessment in (self.last, *self.unseen) if assessment is not None]
        return max(done, key=_DATE, default=None)

    def questions_since(self, day: date | None) -> tuple[Caveat, ...]:
        """What may have measured function after a day: each tool once, by its newest record."""
        since = [pair for pair in self.asked if day is None or pair[0].date > day]
        newest = {assessment.label or assessment.reference: (assessment, known) for assessment, known in since}
        asked = sorted(newest.values(), key=lambda pair: pair[0].date, reverse=True)
        gaps = [_question(assessment, known) for assessment, known in asked[:MOST_ASKED]]
        if len(asked) > MOST_ASKED:
            gaps.append(
                Unknown(
                    Fact.ASSESSMENTS,
                    f"{len(asked) - MOST_ASKED} more measurements: check whether they measure function",
                )
            )
        return tuple(gaps)


def of_episode(case: Case, kinds: Collection[AssessmentKind] = tuple(AssessmentKind)) -> list[Assessment]:
    """Assessments up to the date of service, from 60 days before the first visit on, oldest first."""
    return [assessment for assessment in case.assessments_of_episode if assessment.kind in kinds]


def measurements(case: Case, policy: PolicyView) -> Measurements:
    """The episode's assessments, told apart by the policy's tools (R-2).

    A re-evaluation or test of a date on which function was measured has its result there.
    """
    return _told_apart(case.assessments_of_episode, policy.get(params.REASSESSMENT_TOOLS))


def _told_apart(assessments: Sequence[Assessment], value: PolicyValue[Mapping[str, Tool]] | None) -> Measurements:
    tools = tools_of(value) if value is not None else None
    seen: dict[tuple[tuple[str, ...], str], Known | None] = {}
    functional: list[tuple[Assessment, Known | None]] = []
    asked: list[tuple[Assessment, Known | None]] = []
    pain, done = [], []
    for assessment in assessments:
        if assessment.kind is AssessmentKind.EVALUATION:
            continue
        if not assessment.result:
            done.append(assessment)
            continue
        key = assessment.codes, assessment.words
        known = seen.get(key)
        if known is None and key not in seen:
            known = seen[key] = tools.find(*key) if tools is not None else None
        kind = known.tool.kind if known is not None else "functional" if assessment.kind in TESTED else None
        if assessment.doubt is not None and assessment.kind in TESTED:
            done.append(assessment)
        elif kind is None and not assessment.diagnostic:
            asked.append((assessment, None))
        elif kind == "functional" and assessment.doubt is not None:
            asked.append((assessment, known))
        elif kind == "functional":
            functional.append((assessment, known))
        elif kind == "pain":
            pain.append(assessment)
    measured = {assessment.date for assessment, _ in functional}
    return Measurements(
        functional=tuple(functional),
        pain=tuple(pain),
        evaluations=tuple(assessment for assessment in assessments if assessment.kind is AssessmentKind.EVALUATION),
        unseen=tuple(assessment for assessment in done if assessment.date not in measured),
        asked=tuple(asked),
    )


def _question(assessment: Assessment, known: Known | None) -> Caveat:
    """What is asked about a measurement: whether its tool measures function, else whether its result counts."""
    named = f"{assessment.label or 'a measurement without a name'} of {assessment.date:%b} {assessment.date.day}"
    why = f"{named} measures function" if known is None else f"{named} counts: {assessment.doubt}"
    return Unknown(Fact.ASSESSMENTS, f"check whether {why}", assessment.reference)
