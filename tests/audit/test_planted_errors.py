"""What a look-back finds in the invented population is what was planted in it: every error, and none besides."""

from collections import Counter
from datetime import date

import pytest

from cds_service.audit.audit_terms import Terms
from cds_service.audit.bucket import audited
from cds_service.audit.population import Planted, population
from cds_service.audit.population_files import SAMPLE_FEES, patient_resources
from cds_service.audit.rows import Verdict
from cds_service.audit.shared import shared_record
from tests.audit.exports import lines_of
from tests.playing import bundled_policies

pytestmark = pytest.mark.slow
PEOPLE = population(30)
FOUND_AS = {
    Planted.UNDER_CODED: Verdict.UNDER_CODED,
    Planted.OVER_CODED: Verdict.OVER_CODED,
    Planted.MISSING_MODIFIER: Verdict.WRONG_CODING,
    Planted.NOT_BILLED: Verdict.NOT_BILLED,
    Planted.NO_MINUTES: Verdict.UNSUPPORTED,
}


@pytest.fixture(scope="module")
def patients():
    errors = PEOPLE.visit_errors
    resources = [resource for program in PEOPLE.programs for resource in patient_resources(program, errors)]
    lines, shared = lines_of(resources)
    terms = Terms(secret=b"a test", with_ids=True)
    return tuple(audited(lines, shared_record(shared), bundled_policies(), terms, SAMPLE_FEES))


def with_error(error):
    return {wrong.patient for wrong in PEOPLE.planted if wrong.error is error and wrong.date is None}


def test_every_visit_is_judged_as_it_was_planted(patients):
    planted = {key: FOUND_AS[error] for key, error in PEOPLE.visit_errors.items()}
    whole = with_error(Planted.LAPSED_APPROVAL) | with_error(Planted.OTHER_PAYER)
    found = {
        (visit.patient, date.fromisoformat(visit.date)): visit.verdict
        for patient in patients
        for visit in patient.visits
        if visit.patient not in whole and visit.verdict != Verdict.RIGHT
    }
    assert found == planted


def test_all_visits_of_the_population_are_looked_at(patients):
    held = sum(len(program.days) for program in PEOPLE.programs)
    assert sum(len(patient.visits) for patient in patients) == held


def test_approvals_lapsed_where_they_were_planted(patients):
    lapsed = {program.patient for patient in patients for program in patient.programs if program.approval_lapsed}
    assert lapsed == with_error(Planted.LAPSED_APPROVAL)
    after = Counter(
        visit.patient
        for patient in patients
        for visit in patient.visits
        if visit.patient in lapsed and visit.verdict == Verdict.UNSUPPORTED
    )
    assert set(after.values()) == {3}
    assert set(after) == lapsed


def test_reassessments_are_missed_where_they_were_planted(patients):
    missed = {program.patient for patient in patients for program in patient.programs if program.reassessments_missed}
    assert missed == with_error(Planted.NO_REASSESSMENT)


def test_the_payer_is_questioned_where_another_was_planted(patients):
    asked = {
        patient.patient
        for patient in patients
        for finding in patient.findings
        if finding.kind == "payer-coverage.work-injury"
    }
    assert asked == with_error(Planted.OTHER_PAYER)


def test_dollars_of_an_hour_are_those_of_the_fee_table(patients):
    short = [
        visit.expected_cents - visit.billed_cents
        for patient in patients
        for visit in patient.visits
        if visit.verdict == Verdict.UNDER_CODED
    ]
    assert set(short) == {6400}


def test_each_program_keeps_its_timeline(patients):
    assert all(program.timeline for patient in patients for program in patient.programs)
