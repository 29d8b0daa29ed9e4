"""What speaks against a treatment of the chart: its encounter, or what was not readable beside it."""

import pytest

from tests.fhir.resources import (
    bundle,
    chart_of,
    chart_of_procedures,
    encounter,
    procedure,
)


@pytest.mark.parametrize(
    ("status", "doubt"),
    [
        ("cancelled", "cancelled"),
        ("planned", "planned"),
        ("entered-in-error", "entered in error"),
        ("noshow", "noshow"),
    ],
)
def test_a_treatment_in_an_encounter_that_did_not_take_place_is_doubted(status, doubt):
    treated = procedure(encounter={"reference": "Encounter/e"})
    (session,) = chart_of_procedures(treated, encounters=bundle(encounter(status=status))).sessions
    assert any(doubt in why for why in session.doubts)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "No Show"}, "its encounter is no show"),
        ({"type": [{"text": "Cancelled visit"}]}, "called off by its type"),
        (
            {"period": {"start": "2026-03-02T13:00:00-06:00", "end": "2026-03-02T15:00:00-06:00"}},
            "other times of the day",
        ),
    ],
)
def test_an_encounter_that_contradicts_its_treatment_is_a_doubt(change, words):
    treated = procedure(encounter={"reference": "Encounter/e"})
    (session,) = chart_of(encounters=bundle(encounter(**change)), procedures=bundle(treated)).sessions
    assert words in " ".join(session.doubts)


def test_an_encounter_that_ends_a_little_before_its_treatment_is_no_doubt():
    checked_in = encounter(period={"start": "2026-03-02T08:55:00-06:00", "end": "2026-03-02T09:05:00-06:00"})
    treated = procedure(encounter={"reference": "Encounter/e"})
    (session,) = chart_of(encounters=bundle(checked_in), procedures=bundle(treated)).sessions
    assert session.doubts == ()


@pytest.mark.parametrize("unreadable", [{"status": "finished"}, {"code": None}])
def test_a_treatment_beside_a_procedure_that_cannot_be_read_is_in_doubt(unreadable):
    unread = {key: value for key, value in (procedure("b") | unreadable).items() if value is not None}
    (session,) = chart_of_procedures(procedure(), unread).sessions
    assert session.doubts == ("what else was done in the visit: Procedure/b could not be read",)


def test_a_procedure_that_was_not_done_casts_no_doubt():
    (session,) = chart_of_procedures(procedure(), procedure("b", status="not-done")).sessions
    assert session.doubts == ()
