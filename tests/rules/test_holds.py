"""A finding that holds the suggestions of another rule: declared, without circles, and never beside them."""

from dataclasses import replace
from datetime import date

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Doubt, Fact
from cds_service.domain.findings import AddOrder, ChangeOrder, Hold, Proposal, RemoveOrder, Severity, Topic
from cds_service.policies.model import PolicyView
from cds_service.rules.engine import apply_rules
from cds_service.rules.holds import HoldError, check_holds
from cds_service.rules.rule import Answer, Rule

DAY = date(2026, 3, 16)
CASE = Case(Moment.ORDER, DAY, DAY, Chart("invented"))
POLICY = PolicyView((), DAY, {}, {})
DOUBT = Doubt(Fact.ENCOUNTER, "the visit was by telehealth")


def rule(name, *answers, holds=()):
    return Rule(name, Topic.UNITS, name, frozenset({Moment.ORDER}), (), (), (), lambda *_: iter(answers), holds=holds)


def answer(kind, *proposals, **more):
    return Answer(kind, Severity.WARNING, "subject", proposals=proposals, **more)


def bill(code="97545"):
    return Proposal("bill", (AddOrder("ServiceRequest/one", code),), recommended=True)


def found(*rules):
    return {finding.rule: finding for finding in apply_rules(CASE, NOTHING_BILLED, POLICY, rules).findings}


def test_a_held_suggestion_is_not_recommended_and_says_why_first():
    holder = rule("holder", answer("warns", holds=(Hold("held", DOUBT),)), holds=("held",))
    own = Doubt(Fact.COVERAGE, "its own doubt")
    held = found(rule("held", answer("bills", bill(), caveats=(own,))), holder)["held"]
    assert [proposal.recommended for proposal in held.proposals] == [False]
    assert held.caveats == (DOUBT, own)
    assert held.withheld_by is None


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        (AddOrder("ServiceRequest/one", "97545"), False),
        (AddOrder("ServiceRequest/one", "97110"), True),
        (ChangeOrder("ServiceRequest/one", units=2), False),
        (RemoveOrder("ServiceRequest/one"), True),
    ],
)
def test_a_hold_on_codes_leaves_other_suggestions_alone(change, stands):
    hold = Hold("held", DOUBT, frozenset({"97545", "97546"}))
    holder = rule("holder", answer("warns", holds=(hold,)), holds=("held",))
    held = found(rule("held", answer("bills", Proposal("way", (change,), recommended=True))), holder)["held"]
    assert held.proposals[0].recommended is stands
    assert (held.caveats == ()) is stands


def test_what_is_withheld_leaves_its_card_to_the_finding_that_says_so():
    hold = Hold("held", DOUBT, withholds=True)
    holder = rule("holder", answer("warns", holds=(hold,)), holds=("held",))
    guest = rule("guest", answer("joins", joins="held"))
    findings = found(rule("held", answer("bills", bill())), guest, holder)
    assert findings["held"].withheld_by == findings["holder"].key
    assert findings["guest"].joins == "holder"


def test_a_hold_that_the_rule_does_not_declare_is_an_error():
    with pytest.raises(HoldError, match="holder holds held without declaring it"):
        found(rule("holder", answer("warns", holds=(Hold("held", DOUBT),))))


def test_holds_that_lead_nowhere_are_refused():
    with pytest.raises(HoldError, match="holder holds nobody: there is no such rule"):
        check_holds([rule("holder", holds=("nobody",))])


def test_holds_in_a_circle_are_refused():
    first, second = rule("first", holds=("second",)), rule("second", holds=("first",))
    with pytest.raises(HoldError, match=r"in a circle: .* holds .* holds"):
        check_holds([first, second])
    check_holds([first, replace(second, holds=())])
