"""Claims and doubts that bills in a few lines cannot tell: many people, many drafts, gaps of a chart, injuries."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice

import pytest

from cds_service.billing.bills import bill_of
from cds_service.billing.claim_change import MOST_CLAIMS_CHANGED
from cds_service.billing.claim_head import MOST_ON_TEAM, not_on_head, to_add
from cds_service.domain.care import Performer, Service, Session
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.coverage_and_claims import ClaimNumber, InjuryDate
from cds_service.domain.findings import ClaimHead, Diagnosis
from cds_service.domain.visit import Visit
from tests.billing.bill_stories import DAY, all_doubts, case_of, policy_of

POLICY = policy_of({})
TREATED = {"treated": ["08:00-10:00 PT"]}
WHOLE = ClaimHead(
    claim_number=ClaimNumber("Coverage/0", "W-1"),
    accident=InjuryDate("Claim/a", DAY),
    diagnoses=(Diagnosis("Condition/back", "S39.012D"),),
)


def visit_of(sessions, services):
    """A visit with so many people in each session and in each service."""
    people = iter(Performer(f"Practitioner/{number}", None) for number in range(999))
    groups = [tuple(islice(people, count)) for count in (*sessions, *services)]
    treated = [Session("Procedure/p", DAY, Program.CONDITIONING, performers=group) for group in groups[: len(sessions)]]
    beside = [Service("Procedure/s", DAY, "97110", performers=group) for group in groups[len(sessions) :]]
    return Visit(DAY, tuple(treated), tuple(beside))


@pytest.mark.parametrize(
    ("sessions", "services", "doubts"),
    [
        ([MOST_ON_TEAM], [], []),
        ([MOST_ON_TEAM - 1], [1], []),
        ([MOST_ON_TEAM], [1], [f"who treated: the claim names {MOST_ON_TEAM} of {MOST_ON_TEAM + 1} people"]),
        ([MOST_ON_TEAM + 1], [], [f"who treated: the claim names {MOST_ON_TEAM} of {MOST_ON_TEAM + 1} people"]),
    ],
)
def test_more_people_than_a_claim_can_name_are_a_doubt(sessions, services, doubts):
    assert doubts == [doubt.why for doubt in not_on_head(visit_of(sessions, services))]


def test_one_person_of_many_treatments_is_one_person():
    visit = visit_of([1], [])
    assert [] == list(not_on_head(replace(visit, sessions=visit.sessions * (MOST_ON_TEAM + 1))))


@pytest.mark.parametrize(
    ("payer", "injury", "head", "missing"),
    [
        ("workers-compensation", "work", WHOLE, ()),
        ("workers-compensation", "work", ClaimHead(), ("date of injury", "claim number", "diagnosis code")),
        ("workers-compensation", "none", ClaimHead(), ("date of injury", "claim number", "diagnosis code")),
        ("commercial", "work", ClaimHead(), ("date of injury", "diagnosis code")),
        ("commercial", "none", ClaimHead(), ("diagnosis code",)),
        ("commercial", "none", replace(ClaimHead(), diagnoses=(Diagnosis("Condition/a"),)), ("diagnosis code",)),
        ("commercial", "none", replace(ClaimHead(), diagnoses=(Diagnosis("Condition/a"), *WHOLE.diagnoses)), ()),
    ],
)
def test_what_a_biller_has_to_add_is_what_the_chart_does_not_tell(payer, injury, head, missing):
    assert missing == to_add(case_of({**TREATED, "payers": [payer], "injury": injury}), head)


@pytest.mark.parametrize(("drafts", "doubtful"), [(MOST_CLAIMS_CHANGED + 1, False), (MOST_CLAIMS_CHANGED + 2, True)])
def test_more_drafts_than_are_changed_at_once_are_a_doubt(drafts, doubtful):
    case = case_of({**TREATED, "claims": ["draft 97545-GP x1"] * drafts})
    bill = bill_of(case, POLICY)
    assert bill.visit is not None
    assert MOST_CLAIMS_CHANGED + 1 == len(bill.visit.versions[0].change.changes)
    assert doubtful == any(str(drafts - 1) in doubt for doubt in all_doubts(bill))


@pytest.mark.parametrize(
    ("fact", "plans", "doubtful"),
    [
        (Fact.CHARGES, ["PT"], True),
        (Fact.PLAN_OF_CARE, ["PT"], False),
        (Fact.PLAN_OF_CARE, [], True),
        (Fact.GOALS, [], False),
    ],
)
def test_a_record_left_out_is_a_doubt_of_the_bill_where_the_bill_rests_on_it(fact, plans, doubtful):
    case = case_of({**TREATED, "plans": plans})
    left_out = replace(case.chart, gaps=(Unknown(fact, "a record was left out"),))
    assert doubtful == ("a record was left out" in all_doubts(bill_of(replace(case, chart=left_out), POLICY)))


@pytest.mark.parametrize(
    ("treated", "doubtful"),
    [
        (["08:00-10:00 PT for back", "10:00-12:00 PT for back"], False),
        (["08:00-10:00 PT for back", "10:00-12:00 PT for wrist"], True),
        (["08:00-10:00 PT", "10:00-12:00 PT for wrist"], False),
    ],
)
def test_two_injuries_of_one_date_are_two_claims(treated, doubtful):
    doubts = all_doubts(bill_of(case_of({"treated": treated}), POLICY))
    assert doubtful == any(doubt.endswith("each needs a claim of its own") for doubt in doubts)


def test_charges_of_a_date_with_two_injuries_are_for_the_one_of_the_encounter():
    case = case_of({"treated": ["08:00-10:00 PT for back", "10:00-12:00 PT for wrist"]})
    back, wrist = case.chart.sessions
    apart = replace(case.chart, sessions=(back, wrist._replace(encounter="Encounter/other")))
    (doubt,) = (doubt for doubt in all_doubts(bill_of(replace(case, chart=apart), POLICY)) if "two injuries" in doubt)
    assert doubt.endswith("these charges are for Condition/back")


@pytest.mark.parametrize(
    ("first", "last", "doubtful"), [(-1, 1, True), (0, 1, True), (-1, 0, True), (-2, -1, False), (1, 2, False)]
)
def test_a_line_over_several_days_may_include_the_visit(first, last, doubtful):
    case = case_of({**TREATED, "claims": ["active 97545-GP x1 over days"]})
    (claim,) = case.chart.claims
    (line,) = claim.lines
    over = replace(line, date=DAY + timedelta(days=first), last=DAY + timedelta(days=last))
    chart = replace(case.chart, claims=(replace(claim, lines=(over,)),))
    doubts = all_doubts(bill_of(replace(case, chart=chart), POLICY))
    assert doubtful == ("a claim line over several days may include this visit" in doubts)
