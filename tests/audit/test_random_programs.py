"""Whatever a program was like and whenever its record was written: each visit has the answer of its own discharge."""

import json
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings

from cds_service.audit.rows import Side, Verdict
from cds_service.domain.codes import WORK_REHAB
from tests.audit.exports import looked_back, rows_of
from tests.audit.past_discharges import answered_at_discharge, proposed_claims, reference
from tests.audit.random_programs import ODD, PATIENT, exports
from tests.audit.test_same_as_the_hook import comparable

quickly = settings(
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a program takes too long to be made smaller
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def expected_ways(rows):
    """The lines of each way to bill, by visit."""
    ways = defaultdict(lambda: defaultdict(list))
    for line in rows.lines:
        if line.side is Side.EXPECTED:
            ways[line.visit][line.way].append((line.code, line.modifiers, line.units))
    return {visit: set(map(tuple, of_visit.values())) for visit, of_visit in ways.items()}


def unordered(evaluation):
    """An evaluation whose doubts have an order of their own; else they have that in which the resources came."""
    if evaluation is None:
        return None
    compared = comparable(evaluation)
    findings = tuple(replace(found, caveats=sorted(found.caveats, key=repr)) for found in compared.findings)
    return replace(compared, findings=findings, gaps=sorted(evaluation.gaps, key=repr))


def program_lines(ways):
    return {frozenset(line for line in way if line[0] in WORK_REHAB) for way in ways} - {frozenset()}


def check_each_visit(resources, zone):
    """Hold each visit of a record against its own discharge."""
    note(json.dumps(resources))
    drafts = any(resource.get("status") == "draft" for resource in resources)
    if any(ODD in resource.values() or "occurrencePeriod" in resource for resource in resources):
        resources = sorted(resources, key=reference)  # of what is left out the first that came is named first
    rows = rows_of(resources, PATIENT)
    expected = expected_ways(rows)
    visits = list(looked_back(resources, PATIENT).visits())
    assert [visit.date.isoformat() for visit in visits] == [row.date for row in rows.visits]
    for visit, row in zip(visits, rows.visits, strict=True):
        if visit.case.visit is None or visit.encounter is None:
            event("billed only, or without an encounter")
            continue
        answer = answered_at_discharge(resources, visit, zone)
        assert unordered(visit.consultation and visit.consultation.evaluation) == unordered(answer.evaluation)
        ways, proposed = expected.get(row.visit, set()), proposed_claims(answer)
        findings = [(finding.rule, finding.kind) for finding in rows.findings if finding.visit == row.visit]
        event(row.verdict)
        if visit.answered is None:
            assert (set(), [], Verdict.NOT_JUDGED) == (ways, findings, row.verdict)
            continue
        assert sorted(findings) == sorted((found.rule, found.kind) for found in answer.evaluation.findings)
        if drafts:  # an update keeps other lines of a draft, and one that is no valid claim is not proposed
            assert program_lines(proposed) <= program_lines(ways)
        else:
            assert ways == proposed


@settings(quickly, max_examples=25)
@given(exports())
def test_a_random_program_is_answered_visit_by_visit_as_by_its_discharges(export):
    check_each_visit(*export)


@pytest.mark.slow
@settings(quickly, max_examples=250)
@given(exports())
def test_many_random_programs_are_answered_visit_by_visit_as_by_their_discharges(export):
    check_each_visit(*export)
