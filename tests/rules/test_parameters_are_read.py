"""Every parameter is read by a rule, the bill or the packet, and every rule reads what it declares, in some story."""

from collections import defaultdict

import pytest

from cds_service.billing.bills import BILL_READS
from cds_service.packets.wanted_elements import wanted_elements
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.recorded import recorded
from cds_service.rules.catalog import RULES
from tests.playing import CASES, play, stories_of

pytestmark = pytest.mark.slow


def read_by_packet(consultation):
    """The parameters that the list of a request's elements rests on."""
    seen = recorded(consultation.policy, "the packet", frozenset(PARAMETERS))
    wanted_elements(seen)
    return set(seen.read)


@pytest.fixture(scope="module")
def readers():
    """What each rule read in any of the stories, and the bill."""
    found = defaultdict(set)
    for file in sorted(CASES.rglob("*.yaml")):
        for story in stories_of(file):
            for hook in story.hooks:
                answered = play(story, hook).answered
                evaluation = answered.evaluation if answered is not None else None
                if answered is not None and answered.consultation is not None:
                    found["the packet"] |= read_by_packet(answered.consultation)
                if evaluation is not None:
                    found["the bill"] |= evaluation.bill_read
                    for outcome in evaluation.rules:
                        found[outcome.rule] |= outcome.read
    return found


def test_every_parameter_is_read(readers):
    assert set(PARAMETERS) == set().union(*readers.values()), "a parameter that nothing reads goes"


def test_the_bill_reads_what_it_declares(readers):
    assert BILL_READS == readers["the bill"]


def test_every_rule_reads_what_it_declares(readers):
    unread = {rule.id: sorted(rule.declared - readers[rule.id]) for rule in RULES if rule.declared - readers[rule.id]}
    assert unread == {}, "take it out of the parameters of the rule, or add the story in which it is read"
