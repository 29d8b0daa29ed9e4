"""The draft of a request for approval: what it asks for, and when all that it rests on is on record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cds_service.domain.care import Encounter, Order, PlanOfCare, Schedule, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Fact, InPart, Place, Unknown
from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.coverage_and_claims import ClaimNumber, Coverage, InjuryDate, InjuryEvidence
from cds_service.domain.findings import AmountAsked, Severity
from cds_service.domain.intervals import Interval
from cds_service.policies.time_rule import time_thresholds
from cds_service.rules.request_drafts import (
    amount_asked,
    conditions_asked,
    head_asked,
    orders_asked,
    services_asked,
    with_draft,
)
from cds_service.rules.rule import Answer, NotApplicable
from tests.billing.bill_stories import DAY, policy_of

WEEK = timedelta(days=7)
BACK = ("Condition/back",)
SCHEDULE = Schedule(sessions=10, session_minutes=240, days_per_week=5, start=DAY, end=DAY + WEEK)
DRAFT = Order(
    "ServiceRequest/draft",
    work_rehab=True,
    program=Program.CONDITIONING,
    codes=("97545",),
    quantity=10,
    schedule=SCHEDULE,
    conditions=BACK,
)
COMPENSATION = Coverage("Coverage/c", PayerClass.WORKERS_COMPENSATION)
WHOLE = Chart(
    "Patient/p",
    coverages=(COMPENSATION,),
    injury=(InjuryEvidence("accident", "Claim/a", "work"),),
    injury_dates=(InjuryDate("Claim/a", DAY - WEEK),),
    claim_numbers=(ClaimNumber("Coverage/c", "W-1"),),
    diagnosis_codes={"Condition/back": "S39.012D"},
    place=Place("US-TX", "the patient's address"),
)
CUT = InPart((Unknown(Fact.ORDERS, "only the newest orders were sent"),), cut=True)
TIME_RULE = time_thresholds(policy_of({}))
MISSING = Answer("missing", Severity.WARNING, "subject")


def case(chart=WHOLE, orders=(DRAFT,), moment=Moment.ORDER):
    return Case(moment, DAY, DAY, chart, orders=orders)


def session(day, hours, conditions=()):
    start = datetime(2026, 3, 16, 8, tzinfo=UTC) + timedelta(days=day)
    period = Interval(start, start + timedelta(hours=hours))
    return Session(
        f"Procedure/{day}", DAY + timedelta(days=day), Program.CONDITIONING, period=period, conditions=conditions
    )


def recommended(asked):
    (answer,) = with_draft(asked, [MISSING], frozenset({"missing"}))
    assert isinstance(answer, Answer)
    return [proposal.recommended for proposal in answer.proposals]


def ordered(**changes):
    return case(orders=(replace(DRAFT, **changes),))


def charted(**changes):
    return case(replace(WHOLE, **changes))


def test_a_draft_is_recommended_where_all_that_it_rests_on_is_on_record():
    assert [True] == recommended(case())


@pytest.mark.parametrize(
    "asked",
    [
        ordered(editable=False),
        ordered(schedule=replace(SCHEDULE, sessions=None)),
        ordered(schedule=replace(SCHEDULE, start=None)),
        ordered(schedule=replace(SCHEDULE, end=None, days_per_week=None)),
        ordered(doubts=("its words say hardening",)),
        charted(diagnosis_codes={}),
        charted(claim_numbers=()),
        charted(injury_dates=()),
        charted(coverages=(COMPENSATION, replace(COMPENSATION, reference="Coverage/d"))),
        charted(coverages=()),
        charted(place=None),
        charted(unavailable={Fact.AUTHORIZATIONS: "not sent"}),
        charted(unavailable={Fact.COVERAGE: "not sent"}),
        charted(in_part={Fact.ORDERS: CUT}),
        case(replace(WHOLE, sessions=(session(-1, 4, BACK),)), orders=(), moment=Moment.VISIT_START),
    ],
)
def test_a_draft_that_lacks_one_of_them_is_offered_and_not_recommended(asked):
    assert [False] == recommended(asked)


def test_a_payer_other_than_workers_compensation_has_no_number_and_day_of_an_injury():
    commercial = Coverage("Coverage/c", PayerClass.COMMERCIAL)
    assert [True] == recommended(charted(coverages=(commercial,), injury=(), injury_dates=(), claim_numbers=()))


def test_only_the_first_finding_that_calls_for_a_request_has_its_draft():
    denied, not_applicable = Answer("denied", Severity.WARNING, "subject"), NotApplicable("no question")
    results = list(with_draft(case(), [denied, not_applicable, MISSING, MISSING], frozenset({"missing"})))
    assert [0, 0, 1, 0] == [len(getattr(result, "proposals", ())) for result in results]
    assert results[1] is not_applicable


def test_the_conditions_are_of_the_drafts_else_of_the_program_else_of_the_plan_of_care():
    plan = PlanOfCare(
        "CarePlan/p", "active", DAY, None, work_rehab=True, program=Program.CONDITIONING, conditions=("Condition/plan",)
    )
    planned = replace(WHOLE, plans=(plan,))
    in_program = replace(planned, sessions=(session(-7, 2, ("Condition/program",)),))
    assert BACK == conditions_asked(case(in_program))
    assert ("Condition/program",) == conditions_asked(case(in_program, orders=(), moment=Moment.OVERVIEW))
    assert ("Condition/plan",) == conditions_asked(case(planned, orders=(), moment=Moment.OVERVIEW))


@pytest.mark.parametrize(
    ("changes", "asked_for"),
    [
        ({}, True),
        ({"work_rehab": False}, False),
        ({"conditions": ()}, True),
        ({"conditions": ("Condition/wrist",)}, False),
        ({"schedule": replace(SCHEDULE, end=DAY)}, True),
        ({"schedule": replace(SCHEDULE, end=DAY - timedelta(days=1))}, False),
        ({"schedule": Schedule()}, True),
    ],
)
def test_without_drafts_an_order_on_record_asks_where_it_goes_on_for_the_same_injury(changes, asked_for):
    treated = (session(-1, 2, BACK),)
    on_record = replace(WHOLE, sessions=treated, orders=(replace(DRAFT, **changes),))
    assert asked_for == bool(orders_asked(case(on_record, orders=(), moment=Moment.OVERVIEW)))
    assert (DRAFT,) == orders_asked(case(on_record))


@pytest.mark.parametrize(
    ("hours", "codes"), [((), []), ((2,), ["97545"]), ((2, 3), ["97545", "97546"]), ((3, 2), ["97545", "97546"])]
)
def test_without_orders_the_longest_visit_tells_the_codes(hours, codes):
    treated = tuple(session(-day - 1, length) for day, length in enumerate(hours))
    asked = case(replace(WHOLE, sessions=treated), orders=(), moment=Moment.OVERVIEW)
    assert codes == [service.code for service in services_asked(asked)]


def test_orders_tell_the_codes_of_work_rehabilitation_alone_in_their_order():
    further = replace(DRAFT, reference="ServiceRequest/more", codes=("97546", "97110"), quantity=20, modifiers=("GP",))
    found = [
        (service.code, service.modifiers, service.units, service.order)
        for service in services_asked(case(orders=(further, DRAFT)))
    ]
    assert [("97545", (), 10, DRAFT.reference), ("97546", ("GP",), 20, further.reference)] == found


def test_the_amount_is_that_of_the_first_order_that_tells_one():
    silent = replace(DRAFT, reference="ServiceRequest/silent", schedule=Schedule())
    assert AmountAsked(10, 240, 5, DAY, DAY + WEEK) == amount_asked(case(orders=(silent, DRAFT)))
    assert AmountAsked() == amount_asked(case(orders=(silent,)))


@pytest.mark.parametrize(
    ("providers", "provider"),
    [
        (("Organization/a",), "Organization/a"),
        (("Organization/a", None), "Organization/a"),
        (("Organization/a", "Organization/b"), None),
        ((), None),
    ],
)
def test_the_provider_is_named_where_all_visits_have_the_same(providers, provider):
    visits = tuple(Encounter(f"Encounter/{place}", DAY, provider=named) for place, named in enumerate(providers))
    assert provider == head_asked(charted(encounters=visits)).provider


@pytest.mark.parametrize(
    ("schedule", "further"),
    [
        (SCHEDULE, ("97546", 20, DRAFT.reference, 240)),
        (replace(SCHEDULE, session_minutes=120), None),
        (replace(SCHEDULE, session_minutes=150), None),
        (replace(SCHEDULE, session_minutes=170), ("97546", None, DRAFT.reference, 170)),
        (replace(SCHEDULE, sessions=None), ("97546", None, DRAFT.reference, 240)),
        (replace(SCHEDULE, session_minutes=None), None),
    ],
)
def test_an_order_of_the_first_block_whose_sessions_earn_further_hours_asks_for_both(schedule, further):
    first, *more = services_asked(case(orders=(replace(DRAFT, schedule=schedule),)), TIME_RULE)
    assert "97545" == first.code
    found = [(service.code, service.units, service.order, service.session_minutes) for service in more]
    assert [further] * (further is not None) == found


def test_an_order_that_tells_no_length_asks_for_what_the_visits_so_far_earn():
    silent = replace(DRAFT, schedule=replace(SCHEDULE, session_minutes=None))
    treated = replace(WHOLE, sessions=(session(-1, 4, BACK),), orders=(silent,))
    first, further = services_asked(case(treated, orders=(), moment=Moment.OVERVIEW), TIME_RULE)
    assert (DRAFT.reference, None, None, 240) == (first.order, further.order, further.units, further.session_minutes)


def test_further_hours_that_another_order_has_are_asked_for_once_as_ordered():
    further = replace(DRAFT, reference="ServiceRequest/more", codes=("97546",), quantity=18)
    assert [10, 18] == [service.units for service in services_asked(case(orders=(DRAFT, further)), TIME_RULE)]
