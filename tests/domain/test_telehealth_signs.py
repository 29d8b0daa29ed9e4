"""Signs of telehealth: of the visit in which the program was given, its place of service, its lines on claims."""

from datetime import date

import pytest

from cds_service.domain.care import Appointment, Encounter, Order, Session, TelehealthSign
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Facility
from cds_service.domain.codes import Program
from cds_service.domain.coverage_and_claims import ChargedLine, Claim
from cds_service.domain.telehealth_signs import contrary_place, telehealth_on_record

DAY = date(2026, 3, 16)
VIRTUAL = TelehealthSign("class VR (virtual)", coded=True)
SESSION = Session("Procedure/p", DAY, Program.CONDITIONING, encounter="Encounter/e")


def said(moment=Moment.VISIT_CLOSE, *, orders=(), appointments=(), encounter=None, **chart):
    case = Case(moment, DAY, DAY, Chart("invented", **chart), orders, appointments, encounter)
    return [sign.said for sign in telehealth_on_record(case)]


def line(code="97545", modifiers=(), place_of_service=None):
    return ChargedLine(1, 0, code, modifiers, 1, DAY, place_of_service=place_of_service)


def test_another_virtual_encounter_of_the_date_is_none_of_the_program():
    encounter, elsewhere = Encounter("Encounter/e", DAY), Encounter("Encounter/x", DAY, telehealth=VIRTUAL)
    assert [] == said(encounters=(encounter, elsewhere), sessions=(SESSION,), encounter="Encounter/x")


def test_the_encounter_asked_about_counts_where_nothing_was_treated_yet():
    asked = Encounter("Encounter/e", DAY, telehealth=VIRTUAL)
    assert ["class VR (virtual)"] == said(Moment.VISIT_START, encounters=(asked,), encounter="Encounter/e")


@pytest.mark.parametrize("place", ["02", "10"])
def test_a_place_of_service_of_telehealth_counts(place):
    assert [f"place of service {place}"] == said(facility=Facility("Location/l", place), sessions=(SESSION,))


def test_a_place_that_is_called_telehealth_counts_as_words():
    facility = Facility("Location/l", None, TelehealthSign("Telehealth", coded=False))
    assert ["Telehealth"] == said(facility=facility, sessions=(SESSION,))


@pytest.mark.parametrize(("place", "contrary"), [("11", "11"), ("02", None), (None, None)])
def test_another_place_of_service_speaks_against_it(place, contrary):
    chart = Chart("invented", facility=Facility("Location/l", place))
    assert contrary == contrary_place(Case(Moment.VISIT_CLOSE, DAY, DAY, chart))
    assert contrary_place(Case(Moment.BOOKING, DAY, DAY, chart)) is None


def test_lines_of_the_program_count_and_others_do_not():
    lines = (line(modifiers=("GP", "95"), place_of_service="10"), line("97161", ("GT",), "02"))
    claims = (Claim("Claim/c", "draft", lines),)
    assert ["modifier 95", "place of service 10"] == said(claims=claims, sessions=(SESSION,))


def test_a_modifier_on_the_treatment_counts():
    assert ["modifier FQ"] == said(sessions=(SESSION._replace(modifiers=("FQ",)),))


def test_orders_tell_by_modifier_and_bookings_by_words():
    order = Order("ServiceRequest/s", work_rehab=True, program=Program.CONDITIONING, modifiers=("93",))
    assert ["modifier 93"] == said(Moment.ORDER, orders=(order,))
    words = TelehealthSign("video visit", coded=False)
    booked = (Appointment("Appointment/a", DAY), Appointment("Appointment/b", DAY, None, words))
    assert ["video visit"] == said(Moment.BOOKING, appointments=booked)
