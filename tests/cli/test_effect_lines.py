"""What other policies change, in one sentence that the entry of a change carries."""

from cds_service.audit.results.policy_effect import DaysChanged, EffectOnPayer, EffectOnRule, PolicyEffect
from cds_service.cli.policies.effect_lines import effect_in_a_line

NO_MORE = DaysChanged(1200, other_lines=5, not_billable=3, without_approval=1, other_result=4)


def test_days_units_dollars_and_findings_are_one_sentence():
    effect = PolicyEffect([EffectOnPayer("Prairie Mutual", NO_MORE, -9, -57600)], [EffectOnRule("Weeks", 0, 2, 1)])
    assert effect_in_a_line(effect) == (
        "Over 1,200 invented days of service: 5 days with other lines; 3 days fewer that can be billed; 1 day more "
        "without a required approval; 4 days with another result against the bill; -9 units, -$576; findings: Weeks "
        "2 new, 1 changed."
    )


def test_what_changes_nothing_says_so():
    effect = PolicyEffect([EffectOnPayer("Prairie Mutual", DaysChanged(12), 0, 0)], [])
    assert effect_in_a_line(effect) == "Over 12 invented days of service: no change."
