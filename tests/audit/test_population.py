"""The invented population: the same for the same seed, with as many errors as it says."""

import json
from collections import Counter

import pytest

from cds_service.audit.population import (
    PROGRAM_ERRORS,
    VISIT_ERRORS,
    Planted,
    billed_lines,
    expected_lines,
    planted_count,
    population,
)
from cds_service.audit.population_files import patient_resources, write_population
from cds_service.fhir.judge import first_r4_error


def files_in(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_the_same_seed_makes_the_same_files(tmp_path):
    for name in ("first", "second"):
        write_population(population(8, seed=5), tmp_path / name)
    assert files_in(tmp_path / "first") == files_in(tmp_path / "second")


def test_another_seed_makes_other_people():
    assert population(8, seed=5) != population(8, seed=6)


def test_errors_are_planted_at_exactly_the_rates_that_are_named():
    people = population(60)
    sound = sum(len(program.days) for program in people.programs if program.error is None)
    assert Counter(wrong.error for wrong in people.planted) == {
        **{error: planted_count(share, 60) for error, share in PROGRAM_ERRORS.items()},
        **{error: planted_count(share, sound) for error, share in VISIT_ERRORS.items()},
    }


def test_no_visit_has_two_errors():
    people = population(60)
    places = Counter((wrong.patient, wrong.date) for wrong in people.planted)
    assert set(places.values()) == {1}
    whole = {wrong.patient for wrong in people.planted if wrong.date is None}
    assert whole.isdisjoint(wrong.patient for wrong in people.planted if wrong.date is not None)


@pytest.mark.parametrize(
    ("error", "units"),
    [(None, 0), (Planted.UNDER_CODED, -1), (Planted.OVER_CODED, 1), (Planted.MISSING_MODIFIER, 0)],
)
def test_an_error_changes_the_bill_as_it_says(error, units):
    for program in population(20).programs:
        right, billed = expected_lines(program), billed_lines(program, error)
        assert sum(line[1] for line in billed) == sum(line[1] for line in right) + units
        assert (billed[0][2] == right[0][2]) is (error is not Planted.MISSING_MODIFIER)


def test_what_is_not_billed_has_no_line():
    assert billed_lines(population(1).programs[0], Planted.NOT_BILLED) == ()


def test_every_resource_is_valid_r4():
    people = population(2)
    errors = people.visit_errors
    seen = set()
    for program in people.programs:
        for resource in patient_resources(program, errors):
            if resource["resourceType"] not in seen:
                seen.add(resource["resourceType"])
                assert first_r4_error(resource) is None, resource["resourceType"]
    assert {"Claim", "ClaimResponse", "Encounter", "Procedure", "Patient", "Organization"} <= seen


def test_clinics_and_people_are_written_once_for_all_patients(tmp_path):
    write_population(population(20), tmp_path)
    for kind in ("Organization", "Practitioner", "Patient"):
        ids = [json.loads(line)["id"] for line in (tmp_path / f"{kind}.ndjson").read_text().splitlines()]
        assert len(ids) == len(set(ids))
    held = {json.loads(line)["id"] for line in (tmp_path / "Organization.ndjson").read_text().splitlines()}
    visits = (tmp_path / "Encounter.ndjson").read_text().splitlines()
    named = {json.loads(line)["serviceProvider"]["reference"].removeprefix("Organization/") for line in visits}
    assert named == held
