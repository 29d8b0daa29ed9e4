"""The picture of the program that a call was about, from what its answer was made of: nothing is evaluated again."""

from cards.timeline.program_view import ProgramView, program_view
from cds_service.consultation.timelines.program_timelines import timeline_of
from cds_service.domain.program_timeline import Timeline
from cds_service.hooks.answer import Answered


def timeline_of_answer(answered: Answered) -> Timeline | None:
    """The program in time; None for a call about something else, and where the chart holds no program."""
    consultation = answered.consultation
    return timeline_of(consultation.case, consultation.policy) if consultation is not None else None


def view_of_answer(answered: Answered) -> ProgramView | None:
    """The same as a page shows it, by the macro ``program_timeline`` of ``timeline.html``."""
    timeline = timeline_of_answer(answered)
    return program_view(timeline) if timeline is not None else None
