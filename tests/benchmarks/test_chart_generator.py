import json

import pytest
from fhir.resources.R4B import get_fhir_model_class

from tests.benchmarks import generator


def test_the_typical_chart_has_127_resources_in_about_304_kilobytes():
    body = generator.typical()
    assert generator.count(body) == 127
    assert len(body) == pytest.approx(304_000, rel=0.02)


def test_the_large_chart_has_10_000_resources():
    assert generator.count(generator.large()) == 10_000


def test_a_chart_has_an_encounter_for_each_visit_and_ends_today():
    request = json.loads(generator.small())
    encounters = [entry["resource"] for entry in request["prefetch"]["encounters"]["entry"]]
    starts = sorted(
        encounter["period"]["start"][:10] for encounter in encounters if encounter["resourceType"] == "Encounter"
    )
    assert len([day for day in starts if day > "2026"]) == 5
    assert starts[-1] == generator.TODAY.isoformat()


def test_the_same_arguments_make_the_same_bytes():
    assert generator.chart(5, 60, seed=3) == generator.chart(5, 60, seed=3)


def test_fewer_resources_than_the_program_needs_are_refused():
    with pytest.raises(ValueError, match="30 visits make"):
        generator.chart(visits=30, resources=10)


def test_every_resource_of_a_chart_is_valid_r4():
    request = json.loads(generator.chart(visits=5, resources=60))
    for holder, name in generator.holders(request["prefetch"]):
        get_fhir_model_class(holder[name]["resourceType"]).model_validate(holder[name])
