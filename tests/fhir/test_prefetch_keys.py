"""The table of prefetch keys is whole: what follows from it agrees with it."""

import pytest

from cds_service.domain.case import Moment
from cds_service.domain.chart import Fact
from cds_service.fhir.reading.prefetch_keys import (
    FACT_OF_TYPE,
    INJURY_SOURCES,
    PREFETCH_KEYS,
    Share,
    asked_at,
    needed_at,
    sources_of,
)

rows = pytest.mark.parametrize("key", PREFETCH_KEYS.values(), ids=PREFETCH_KEYS)


@rows
def test_a_key_is_asked_for_wherever_it_is_needed(key):
    assert key.needed_at <= key.asked_at


@rows
def test_gaps_of_a_key_are_named_by_a_fact_that_it_tells(key):
    assert key.tells
    assert FACT_OF_TYPE[key.resource_type] is key.fact


@rows
def test_a_search_can_be_asked_again_in_a_shape_that_leaves_something_out(key):
    choice = key.second_choice("p")
    if choice is not None:
        assert key.is_search
        assert key.template.replace("{{context.patientId}}", "p") not in choice.queries
        assert all(query.startswith(f"{key.resource_type}?patient=p") for query in choice.queries)


@rows
def test_a_template_is_filled_with_the_id_it_asks_for_or_not_at_all(key):
    assert "{{" not in key.query({"patientId": "p", "encounterId": "e"})
    assert key.query({}) is None


@pytest.mark.parametrize("fact", Fact, ids=lambda fact: fact.value)
def test_a_fact_is_told_whole_by_its_keys_or_by_any_of_them(fact):
    assert not (sources_of(fact, Share.WHOLE) and sources_of(fact, Share.ENOUGH))


def test_signs_of_an_injury_are_looked_for_under_each_key_that_may_show_them():
    assert set(sources_of(Fact.INJURY, Share.SIGN)) == set(INJURY_SOURCES)
    assert len(INJURY_SOURCES) == len(set(INJURY_SOURCES))


def test_orders_and_bookings_need_no_prefetch():
    assert () == needed_at(Moment.ORDER) == needed_at(Moment.BOOKING)
    assert all("patient" in asked_at(moment) for moment in Moment)
