"""A record that says telehealth and an office at once is asked about, whatever the policy says."""

from datetime import date

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Encounter, Session, TelehealthSign
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Facility
from cds_service.domain.codes import Program
from cds_service.domain.values import PolicyValue, Source
from cds_service.policies.model import PolicyView
from cds_service.rules.telehealth import check_telehealth

DAY = date(2026, 3, 16)
SOURCE = Source("Invented agreement", DAY)
DENY = PolicyValue("coverage.telehealth", "deny", "deny", "site", DAY, SOURCE, "verified")
POLICY = PolicyView((), DAY, {"coverage.telehealth": DENY}, {})


@pytest.mark.parametrize(("place", "kind", "withholds"), [("11", "ask", False), ("10", "denied", True)])
def test_a_place_of_service_that_is_none_of_telehealth_makes_a_denial_a_question(place, kind, withholds):
    encounter = Encounter("Encounter/e", DAY, telehealth=TelehealthSign("class VR (virtual)", coded=True))
    session = Session("Procedure/p", DAY, Program.CONDITIONING, encounter="Encounter/e")
    chart = Chart("invented", encounters=(encounter,), sessions=(session,), facility=Facility("Location/l", place))
    (answer,) = check_telehealth(Case(Moment.VISIT_CLOSE, DAY, DAY, chart), NOTHING_BILLED, POLICY)
    assert kind == answer.kind
    assert {withholds} == {hold.withholds for hold in answer.holds}


def test_of_several_signs_that_of_the_encounter_is_named_first():
    encounter = Encounter("Encounter/e", DAY, telehealth=TelehealthSign("class VR (virtual)", coded=True))
    session = Session("Procedure/p", DAY, Program.CONDITIONING, encounter="Encounter/e", modifiers=("95",))
    chart = Chart("invented", encounters=(encounter,), sessions=(session,))
    (answer,) = check_telehealth(Case(Moment.VISIT_CLOSE, DAY, DAY, chart), NOTHING_BILLED, POLICY)
    assert "class VR (virtual)" == answer.facts["said"]
    assert {"Encounter/e"} == {hold.doubt.reference for hold in answer.holds}
    assert ["class VR (virtual)", "modifier 95"] == [evidence.value for evidence in answer.evidence]
