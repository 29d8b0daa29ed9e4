"""The time of a visit: of its treatments, else of its encounter."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cds_service.domain.care import Encounter, Service, Session
from cds_service.domain.codes import Program
from cds_service.domain.intervals import Interval
from cds_service.domain.visit import visits_of

DAY = date(2026, 3, 16)
ENCOUNTER = "Encounter/e"
UNTIMED = Session("Procedure/p", DAY, Program.CONDITIONING, encounter=ENCOUNTER)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 16, hour, minute, tzinfo=UTC)


def minutes_of(period: Interval | None, length: int | None, *services: Interval) -> int:
    """Countable minutes of an untimed treatment in an encounter, beside other services."""
    encounter = Encounter(
        ENCOUNTER, DAY, period, length=timedelta(minutes=length) if length is not None else None
    )  # fmt: skip
    beside = [Service(f"Procedure/{place}", DAY, "97530", span) for place, span in enumerate(services)]
    return visits_of([UNTIMED], beside, [encounter])[DAY].minutes


MORNING = Interval(at(8), at(12))


@pytest.mark.parametrize(
    ("period", "length", "minutes"),
    [
        (MORNING, None, 240),
        (MORNING, 180, 180),
        (MORNING, 300, 240),
        (None, 180, 180),
        (None, None, 0),
    ],
)
def test_an_untimed_treatment_has_the_time_of_its_encounter(period, length, minutes):
    assert minutes == minutes_of(period, length)


def test_a_length_without_a_start_is_lessened_by_all_other_services():
    assert 120 == minutes_of(None, 180, Interval(at(8), at(9)))
    assert 0 == minutes_of(None, 60, Interval(at(8), at(9)))


def test_a_length_from_its_start_is_lessened_by_services_within_it():
    assert 150 == minutes_of(MORNING, 180, Interval(at(9), at(9, 30)))
    assert 180 == minutes_of(MORNING, 180, Interval(at(11), at(12)))


def test_a_visit_without_the_treatments_of_one_encounter_has_nothing_of_that_encounter():
    apart = UNTIMED._replace(reference="Procedure/other", encounter="Encounter/other")
    beside = [
        Service("Procedure/a", DAY, "97530", encounter=ENCOUNTER),
        Service("Procedure/b", DAY, "97530", encounter="Encounter/other"),
        Service("Procedure/c", DAY, "97530"),
        Service("Procedure/d", DAY, "97750", encounter=ENCOUNTER),
        Service("Procedure/e", DAY, "97750", encounter="Encounter/other"),
    ]
    encounters = [Encounter(ENCOUNTER, DAY), Encounter("Encounter/other", DAY)]
    left = visits_of([UNTIMED, apart], beside, encounters, {"97750"})[DAY].without([apart])
    assert (UNTIMED,) == left.sessions
    assert ["a", "c"] == [service.reference.removeprefix("Procedure/") for service in left.services]
    assert ["d"] == [service.reference.removeprefix("Procedure/") for service in left.included]
    assert [ENCOUNTER] == [encounter.reference for encounter in left.encounters]


def test_an_encounter_of_two_treatments_stays_while_one_of_them_does():
    second = UNTIMED._replace(reference="Procedure/other")
    left = visits_of([UNTIMED, second], (), [Encounter(ENCOUNTER, DAY)])[DAY].without([second])
    assert [ENCOUNTER] == [encounter.reference for encounter in left.encounters]
