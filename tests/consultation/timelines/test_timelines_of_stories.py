"""The picture of a program tells what the rules tell: same weeks, visits, units, amounts and days, in every story."""

import itertools
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from cards.timeline.picture import svg
from cards.timeline.program_view import program_view
from cds_service.domain.case import Moment
from cds_service.domain.program_timeline import Until
from cds_service.domain.units import units
from cds_service.hooks.program_picture import timeline_of_answer, view_of_answer
from cds_service.policies.time_rule import time_thresholds
from cds_service.stories import bundled, load
from tests.playing import CASES, TODAY, play, stories_of

BUNDLED = [(load(name, TODAY), hook) for name in bundled() for hook in load(name, TODAY).hooks]
FILES = sorted(file for folder in ("authorization", "reassessment") for file in (CASES / folder).glob("*.yaml"))


def found_by(consultation, rule, kind):
    return [found for found in consultation.evaluation.findings if (found.rule, found.kind) == (rule, kind)]


def differences(answered):  # noqa: C901, PLR0912 - one list of what has to agree
    """What the picture of an answer says otherwise than the rules, in words."""
    timeline = timeline_of_answer(answered)
    if timeline is None:
        return
    consultation = answered.consultation
    case, policy = consultation.case, consultation.policy
    thresholds = time_thresholds(policy)
    held = [visit.date for week in timeline.weeks for visit in week.visits]
    if sorted(held) != held or len({visit.date for visit in timeline.treated}) != len(timeline.treated):
        yield "visits are out of order or twice"
    for week, after in itertools.pairwise(timeline.weeks):
        if after.first - week.first != timedelta(days=7):
            yield f"a gap after {week.first}"
    for visit in timeline.treated:
        whole = case.visits[visit.date]
        if (visit.minutes or 0) != whole.minutes:
            yield f"{visit.date}: {visit.minutes} min, {whole.minutes} on record"
        if visit.units is not None and visit.units != units(whole.minutes, thresholds.rule):
            yield f"{visit.date}: other units"
        if visit.minutes and not 0 <= visit.minutes - sum(time.minutes for time in visit.times) <= len(visit.times):
            yield f"{visit.date}: who treated does not add up"
    for state in found_by(consultation, "program-state", "state"):
        facts = state.facts
        if facts["week"] and (timeline.week.number, len(timeline.treated)) != (facts["week"], facts["visits"]):
            yield "another week or another number of visits"
        if facts.get("reassess_by") != timeline.measure_by:
            yield "another day of the next measurement"
        if (facts.get("approved_to") or None) != timeline.approved_to:
            yield "another end of the approval"
        used = [(amount.used, amount.approved, amount.unit, amount.code) for amount in timeline.amounts]
        if used != [tuple(amount) for amount in facts.get("used", ())]:
            yield "other amounts used"
    days_out = {amount.runs_out for amount in timeline.amounts}
    for ending in found_by(consultation, "authorization", "runs-out"):
        if case.moment in {Moment.OVERVIEW, Moment.VISIT_CLOSE} and ending.facts["date"] not in days_out:
            yield "another day on which the approval runs out"
    for ending in found_by(consultation, "authorization", "expires"):
        if ending.facts["day"] == timeline.day and ending.facts["end"] != timeline.approved_to:
            yield "another end than the warning says"
    for lacking in found_by(consultation, "authorization", "missing"):
        if lacking.facts["day"] == timeline.day and timeline.ask_by.why is not Until.MISSING:
            yield "approval is missing, and there is time to ask"
    for late in found_by(consultation, "program-duration", "over"):
        if timeline.limit is not None and late.facts["last_day"] != timeline.limit.last_day:
            yield "another last day of the weeks"
    for due in found_by(consultation, "reassessment", "overdue"):
        if timeline.measure_by is not None and not timeline.measure_by < case.date_of_service:
            yield f"{due.key} and nothing is due"


@pytest.mark.parametrize(("story", "hook"), BUNDLED, ids=lambda part: getattr(part, "name", part))
def test_the_picture_of_a_bundled_story_tells_what_the_rules_tell(story, hook):
    answered = play(story, hook).answered
    assert [] == list(differences(answered))
    timeline = timeline_of_answer(answered)
    if timeline is not None:
        for standalone in (True, False):
            ET.fromstring(svg(timeline, standalone=standalone))  # noqa: S314 - our own picture
        assert len(program_view(timeline).rows) == len(timeline.weeks)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_pictures_of_all_stories_tell_what_the_rules_tell(file):
    for story in stories_of(file):
        answered = play(story, story.hook).answered
        if answered is not None:
            assert [] == list(differences(answered)), story.name
            view = view_of_answer(answered)
            if view is not None:
                ET.fromstring(view.picture)  # noqa: S314 - our own picture


def test_most_bundled_stories_have_a_picture():
    pictured = {story.name for story, hook in BUNDLED if timeline_of_answer(play(story, hook).answered) is not None}
    assert set(bundled()) - pictured == {"order-without-code"}
