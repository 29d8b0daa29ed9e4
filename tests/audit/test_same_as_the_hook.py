"""A visit looked back at has the answer that a hook call at its end would have given, on what was known by then."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from cds_service.hooks.library import evaluate
from cds_service.stories import bundled, load
from tests.audit.exports import looked_back
from tests.playing import CASES, TODAY, bundled_policies, stories_of

NO_NUMBER_OF_OURS = "An amount beyond all measure is not used up"
"""Title of a story with a number over 64 bits, which the door for programs does not take."""


def has_an_export(story):
    """Whether an export can hold what a story's request brings: nothing of another patient, no number too large."""
    owners = {
        resource[element]["reference"]
        for resource in story.resources
        for element in ("subject", "patient", "beneficiary")
        if "reference" in resource.get(element, {})
    }
    return story.title != NO_NUMBER_OF_OURS and owners <= {f"Patient/{story.patient_id}"}


def answer_of_the_hook(patient, resources, visit, by=None):
    """What the hook answers at the end of the day, to all that was on record by then and no bill of the visit.

    With another day ``by``, to all that was on record by the end of that one.
    """
    bills = {claim.reference for claim, _ in visit.case.claims_of_date}
    known = [
        resource
        for resource in resources
        if (name := f"{resource['resourceType']}/{resource.get('id')}") not in bills
        and patient.in_time.since(name) <= (by or visit.date)
    ]
    encounter = visit.encounter.rpartition("/")[2] if visit.encounter else None
    zone = patient.question(patient.in_time.by(by or visit.date), None, visit.encounter).calendar.zone
    now = datetime.combine(visit.date, time(12), tzinfo=zone)
    return comparable(evaluate("encounter-discharge", known, bundled_policies(), now=now, encounter=encounter))


def comparable(evaluation):
    """An evaluation with its questions to the payer as the values that they are about."""
    if evaluation is None:
        return None
    findings = (
        replace(finding, questions=tuple(question.of for question in finding.questions))
        for finding in evaluation.findings
    )
    return replace(evaluation, findings=tuple(findings))


def unlike_the_hook(story, *, ends=False):
    """Dates of the story's visits, or of its first and last ones, whose answer is not that of the hook."""
    patient = looked_back(story.resources, story.patient_id)
    visits = [visit for visit in patient.visits() if visit.case.visit is not None]
    return [
        f"{story.name} {visit.date}"
        for visit in (visits[:1] + visits[-1:] if ends else visits)
        if comparable(visit.consultation and visit.consultation.evaluation)
        != answer_of_the_hook(patient, story.resources, visit)
    ]


@pytest.mark.parametrize("name", bundled())
def test_each_visit_of_a_bundled_story_has_the_answer_of_its_discharge(name):
    assert unlike_the_hook(load(name, TODAY)) == []


@pytest.mark.parametrize("name", bundled())
def test_by_the_record_as_it_stands_now_the_first_visit_has_the_answer_of_a_hook_that_knows_all(name):
    story = load(name, TODAY)
    patient = looked_back(story.resources, story.patient_id)
    first = [visit for visit in patient.visits() if visit.case.visit is not None][:1]
    by_now = [comparable(patient.answer(visit.date, visit.encounter, by=date.max).evaluation) for visit in first]
    assert by_now == [answer_of_the_hook(patient, story.resources, visit, by=date.max) for visit in first]


@pytest.mark.slow
@pytest.mark.parametrize("folder", sorted(path.name for path in CASES.iterdir() if any(path.glob("*.yaml"))))
def test_the_first_and_the_last_visit_of_every_story_have_the_answer_of_their_discharge(folder):
    stories = [story for file in sorted((CASES / folder).glob("*.yaml")) for story in stories_of(file)]
    alike = filter(has_an_export, stories)
    assert [name for story in alike for name in unlike_the_hook(story, ends=True)] == []
