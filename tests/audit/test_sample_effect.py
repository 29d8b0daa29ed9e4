"""Two sets of policies over the same invented patients."""

from datetime import date

from cds_service.audit.sample_effect import effect_on_sample
from cds_service.domain.codes import PayerClass
from cds_service.policies.owners.effective import meant_by
from cds_service.policies.owners.one_payer import OnePayerForAll
from tests.playing import bundled_policies

ON = date(2026, 3, 2)


def for_all(policy_id):
    stack = bundled_policies()
    return OnePayerForAll(stack, stack.policy(policy_id), ON)


def test_the_same_policies_change_nothing_for_invented_patients():
    effect = effect_on_sample(bundled_policies(), bundled_policies(), 2)
    assert effect.is_nothing
    assert effect.total.days.in_all > 20


def test_whoever_pays_is_decided_as_the_payers_that_are_meant():
    stack = bundled_policies()
    meant = meant_by(stack, stack.policy("us-tx-dwc"), ON)
    found = for_all("us-tx-dwc").select(PayerClass.MEDICARE, ("Some Plan",), "US-WA", date(2010, 1, 1))
    assert (found.layers, found.on) == (meant.layers, ON)
