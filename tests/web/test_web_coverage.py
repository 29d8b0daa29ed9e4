"""What is modeled of whom: the matrix against the loaded policies, on the page, in JSON and on the command line."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.policies.owners.capabilities import CAPABILITIES, CAPABILITY_OF
from cds_service.policies.owners.matrix import coverage_matrix
from cds_service.policies.owners.not_modelled import not_modelled
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PolicyStack
from tests.web.talking import SITE_POLICY

ON = date(2026, 3, 16)
SITE = SITE_POLICY.format(id="site-ohio", title="Georgia as the site reads it")


@pytest.fixture(scope="module")
def stack():
    return PolicyStack.load()


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site-ohio.yaml").write_text(SITE)
    return tmp_path


def cell(matrix, policy, capability):
    return next(row for row in matrix.policies if row.id == policy).cells[capability]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_belongs_to_one_capability(name):
    assert [CAPABILITY_OF[name]] == [capability for capability in CAPABILITIES if name in capability.parameters]


def test_there_is_a_row_for_every_policy_and_a_cell_for_every_capability(stack):
    matrix = coverage_matrix(stack, ON)
    assert [policy.id for policy in stack.policies] == [row.id for row in matrix.policies]
    assert all([capability.id for capability in CAPABILITIES] == list(row.cells) for row in matrix.policies)


@pytest.mark.parametrize(
    ("policy", "capability", "status"),
    [
        ("us-ms-wcc", "authorization", "verified"),
        ("generic", "time", "default"),
        ("cigna", "coverage", "asked"),
        ("us-nc-ic", "authorization", "not-in-force"),
        ("us-mt-erd", "time", "general"),
        ("generic", "plan", "none"),
        ("us-tx-dwc", "authorization", "partly"),
    ],
)
def test_a_cell_says_how_sure_a_policy_is(stack, policy, capability, status):
    assert status == cell(coverage_matrix(stack, ON), policy, capability).status


def test_a_cell_counts_the_values_of_the_policy_that_are_in_force(stack):
    for row in coverage_matrix(stack, ON).policies:
        policy = stack.policy(row.id)
        assert len(list(policy.values_on(ON))) == sum(cell.values for cell in row.cells.values())


def test_a_value_is_in_the_matrix_from_its_date_on(stack):
    before, on = coverage_matrix(stack, date(2016, 8, 31)), coverage_matrix(stack, date(2016, 9, 1))
    assert ("not-in-force", "partly") == tuple(cell(matrix, "us-tx-dwc", "modifiers").status for matrix in (before, on))


def test_states_without_policy_are_those_searched_and_those_never_searched(stack):
    matrix = coverage_matrix(stack, ON)
    searched = {state.jurisdiction: state.why for state in matrix.not_modelled}
    with_policy = {policy.match.jurisdiction for policy in stack.policies} - {None}
    assert {state: why for state, why in not_modelled().items() if state not in with_policy} == searched
    not_searched = {state.jurisdiction for state in matrix.not_searched}
    assert "US-AK" in not_searched
    assert not not_searched & (searched.keys() | with_policy)
    assert not with_policy & searched.keys()


def test_a_state_that_a_site_covers_is_no_longer_without_policy(site):
    matrix = coverage_matrix(PolicyStack.load([site]), ON)
    assert "US-GA" not in {state.jurisdiction for state in matrix.not_modelled}
    assert "verified" == cell(matrix, "site-ohio", "duration").status


def test_the_command_line_tells_the_same_as_the_page(client, monkeypatch):
    monkeypatch.delenv("CDS_POLICY_DIRS", raising=False)
    printed = CliRunner().invoke(main, ["policies", "coverage", "--on", "2026-03-16", "--json"])
    page = client.get("/coverage?on=2026-03-16", headers={"Accept": "application/json"})
    assert json.loads(printed.output) == page.json


def test_the_command_line_prints_a_line_for_every_policy_and_what_is_missing(site):
    printed = CliRunner().invoke(main, ["policies", "coverage"], env={"CDS_POLICY_DIRS": str(site)})
    assert 0 == printed.exit_code, printed.output
    lines = printed.output.splitlines()
    assert any(line.startswith("site-ohio ") and line.endswith("partial") for line in lines)
    assert any(line.startswith("  Kentucky: Searched") for line in lines)
    assert not any(line.startswith("  Georgia:") for line in lines)
    assert max(len(line) for line in lines if line.startswith(("us-", "generic"))) <= 100


def test_the_page_has_a_row_for_every_policy_and_names_what_is_missing(client, stack):
    page = client.get("/coverage", headers={"Accept": "text/html"}).text
    assert all(f'/policies/{policy.id}"' in page for policy in stack.policies)
    assert "Georgia" in page
    assert "Alaska" in page
