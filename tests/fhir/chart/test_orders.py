from datetime import date

import pytest
from msgspec import json

from cds_service.domain.care import Schedule
from cds_service.domain.codes import Discipline, Program
from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.reading.drafts import read_drafts
from cds_service.fhir.reading.prefetch import Prefetch
from tests.fhir.resources import (
    CPT,
    SNOMED,
    appointments_of,
    bundle,
    coded,
    orders_of,
    period,
    service_request,
)


def drafts(*resources):
    return read_drafts(json.encode(bundle(*resources)))


def order(**more):
    (record,) = orders_of(drafts(service_request(**more)), patient_id="p1")
    return record


def test_an_order_tells_its_program_codes_modifiers_and_quantity():
    record = order(
        code=coded(CPT, "97545", "Work hardening"),
        orderDetail=[coded(CPT, "GP"), {"text": "four hours a day"}],
        quantityQuantity={"value": 12},
        reasonReference=[{"reference": "Condition/k"}],
    )
    assert (True, Program.HARDENING, ("97545",), ("GP",), 12, ("Condition/k",)) == (
        record.work_rehab, record.program, record.codes, record.modifiers, record.quantity, record.conditions,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "discipline"),
    [
        ({"performerType": coded(SNOMED, "36682004")}, Discipline.PT),
        ({"category": [coded(SNOMED, "84478008")]}, Discipline.OT),
        ({}, None),
    ],
)
def test_the_discipline_of_an_order_comes_from_performer_type_or_category(change, discipline):
    assert discipline == order(**change).discipline


@pytest.mark.parametrize(
    ("timing", "schedule"),
    [
        (
            {"repeat": {"boundsDuration": {"value": 6, "code": "wk"}, "frequency": 5, "period": 1, "periodUnit": "wk",
                        "duration": 2, "durationUnit": "h"}},
            Schedule(sessions=30, session_minutes=120, days_per_week=5),
        ),
        (
            {"repeat": {"boundsPeriod": period("2026-03-02", "2026-03-29"), "dayOfWeek": ["mon", "wed", "fri"]}},
            Schedule(sessions=12, days_per_week=3, start=date(2026, 3, 2), end=date(2026, 3, 29)),
        ),
        ({"repeat": {"count": 18, "duration": 90, "durationUnit": "min"}}, Schedule(sessions=18, session_minutes=90)),
        ({"event": ["2026-03-02", "2026-03-04"]}, Schedule(sessions=2, start=date(2026, 3, 2), end=date(2026, 3, 4))),
        ({"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}, Schedule(days_per_week=7)),
    ],
    ids=["weeks", "days of the week", "count", "events", "daily"],
)  # fmt: skip
def test_the_schedule_is_what_the_timing_says(timing, schedule):
    assert schedule == order(occurrenceTiming=timing).schedule


@pytest.mark.parametrize(
    "repeat",
    [
        {"duration": 1e308, "durationUnit": "h"},
        {"count": -3},
        {"count": 10**30},
        {"boundsDuration": {"value": 1e308, "code": "a"}, "frequency": 5, "period": 1e-308, "periodUnit": "s"},
    ],
)
def test_a_schedule_beyond_all_measure_says_nothing(repeat):
    schedule = order(occurrenceTiming={"repeat": repeat}).schedule
    assert (None, None) == (schedule.sessions, schedule.session_minutes)


def test_only_the_selected_orders_are_meant():
    orders = orders_of(drafts(service_request("a"), service_request("b")), ["ServiceRequest/b"], "p1")
    assert [(record.reference, record.selected) for record in orders] == [
        ("ServiceRequest/a", False),
        ("ServiceRequest/b", True),
    ]


def test_without_selections_every_order_is_meant():
    assert [record.selected for record in orders_of(drafts(service_request("a")))] == [True]


def test_an_order_without_id_cannot_be_edited():
    (record,) = orders_of(drafts(service_request(None)))
    assert (False, "ServiceRequest (no id 1)") == (record.editable, record.reference)


def test_an_order_of_another_patient_is_left_out_and_is_a_gap():
    received = drafts(service_request(subject={"reference": "Patient/p2"}))
    assert orders_of(received, patient_id="p1") == ()
    assert [gap.why for gap in build_chart("p1", Prefetch(), received).gaps] == [
        "1 resource of another patient was left out"
    ]


def test_the_patient_among_the_drafts_resolves_a_temporary_reference():
    received = {
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "p1"}},
            {"fullUrl": "urn:uuid:2", "resource": service_request(subject={"reference": "urn:uuid:1"})},
        ]
    }
    assert len(orders_of(read_drafts(json.encode(received)), patient_id="p1")) == 1
    assert orders_of(read_drafts(json.encode(received)), patient_id="p2") == ()


@pytest.mark.parametrize("change", [{"status": "revoked"}, {"status": "entered-in-error"}, {"doNotPerform": True}])
def test_what_is_not_asked_for_is_no_order(change):
    assert orders_of(drafts(service_request(**change))) == ()


def appointment(**more):
    return {
        "resourceType": "Appointment",
        "id": "ap",
        "status": "proposed",
        "start": "2026-03-09T09:00:00-06:00",
        "end": "2026-03-09T11:00:00-06:00",
        "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
    } | more


@pytest.mark.parametrize(
    "change",
    [
        {"serviceType": [{"text": "Work hardening"}]},
        {"appointmentType": {"text": "work conditioning"}},
        {"reasonCode": [coded(SNOMED, "228648008")]},
        {"description": "Work-hardening visit"},
        {"basedOn": [{"reference": "ServiceRequest/s"}]},
    ],
)
def test_an_appointment_for_work_rehabilitation_is_known_by_what_it_says_or_is_based_on(change):
    (found,) = appointments_of(drafts(appointment(**change)), orders_of(drafts(service_request())), "p1")
    assert (date(2026, 3, 9), "Appointment/ap") == (found.date, found.reference)
    assert found.period is not None


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Dentist"},
        {"description": "Work hardening", "status": "cancelled"},
        {"description": "Work hardening", "participant": [{"actor": {"reference": "Patient/p2"}}]},
    ],
)
def test_other_appointments_are_left_out(change):
    assert appointments_of(drafts(appointment(**change)), (), "p1") == ()


@pytest.mark.parametrize(
    "schedule", [Schedule(sessions=10_000, days_per_week=1e-300), Schedule(sessions=9_999, days_per_week=0.001)]
)
def test_the_last_day_of_sessions_centuries_apart_is_not_told(schedule):
    assert schedule.last_day(date(2026, 3, 16)) is None


def test_the_last_day_is_that_of_the_last_session():
    assert date(2026, 3, 30) == Schedule(sessions=7, days_per_week=3).last_day(date(2026, 3, 16))
