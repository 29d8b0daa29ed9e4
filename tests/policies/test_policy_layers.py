"""Which layers apply, and which of them decides on a date of service."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.values import BASE, Confidence, PolicyValue, Source
from cds_service.policies.files.loader import load_file
from cds_service.policies.model import Match, Policy, spelling_of
from cds_service.policies.parameters import (
    AUTHORIZATION_REQUIRED,
    COVERAGE_POSITION,
    EDITS_APPLY,
    FIRST_UNIT_FULL,
    FIRST_UNIT_MINIMUM,
    MAX_WEEKS,
    PROGRAM_ACCREDITED,
    PROGRAM_MODIFIERS,
    REASSESSMENT_INTERVAL,
)
from cds_service.policies.stack import PolicyStack

VISIT = date(2026, 3, 2)
HANDBOOK = Source("Handbook of the Invented Payer", date(2026, 1, 2))
ENTRY = """\
policy: {id}
title: Policy of an invented payer
match: {match}
status: partial
values:
  reassessment.interval_days:
{entries}"""
DATED = """\
    - from: {since}
      {until}value: {value}
      source: {{title: Handbook of the Invented Payer, retrieved: 2026-01-02}}
      confidence: verified
"""


@pytest.fixture(scope="module")
def stack() -> PolicyStack:
    return PolicyStack.load()


def policy(
    name: str, days: int, match: Match | None = None, confidence: Confidence = "verified", *, folder: int = 0
) -> Policy:
    value = PolicyValue(REASSESSMENT_INTERVAL.name, days, days, name, date(2020, 1, 1), HANDBOOK, confidence)
    values = MappingProxyType({value.parameter: (value,)})
    return Policy(name, name, match or Match(), "partial", values, f"{name}.yaml", folder=folder)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(name: str, *entries: tuple[str, str | None, int], match: str = "{}") -> Path:
        rows = "".join(DATED.format(since=s, until=f"until: {u}\n      " if u else "", value=v) for s, u, v in entries)
        path = tmp_path / f"{name}.yaml"
        path.write_text(ENTRY.format(id=name, match=match, entries=rows))
        return path

    return written


def test_a_stack_that_is_never_exchanged_is_the_one_in_use(stack: PolicyStack):
    assert (stack, False) == (stack.current, stack.outdated)


def test_layers_stand_from_least_to_most_specific(stack: PolicyStack):
    view = stack.select(PayerClass.WORKERS_COMPENSATION, ["Invented Mutual"], "US-TX", VISIT)
    assert ("generic", "us-ncci", "us-workers-compensation", "us-tx-dwc") == view.layers


def test_a_policy_with_two_keys_needs_both(stack: PolicyStack):
    commercial_in_texas = stack.select(PayerClass.COMMERCIAL, [], "US-TX", VISIT)
    compensation_elsewhere = stack.select(PayerClass.WORKERS_COMPENSATION, [], "US-LA", VISIT)
    assert "us-tx-dwc" not in (*commercial_in_texas.layers, *compensation_elsewhere.layers)


def test_nothing_known_of_the_payer_leaves_the_general_layers(stack: PolicyStack):
    assert ("generic", "us-ncci") == stack.select(None, [], None, VISIT).layers


def test_each_step_of_specificity_decides_over_the_one_before():
    layers = [
        policy(BASE, 1),
        policy("national", 2),
        policy("class", 3, Match(payer_class=PayerClass.COMMERCIAL)),
        policy("state", 4, Match(jurisdiction="US-TX")),
        policy("payer", 5, Match(("Invented Mutual",))),
        policy("payer-in-class", 6, Match(("Invented Mutual",), PayerClass.COMMERCIAL)),
        policy("own", 7, folder=1),
        policy("own-payer", 8, Match(("Invented Mutual",)), folder=1),
        policy("another-folder", 9, folder=2),
    ]
    for count in range(1, len(layers) + 1):
        view = PolicyStack(reversed(layers[:count])).select(PayerClass.COMMERCIAL, ["Invented Mutual"], "US-TX", VISIT)
        decided = view.get(REASSESSMENT_INTERVAL)
        assert tuple(layer.id for layer in layers[:count]) == view.layers
        assert decided is not None
        assert (count, layers[count - 1].id) == (decided.value, decided.policy)


def test_a_lower_layer_answers_what_the_higher_one_does_not_say(stack: PolicyStack):
    view = stack.select(PayerClass.WORKERS_COMPENSATION, [], "US-TX", VISIT)
    deciding = {
        parameter.name: value.policy
        for parameter in (COVERAGE_POSITION, PROGRAM_MODIFIERS, MAX_WEEKS)
        if (value := view.get(parameter))
    }
    assert {
        "coverage.position": "us-workers-compensation",
        "modifiers.program": "us-tx-dwc",
        "program.max_weeks": "generic",
    } == deciding


def test_a_layer_decides_only_from_its_first_day(stack: PolicyStack):
    before = stack.select(PayerClass.WORKERS_COMPENSATION, [], "US-TX", date(2016, 8, 31))
    first = stack.select(PayerClass.WORKERS_COMPENSATION, [], "US-TX", date(2016, 9, 1))
    answers = [view.get(AUTHORIZATION_REQUIRED) for view in (before, first)]
    assert ["after-max-weeks", "always"] == [answer.value for answer in answers if answer]


def test_texas_names_the_program_by_modifier(stack: PolicyStack):
    value = stack.select(PayerClass.WORKERS_COMPENSATION, [], "US-TX", VISIT).get(PROGRAM_MODIFIERS)
    assert value is not None
    assert {Program.CONDITIONING: "WC", Program.HARDENING: "WH"} == value.value


def test_medicare_enforces_the_national_edits_and_others_are_warned(stack: PolicyStack):
    classes = (PayerClass.MEDICARE, PayerClass.WORKERS_COMPENSATION, None)
    answers = [stack.select(kind, [], None, VISIT).get(EDITS_APPLY) for kind in classes]
    assert ["enforce", "warn", "warn"] == [answer.value for answer in answers if answer]


def test_a_site_file_without_match_decides_for_everyone(write: Callable[..., Path]):
    folder = write("site-north", ("2026-01-01", None, 14)).parent
    value = PolicyStack.load([folder]).select(PayerClass.MEDICARE, [], None, VISIT).get(REASSESSMENT_INTERVAL)
    assert value is not None
    assert (14, "site-north") == (value.value, value.policy)


def test_only_the_site_says_whether_its_program_is_accredited(stack: PolicyStack):
    assert stack.select(PayerClass.WORKERS_COMPENSATION, [], "US-TX", VISIT).get(PROGRAM_ACCREDITED) is None


def test_an_unverified_value_never_decides_and_travels_as_a_question(stack: PolicyStack):
    value = stack.select(PayerClass.COMMERCIAL, ["Cigna"], None, VISIT).get(COVERAGE_POSITION)
    assert value is not None
    assert ("unknown", "generic") == (value.value, value.policy)
    assert [("excluded", "cigna")] == [(unverified.value, unverified.of.policy) for unverified in value.unverified]


def test_a_value_that_is_only_unverified_is_a_question_and_no_answer():
    view = PolicyStack([policy("hearsay", 14, confidence="unverified")]).select(None, [], None, VISIT)
    assert view.get(REASSESSMENT_INTERVAL) is None
    assert [14] == [question.value for question in view.questions(REASSESSMENT_INTERVAL)]


def test_an_unverified_value_below_the_deciding_layer_is_not_asked():
    layers = [policy(BASE, 14, confidence="unverified"), policy("own", 7, folder=1)]
    view = PolicyStack(layers).select(None, [], None, VISIT)
    value = view.get(REASSESSMENT_INTERVAL)
    assert value is not None
    assert () == value.unverified == view.questions(REASSESSMENT_INTERVAL)


def test_a_hearsay_two_hour_minimum_does_not_move_the_general_one(stack: PolicyStack):
    view = stack.select(PayerClass.WORKERS_COMPENSATION, [], None, VISIT)
    minimum = view.get(FIRST_UNIT_MINIMUM)
    assert minimum is not None
    assert (91, [120]) == (minimum.value, [question.value for question in view.questions(FIRST_UNIT_MINIMUM)])


@pytest.mark.parametrize(
    ("payor", "same"),
    [
        ("Aetna", True),
        ("AETNA Better Plan (invented)", True),
        ("Plan of aetna, invented", True),
        ("Aetnaville Mutual (invented)", False),
        ("Organization/aetna-2", False),
        ("urn:oid:aetna", False),
        ("", False),
    ],
)
def test_a_payer_name_matches_as_whole_words_in_any_case(payor: str, *, same: bool):
    assert same is Match(("Aetna",)).applies(None, [payor], None)


@pytest.mark.parametrize(
    ("payor", "same"),
    [("INV-0042", True), ("inv-0042", False), ("Plan INV-0042", False), ("INV-00421", False)],
)
def test_a_payer_identifier_matches_exactly(payor: str, *, same: bool):
    assert same is Match(("INV-0042",)).applies(None, [payor], None)


def test_a_reference_matches_exactly():
    match = Match(("Organization/payer-a", "Invented Mutual"))
    answers = [match.applies(None, [payor], None) for payor in ("Organization/payer-a", "Organization/payer-ab")]
    assert [True, False] == answers


def test_a_name_with_several_words_needs_them_side_by_side():
    match = Match(("Blue Cross and Blue Shield of Illinois",))
    assert match.applies(None, ["BLUE CROSS AND BLUE SHIELD OF ILLINOIS - PPO"], None)
    assert not match.applies(None, ["Illinois Shield of Blue and Cross Blue (invented)"], None)


def test_one_of_several_payer_texts_is_enough(stack: PolicyStack):
    view = stack.select(PayerClass.COMMERCIAL, ["Organization/7", "60054", "Aetna"], None, VISIT)
    value = view.get(COVERAGE_POSITION)
    assert value is not None
    assert ("excluded", "verified") == (value.value, value.confidence)


def test_a_compensation_claim_handled_by_a_commercial_company_stays_one(stack: PolicyStack):
    value = stack.select(PayerClass.WORKERS_COMPENSATION, ["Aetna"], None, VISIT).get(COVERAGE_POSITION)
    assert value is not None
    assert "covered" == value.value


def test_a_value_ends_the_day_before_the_next_one_starts(write: Callable[..., Path]):
    read = load_file(write("site-north", ("2024-07-01", None, 14), ("2020-01-01", None, 7)))
    days = {on: read.value_on(REASSESSMENT_INTERVAL.name, on) for on in (date(2024, 6, 30), date(2024, 7, 1))}
    assert [7, 14] == [value.value for value in days.values() if value]


def test_the_last_day_of_a_value_is_included_and_the_next_is_without_value(write: Callable[..., Path]):
    read = load_file(write("site-north", ("2020-01-01", "2020-12-31", 7)))
    values = [read.value_on(REASSESSMENT_INTERVAL.name, on) for on in (date(2020, 12, 31), date(2021, 1, 1))]
    assert [True, False] == [value is not None for value in values]


@given(
    start=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    length=st.none() | st.integers(0, 4000),
    on=st.dates(date(1999, 1, 1), date(2042, 1, 1)),
)
def test_a_value_is_found_if_and_only_if_its_interval_contains_the_date(start: date, length: int | None, on: date):
    until = None if length is None else start + timedelta(days=length)
    base = policy("own", 7)
    dated = replace(base.values[REASSESSMENT_INTERVAL.name][0], since=start, until=until)
    stack = PolicyStack([replace(base, values={dated.parameter: (dated,)})])
    contained = start <= on and (until is None or on <= until)
    assert contained is (stack.select(None, [], None, on).get(REASSESSMENT_INTERVAL) is not None)


def test_asking_twice_gives_the_same_view(stack: PolicyStack):
    assert stack.select(None, ["A"], None, VISIT) is stack.select(None, ["B"], None, VISIT)


def test_values_cannot_be_changed(stack: PolicyStack):
    view = stack.select(None, [], None, VISIT)
    weeks, full = view.get(MAX_WEEKS), view.get(FIRST_UNIT_FULL)
    assert weeks is not None
    with pytest.raises(TypeError):
        weeks.value[Program.HARDENING] = 99  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        full.value = 1  # type: ignore[misc,union-attr]


def test_a_text_without_words_is_no_payer_name():
    assert spelling_of(" - ") is None


def test_the_site_policy_of_the_page_of_layers_loads_and_decides(tmp_path: Path):
    page = (Path(__file__).parents[2] / "docs" / "policy-layers.md").read_text(encoding="utf-8")
    (tmp_path / "site-north.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    stack = PolicyStack.load([tmp_path])
    view = stack.select(PayerClass.WORKERS_COMPENSATION, ["EXAMPLE MUTUAL of the North"], "US-TX", VISIT)
    weeks, accredited = view.get(MAX_WEEKS), view.get(PROGRAM_ACCREDITED)
    assert weeks is not None
    assert 8 == weeks.value[Program.HARDENING]
    assert accredited is not None
    assert accredited.value is True
