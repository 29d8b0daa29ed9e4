"""Values for conditioning or hardening alone: they hold for that kind, and are asked where it is not known."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.codes import PayerClass, Program
from cds_service.policies.files.document import PolicyError
from cds_service.policies.files.loader import load_file
from cds_service.policies.owners.effective import effective
from cds_service.policies.owners.review import doubts
from cds_service.policies.parameters import (
    AUTHORIZATION_REQUIRED,
    BASELINE_WITHIN_DAYS,
    DOCUMENTATION_ALSO_REQUIRED,
    FIRST_UNIT_FULL,
    LENGTH_WEEKS,
    MAX_WEEKS,
    PARAMETERS,
    REASSESSMENT_INTERVAL,
)
from cds_service.policies.stack import PolicyStack
from tests.playing import bundled_policies

VISIT = date(2026, 3, 2)
BUNDLED = bundled_policies()
VALUE = """\
    - from: {since}
      value: {value}
      {program}source: {{title: Handbook of the Invented Payer, retrieved: 2026-01-02}}
      confidence: {confidence}
"""


@pytest.fixture(scope="module")
def stack() -> PolicyStack:
    return PolicyStack.load()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(*rows: tuple[str, int, str | None], confidence: str = "verified") -> Path:
        values = "".join(
            VALUE.format(
                since=since,
                value=value,
                program=f"program: {program}\n      " if program else "",
                confidence=confidence,
            )
            for since, value, program in rows
        )
        path = tmp_path / "site-fable.yaml"
        path.write_text(
            "policy: site-fable\ntitle: Invented\nmatch: {payer: Fable}\nstatus: partial\n"
            f"values:\n  reassessment.interval_days:\n{values}"
        )
        return path

    return written


def view(stack: PolicyStack, state: str | None, program: Program):
    return stack.select(PayerClass.WORKERS_COMPENSATION, [], state, VISIT, program)


def test_a_value_for_hardening_decides_for_hardening_alone(stack: PolicyStack):
    of_hardening = view(stack, "US-MS", Program.HARDENING).get(BASELINE_WITHIN_DAYS)
    assert of_hardening is not None
    assert (2, "verified") == (of_hardening.value, of_hardening.confidence)
    conditioning = view(stack, "US-MS", Program.CONDITIONING)
    assert conditioning.get(BASELINE_WITHIN_DAYS) is None
    assert () == conditioning.of_one_program(BASELINE_WITHIN_DAYS)


def test_where_the_kind_is_not_known_it_does_not_decide_and_can_be_asked(stack: PolicyStack):
    unknown = view(stack, "US-MS", Program.UNKNOWN)
    assert unknown.get(BASELINE_WITHIN_DAYS) is None
    assert [2] == [value.value for value in unknown.of_one_program(BASELINE_WITHIN_DAYS)]


@pytest.mark.parametrize(
    ("program", "policy", "confidence"),
    [
        (Program.CONDITIONING, "us-tx-dwc", "verified"),
        (Program.HARDENING, "generic", "seed"),
        (Program.UNKNOWN, "generic", "seed"),
    ],
)
def test_the_two_hours_of_texas_are_verified_for_conditioning_only(
    stack: PolicyStack, program: Program, policy: str, confidence: str
):
    full = view(stack, "US-TX", program).get(FIRST_UNIT_FULL)
    assert full is not None
    assert (120, policy, confidence) == (full.value, full.policy, full.confidence)


def test_eight_weeks_of_hardening_in_louisiana_are_a_length_and_no_approval(stack: PolicyStack):
    hardening = view(stack, "US-LA", Program.HARDENING)
    weeks, longest, required = (
        hardening.get(parameter) for parameter in (MAX_WEEKS, LENGTH_WEEKS, AUTHORIZATION_REQUIRED)
    )
    assert weeks is not None
    assert Program.HARDENING not in weeks.value
    assert longest is not None
    assert {Program.HARDENING: 8} == dict(longest.value)
    assert required is not None
    assert "generic" == required.policy


def test_no_payer_claims_the_elements_of_the_coding_guide_as_its_own(stack: PolicyStack):
    guide = {f"D-{number}" for number in range(1, 9)}
    claimed = {
        policy.id: guide & set(value.value)
        for policy in stack.policies
        for value in policy.values.get(DOCUMENTATION_ALSO_REQUIRED.name, ())
    }
    assert {policy: set() for policy in claimed} == claimed
    assert ["generic"] == [policy.id for policy in stack.policies if "documentation.required" in policy.values]


def test_a_value_for_one_kind_goes_before_that_for_both(write: Callable[..., Path]):
    own = PolicyStack.load([write(("2020-01-01", 14, None), ("2020-01-01", 5, "hardening")).parent])
    found = {
        program: value.value
        for program in Program
        if (value := own.select(None, ["Fable"], None, VISIT, program).get(REASSESSMENT_INTERVAL)) is not None
    }
    assert {Program.CONDITIONING: 14, Program.HARDENING: 5, Program.UNKNOWN: 14} == found


def test_a_value_ends_where_the_next_one_of_its_kind_begins(write: Callable[..., Path]):
    path = write(("2020-01-01", 14, None), ("2020-01-01", 5, "hardening"), ("2026-01-01", 6, "hardening"))
    values = load_file(path).values["reassessment.interval_days"]
    assert [(14, None), (5, date(2025, 12, 31)), (6, None)] == [(value.value, value.until) for value in values]


def test_two_values_for_one_kind_and_one_date_are_refused(write: Callable[..., Path]):
    with pytest.raises(PolicyError, match="overlapping dates"):
        load_file(write(("2020-01-01", 5, "hardening"), ("2020-01-01", 6, "hardening")))


def test_a_kind_that_is_none_is_refused(write: Callable[..., Path]):
    with pytest.raises(PolicyError, match="conditioning"):
        load_file(write(("2020-01-01", 5, "unknown")))


def test_a_value_of_a_site_for_one_kind_is_not_called_idle(write: Callable[..., Path]):
    own = PolicyStack.load([write(("2020-01-01", 5, "hardening")).parent])
    policy = own.policy("site-fable")
    assert policy is not None
    assert [] == list(doubts(own, policy))


def test_what_holds_on_a_date_names_the_values_of_one_kind(stack: PolicyStack):
    rows = {row.parameter: row for row in effective(stack, view(stack, "US-MS", Program.UNKNOWN))}
    baseline = rows[BASELINE_WITHIN_DAYS]
    assert baseline.value is None
    assert [Program.HARDENING] == [value.program for value in baseline.of_one_program]


@given(
    state=st.sampled_from(["US-MS", "US-LA", "US-TX", "US-WA", "US-AL", "US-IA", None]),
    program=st.sampled_from([Program.CONDITIONING, Program.HARDENING]),
)
def test_knowing_the_kind_changes_nothing_but_the_values_of_one_kind(state: str | None, program: Program):
    known, unknown = (view(BUNDLED, state, kind) for kind in (program, Program.UNKNOWN))
    for parameter in PARAMETERS.values():
        assert () == known.of_one_program(parameter)
        if not unknown.of_one_program(parameter):
            values = [seen.get(parameter) for seen in (known, unknown)]
            assert 1 == len({(value.policy, value.since) if value is not None else None for value in values})
