"""The policies that are shipped: cited, dated, complete for the defaults, and free of licensed texts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.values import Json, PolicyValue
from cds_service.policies.files.loader import load_folder
from cds_service.policies.model import Match, Policy
from cds_service.policies.owners.capabilities import capability_for
from cds_service.policies.owners.describe import applies_to, describe, picture
from cds_service.policies.owners.review import doubts
from cds_service.policies.parameters import (
    ADDITIONAL_UNIT_MINIMUM,
    DOCUMENTATION_REQUIRED,
    EDIT_ADD_ON,
    EDIT_MUE,
    EDIT_PAIRS,
    FIRST_UNIT_FULL,
    FIRST_UNIT_MINIMUM,
    MAX_WEEKS,
    PARAMETERS,
    PLAN_CERTIFY_WITHIN_DAYS,
    PLAN_MAXIMUM_DAYS,
    PROGRESS_REPORT_DAYS,
    REASSESSMENT_INTERVAL,
)
from cds_service.policies.shapes import Mue, PairEdit
from cds_service.policies.stack import BUNDLED_DATA, PolicyStack
from tests.playing import CASES, stories_of

VISIT = date(2026, 3, 2)
POLICIES = load_folder(BUNDLED_DATA)
VALUES = [value for policy in POLICIES for dated in policy.values.values() for value in dated]
CONTRACT = (
    "time.first_unit_full_minutes",
    "time.first_unit_minimum_minutes",
    "time.additional_unit_minimum_minutes",
    "time.below_first_unit",
    "time.fifteen_minute_method",
    "units.daily_maximum",
    "edits.pairs",
    "edits.mue",
    "edits.apply",
    "modifiers.discipline_required",
    "modifiers.assistant",
    "modifiers.assistant_de_minimis_percent",
    "modifiers.program",
    "modifiers.accredited",
    "coverage.position",
    "coverage.same_day_evaluation",
    "authorization.required",
    "authorization.quantity_unit",
    "authorization.warn_days",
    "program.max_weeks",
    "program.hours_per_day",
    "program.days_per_week",
    "program.per_injury",
    "evaluation.baseline_within_days",
    "reassessment.interval_days",
    "reassessment.no_progress_count",
    "progress_report.treatment_days",
    "plan_of_care.maximum_days",
    "documentation.required",
)


@pytest.fixture(scope="module")
def stack() -> PolicyStack:
    return PolicyStack(POLICIES)


def bundled(name: str) -> Policy:
    return next(policy for policy in POLICIES if policy.id == name)


def texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from (key, *texts(part))
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


@pytest.mark.parametrize("name", CONTRACT)
def test_every_parameter_of_the_contract_exists(name: str):
    assert name == PARAMETERS[name].name


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_says_its_unit_and_meaning(name: str):
    assert PARAMETERS[name].unit
    assert PARAMETERS[name].meaning.endswith(".")


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value.policy}-{value.parameter}")
def test_every_bundled_value_is_cited_and_dated(value: PolicyValue[object]):
    assert value.source.title
    assert value.since <= value.source.retrieved
    assert value.source.href is None or value.source.href.startswith("https://")


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value.policy}-{value.parameter}")
def test_a_first_day_that_no_source_gives_is_said_to_be_so(value: PolicyValue[object]):
    assert value.since != date(2000, 1, 1) or not value.dated


def test_a_recommendation_of_ours_is_a_default():
    confidences = {value.confidence for value in VALUES if value.source.title == "Recommendation of this service"}
    assert {"default"} == confidences


def test_values_hold_short_codes_and_no_descriptors():
    with_names = {"reassessment.tools", "authorization.request"}
    but_names_of_tools_and_forms = [value for value in VALUES if value.parameter not in with_names]
    longest = max((text for value in but_names_of_tools_and_forms for text in texts(value.plain)), key=len)
    assert len(longest) <= len("not-medically-necessary"), longest


def test_no_file_repeats_a_code_descriptor():
    phrases = re.compile(r"hardening/conditioning|each additional|initial 2 hours|therapeutic procedure", re.IGNORECASE)
    found = [path.name for path in BUNDLED_DATA.iterdir() if phrases.search(path.read_text(encoding="utf-8"))]
    assert [] == found


def test_notes_are_short_enough_for_a_card():
    assert [] == [value.note for value in VALUES if value.note and len(value.note) > 240]


def test_the_general_policy_has_the_default_thresholds(stack: PolicyStack):
    view = stack.select(None, [], None, VISIT)
    numbers = [
        value.value
        for parameter in (FIRST_UNIT_FULL, FIRST_UNIT_MINIMUM, ADDITIONAL_UNIT_MINIMUM, REASSESSMENT_INTERVAL)
        if (value := view.get(parameter))
    ]
    weeks, documents = view.get(MAX_WEEKS), view.get(DOCUMENTATION_REQUIRED)
    assert [120, 91, 31, 7] == numbers
    assert weeks is not None
    assert dict.fromkeys(Program, 6) == dict(weeks.value)
    assert documents is not None
    assert tuple(f"D-{number}" for number in range(1, 9)) == documents.value


def test_medicare_has_its_report_and_plan_intervals(stack: PolicyStack):
    view = stack.select(PayerClass.MEDICARE, [], None, VISIT)
    intervals = (PROGRESS_REPORT_DAYS, PLAN_MAXIMUM_DAYS, PLAN_CERTIFY_WITHIN_DAYS)
    assert [10, 90, 30] == [value.value for interval in intervals if (value := view.get(interval))]


def test_the_national_edits_hold_the_ceilings_of_both_codes(stack: PolicyStack):
    view = stack.select(None, [], None, VISIT)
    mue, add_on = view.get(EDIT_MUE), view.get(EDIT_ADD_ON)
    assert mue is not None
    assert (Mue(1, 1, mai=2), Mue(2, 2, mai=3)) == (mue.value["97545"], mue.value["97546"])
    assert add_on is not None
    assert {"97546": ("97545",)} == dict(add_on.value)


@pytest.mark.parametrize(
    ("column1", "column2", "setting", "indicator"),
    [
        ("97545", "97140", "practitioner", 0),
        ("97545", "97140", "hospital", 0),
        ("97545", "97164", "practitioner", 1),
        ("97545", "97168", "hospital", 1),
        ("97755", "97545", "practitioner", 1),
        ("97161", "97750", "practitioner", 0),
        ("97161", "97750", "hospital", 1),
        ("G0177", "97545", "practitioner", None),
        ("97545", "97161", "practitioner", None),
        ("97530", "97116", "practitioner", None),
        ("97140", "97530", "practitioner", None),
    ],
)
def test_the_national_edits_hold_the_active_pairs_and_no_ended_ones(
    stack: PolicyStack, column1: str, column2: str, setting: str, indicator: int | None
):
    pairs = stack.select(None, [], None, VISIT).get(EDIT_PAIRS)
    assert pairs is not None
    found = [
        edit.indicator
        for edit in pairs.value
        if (edit.column1, edit.column2) == (column1, column2) and setting in edit.settings
    ]
    assert ([] if indicator is None else [indicator]) == found


def test_no_pair_stands_in_both_directions(stack: PolicyStack):
    pairs = stack.select(None, [], None, VISIT).get(EDIT_PAIRS)
    assert pairs is not None
    edits: tuple[PairEdit, ...] = pairs.value
    reversed_pairs = [
        edit
        for edit, counterpart in product(edits, edits)
        if (edit.column1, edit.column2) == (counterpart.column2, counterpart.column1)
    ]
    assert [] == reversed_pairs


def test_edits_are_not_known_before_the_table_that_was_read(stack: PolicyStack):
    assert stack.select(None, [], None, date(2024, 6, 30)).get(EDIT_PAIRS) is None


def test_every_policy_says_what_it_does_not_model():
    assert [] == [policy.id for policy in POLICIES if policy.status != "complete" and not policy.not_modelled]


def test_a_description_has_a_row_for_each_value_with_its_citation():
    rows = describe(bundled("us-tx-dwc"))
    accredited = next(row for row in rows if row.parameter == "modifiers.accredited")
    assert sum(map(len, bundled("us-tx-dwc").values.values())) == len(rows)
    assert ("CA", "28 TAC 134.230, (1)(A)", date(2016, 9, 1)) == (
        accredited.value,
        accredited.citation,
        accredited.since,
    )


def test_a_picture_names_the_days_on_which_a_dated_value_begins_or_ends(stack: PolicyStack):
    changes = picture(stack, bundled("us-tx-dwc"), VISIT).changes
    starts = {value.since for dated in bundled("us-tx-dwc").values.values() for value in dated if value.dated}
    assert starts <= set(changes)
    assert date(2000, 1, 1) not in picture(stack, bundled("generic"), VISIT).changes


def test_a_parameter_of_no_family_has_to_be_given_one():
    with pytest.raises(LookupError, match=r"fees\.amount belongs to no capability: name its family in .*CAPABILITIES"):
        capability_for("fees.amount")


def test_a_policy_for_the_class_unknown_decides_nothing_and_is_pointed_out(stack: PolicyStack):
    nobody = replace(bundled("cigna"), id="site-nobody", match=Match(payer_class=PayerClass.UNKNOWN))
    (doubt,) = doubts(stack, nobody)
    assert doubt.startswith("match.payer_class: no policy is chosen by the class unknown")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("generic", "everyone, where nothing more specific is known"),
        ("us-ncci", "everyone"),
        ("cigna", "Cigna (a commercial plan)"),
        ("us-tx-dwc", "workers' compensation in Texas"),
        ("us-medicare", "Medicare"),
    ],
)
def test_to_whom_a_policy_applies_is_said_in_words(name: str, words: str):
    assert words == applies_to(bundled(name))


@pytest.mark.parametrize(
    "payer",
    [
        "U.S. Department of Labor",
        "United States Department of Labor - OWCP/DFEC",
        "DOL Office of Workers\u2019 Compensation Programs, District 16",
        "Division of Federal Employees' Compensation",
        "FECA",
    ],
)
def test_a_federal_claim_stands_outside_the_law_of_its_state(stack: PolicyStack, payer: str):
    layers = stack.select(PayerClass.WORKERS_COMPENSATION, [payer], "US-TX", VISIT).layers
    assert "us-feca" in layers
    assert "us-tx-dwc" not in layers


@pytest.mark.parametrize(
    "payer",
    [
        "Montana Department of Labor and Industry",
        "Washington State Department of Labor & Industries",
        "Louisiana Office of Workers' Compensation",
        "Texas Mutual",
    ],
)
def test_the_agencies_of_the_states_are_not_taken_for_the_federal_one(stack: PolicyStack, payer: str):
    layers = stack.select(PayerClass.WORKERS_COMPENSATION, [payer], "US-TX", VISIT).layers
    assert "us-feca" not in layers
    assert "us-tx-dwc" in layers


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_every_policy_has_stories_on_both_sides_of_a_date(policy):
    stories = stories_of(CASES / "policies" / f"{policy.id}.yaml")
    assert any(story.expect.fires or story.expect.layers or story.expect.policies for story in stories)
    assert any(story.expect.silent or story.expect.gaps or story.expect.not_applicable for story in stories)
    assert len({story.today for story in stories}) > 1
