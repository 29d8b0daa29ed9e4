"""What prefetch lacks comes from the EHR's FHIR server: the same answer however data came."""

import threading

import pytest

from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.stories import bundled
from tests.fhir_host import searchset
from tests.hooks.fetching.fetching_calls import VISIT_KEYS, in_ehr, story_of, without_prefetch


@pytest.mark.parametrize(
    ("story", "hook"),
    [(name, hook) for name in bundled() if name != "vendor-shaped-chart" for hook in story_of(name).hooks],
    # not of the story whose EHR never sends what this server has
)
def test_by_prefetch_by_fhir_and_mixed_the_answer_is_the_same(ask, ehr, story, hook):
    request = in_ehr(story, ehr, hook)
    by_prefetch = ask(request)
    assert ehr.seen == []
    by_fhir = ask(without_prefetch(request, ehr))
    every_other = {key: value for place, (key, value) in enumerate(request["prefetch"].items()) if place % 2}
    mixed = ask(without_prefetch(request, ehr, prefetch=every_other))
    assert by_prefetch == by_fhir
    assert by_prefetch == mixed


@pytest.mark.parametrize("left_out", VISIT_KEYS)
def test_each_missing_key_is_asked_for_and_nothing_else(ask, ehr, discharge, left_out):
    full = ask(discharge)
    prefetch = {key: value for key, value in discharge["prefetch"].items() if key != left_out}
    answer = ask(without_prefetch(discharge, ehr, prefetch=prefetch))
    context = discharge["context"]
    query = PREFETCH_KEYS[left_out].template.replace("{{context.patientId}}", context["patientId"])
    query = query.replace("{{context.encounterId}}", context["encounterId"])
    assert query == ehr.queries[0]
    assert {"Organization"} >= {query.partition("/")[0] for query in ehr.queries[1:]}
    assert full == answer


@pytest.mark.parametrize(
    "value",
    [None, searchset([]), {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}],
    ids=["null", "empty", "failed"],
)
def test_what_was_given_as_empty_or_failed_is_never_asked_again(ask, ehr, discharge, value):
    prefetch = {**discharge["prefetch"], "coverage": value, "goals": value}
    answer = ask(without_prefetch(discharge, ehr, prefetch=prefetch))
    assert answer["cards"]
    assert [] == [query for query in ehr.queries if query.startswith(("Coverage", "Goal"))]


def test_all_missing_keys_are_asked_for_at_the_same_time(ask, ehr, discharge):
    first = len(VISIT_KEYS)
    together = threading.Barrier(first)

    def gate():
        if len(ehr.seen) <= first and not together.broken:
            together.wait(5)

    ehr.gate = gate
    assert ask(discharge) == ask(without_prefetch(discharge, ehr))
    assert not together.broken, "the queries came one after another"
