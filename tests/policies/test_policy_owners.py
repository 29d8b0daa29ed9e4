"""What those who own policies are shown: groups of parameters, how sure each is, and which values decide."""

from contextlib import nullcontext
from datetime import date
from types import MappingProxyType

import pytest
from pydantic import TypeAdapter, ValidationError

from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.values import Confidence, PolicyValue, Source
from cds_service.policies.model import Match, Policy
from cds_service.policies.owners.capabilities import CAPABILITIES, capability_for
from cds_service.policies.owners.effective import as_json, effective, effective_value, remarks
from cds_service.policies.owners.matrix import coverage_matrix
from cds_service.policies.parameters import MAX_WEEKS, PARAMETERS, REASSESSMENT_INTERVAL, TEST_HOURS
from cds_service.policies.stack import PolicyStack

DAY = date(2026, 3, 16)
HANDBOOK = Source("Handbook", date(2026, 1, 2))
OHIO = Match(payer_class=PayerClass.WORKERS_COMPENSATION, jurisdiction="US-OH")


def value(
    confidence: Confidence = "verified", name: str = "reassessment.interval_days", plain: int = 7, **more
) -> PolicyValue:
    return PolicyValue(name, plain, plain, "ohio", more.pop("since", date(2020, 1, 1)), HANDBOOK, confidence, **more)


def policy(*values: PolicyValue, name: str = "ohio", match: Match = OHIO) -> Policy:
    by_name = {
        found.parameter: tuple(dated for dated in values if dated.parameter == found.parameter) for found in values
    }
    return Policy(name, name, match, "partial", MappingProxyType(by_name), f"{name}.yaml")


def ohio(*values: PolicyValue):
    return PolicyStack((policy(*values),)).select(PayerClass.WORKERS_COMPENSATION, (), "US-OH", DAY)


@pytest.mark.parametrize(
    ("parameter", "group"),
    [
        ("time.first_unit_full_minutes", "time"),
        ("program.accredited", "modifiers"),
        ("program.max_weeks", "duration"),
        ("program.approved_provider", "entry"),
        ("fce.hours", "entry"),
    ],
)
def test_the_longest_family_that_fits_tells_the_group_of_a_parameter(parameter, group):
    assert group == capability_for(parameter).id


def test_each_parameter_is_in_one_group():
    grouped = [name for capability in CAPABILITIES for name in capability.parameters]
    assert sorted(PARAMETERS) == sorted(grouped)


@pytest.mark.parametrize(
    ("values", "status", "count"),
    [
        ([value()], "verified", 1),
        ([value("unverified")], "asked", 1),
        ([value("default")], "default", 1),
        ([value("seed"), value("default", "reassessment.no_progress_count", 2)], "default", 2),
        ([value(), value("default", "reassessment.no_progress_count", 2)], "partly", 2),
        ([value(), value("unverified", "reassessment.no_progress_count", 2)], "partly", 2),
        ([value(since=date(2027, 1, 1))], "not-in-force", 0),
        ([value(until=date(2025, 1, 1))], "not-in-force", 0),
        ([value(until=DAY)], "verified", 1),
        ([value(name="program.max_weeks")], "none", 0),
    ],
)
def test_a_group_is_as_sure_as_its_values_in_force(values, status, count):
    (row,) = coverage_matrix(PolicyStack((policy(*values),)), DAY).policies
    assert (status, count) == (row.cells["reassessment"].status, row.cells["reassessment"].values)


def test_a_group_without_values_of_its_own_goes_by_the_more_general_policies():
    general = policy(value(), name="general", match=Match())
    matrix = coverage_matrix(PolicyStack((general, policy(value(name="program.max_weeks")))), DAY)
    assert ["verified", "general"] == [row.cells["reassessment"].status for row in matrix.policies]


def test_a_state_without_a_policy_was_searched_or_it_was_not():
    matrix = coverage_matrix(PolicyStack((policy(value()),)), DAY)
    searched, unsearched = (
        {place.jurisdiction for place in left} for left in (matrix.not_modelled, matrix.not_searched)
    )
    assert searched.isdisjoint(unsearched)
    assert "US-OH" not in searched | unsearched
    assert "US-AK" in unsearched
    assert all(place.why for place in matrix.not_modelled)


@pytest.mark.parametrize(
    ("values", "lacking"),
    [
        ([value()], None),
        ([value("unverified")], "no verified rule for Ohio"),
        ([value("unverified"), value("default", "reassessment.no_progress_count", 2)], None),
        ([value(until=date(2025, 1, 1))], "no policy for Ohio that was in force on Mar 16, 2026"),
        ([], "no policy for Ohio"),
    ],
)
def test_it_is_said_that_defaults_are_used_where_no_value_of_the_state_may_decide(values, lacking):
    assert lacking == ohio(*values).lacking


def test_a_payer_without_a_policy_of_its_name_goes_by_defaults():
    named = policy(value(), match=Match(payers=("Prairie Mutual",)))
    stack = PolicyStack((named, policy(value(), name="all", match=Match())))
    asked = [
        stack.select(PayerClass.COMMERCIAL, payers, None, DAY).lacking for payers in (["Prairie Mutual"], ["Fable"], [])
    ]
    assert [None, "no policy of this payer", None] == asked


def test_a_row_for_machines_leaves_out_what_is_not_known():
    stack = PolicyStack((policy(value(note="from the fee schedule")),))
    view = stack.select(PayerClass.WORKERS_COMPENSATION, (), "US-OH", DAY)
    (row,) = map(as_json, effective(stack, view))
    assert {
        "parameter": "reassessment.interval_days",
        "unit": REASSESSMENT_INTERVAL.unit,
        "value": 7,
        "layer": "ohio",
        "since": "2020-01-01",
        "confidence": "verified",
        "note": "from the fee schedule",
        "dated": True,
        "source": {"title": "Handbook", "retrieved": "2026-01-02"},
    } == row
    assert {"note": "from the fee schedule"} == remarks(value(note="from the fee schedule"))
    assert {"parameter": "program.max_weeks", "unit": MAX_WEEKS.unit} == as_json(
        effective_value(stack, view, MAX_WEEKS)
    )


@pytest.mark.parametrize(
    ("values", "program", "found"),
    [
        ([value(), value(plain=5, program=Program.HARDENING)], Program.HARDENING, 5),
        ([value(), value(plain=5, program=Program.HARDENING)], Program.CONDITIONING, 7),
        ([value(plain=5, program=Program.HARDENING)], Program.CONDITIONING, None),
        ([value(plain=5, program=Program.HARDENING)], None, 5),
        ([value(since=date(2027, 1, 1))], None, None),
        ([value(since=date(2027, 1, 1))], Program.HARDENING, None),
        ([], None, None),
    ],
)
def test_a_value_of_one_kind_of_program_goes_before_one_of_both_and_none_before_its_day(values, program, found):
    decided = policy(*values).value_on("reassessment.interval_days", DAY, program)
    assert found == (decided.value if decided is not None else None)


@pytest.mark.parametrize(("hours", "fits"), [(0, False), (0.5, True), (1, True), (24, True), (24.5, False)])
def test_hours_of_a_test_are_more_than_none_and_no_more_than_a_day(hours, fits):
    with nullcontext() if fits else pytest.raises(ValidationError):
        TypeAdapter(TEST_HOURS.kind).validate_python({"initial": hours})
