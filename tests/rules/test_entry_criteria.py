"""The check-list of a payer before a program begins: what is met, what is not, and which values it rests on."""

import pytest

from cds_service.rules.entry_criteria import check_entry
from tests.billing.bill_stories import case_of, policy_of

APPROVED, ACCREDITED = "program.approved_provider", "program.accredited"


@pytest.mark.parametrize(
    ("criteria", "values"),
    [
        (["approved-provider"], ["entry.criteria", APPROVED]),
        (["accredited-program"], ["entry.criteria", ACCREDITED]),
        (["job-goal"], ["entry.criteria"]),
    ],
)
def test_a_card_cites_what_the_site_says_of_itself_only_where_the_payer_asks_for_it(criteria, values):
    policy = policy_of({"entry.criteria": {"conditioning": criteria}, APPROVED: False, ACCREDITED: False})
    (found,) = check_entry(case_of({"orders": [{"codes": ["97545"]}]}), policy)
    assert values == [value.parameter for value in found.values]
