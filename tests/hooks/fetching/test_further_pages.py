"""Further pages of a search, whether prefetch or the FHIR server gave its first."""

from tests import hosts
from tests.fhir_host import FhirHost
from tests.hooks.fetching.fetching_calls import gaps, procedures, without_prefetch


def test_further_pages_of_a_prefetched_search_are_followed(ask, ehr, discharge):
    full = ask(discharge)
    whole = discharge["prefetch"]["procedures"]
    matched = [entry for entry in whole["entry"] if entry["search"]["mode"] == "match"]
    ehr.paged = 2
    first = {
        **whole,
        "entry": matched[:2],
        "link": [{"relation": "next", "url": f"{ehr.url}/{procedures(discharge)}&page=1"}],
    }
    answer = ask(without_prefetch(discharge, ehr, prefetch={**discharge["prefetch"], "procedures": first}))
    assert full["cards"] == answer["cards"]
    assert gaps(full) == gaps(answer)
    assert len(matched) / 2 > 1
    assert procedures(discharge) not in ehr.queries


def test_without_a_token_the_first_page_is_all_there_is(ask, ehr, discharge):
    whole = discharge["prefetch"]["procedures"]
    first = {**whole, "link": [{"relation": "next", "url": f"{ehr.url}/{procedures(discharge)}&page=1"}]}
    answer = ask({**discharge, "prefetch": {**discharge["prefetch"], "procedures": first}})
    assert "only the first page of procedures was given" in gaps(answer)
    assert ehr.seen == []


def test_a_further_page_elsewhere_is_a_gap_and_sees_no_request(ask, ehr, discharge):
    with FhirHost() as second:
        whole = discharge["prefetch"]["procedures"]
        first = {**whole, "link": [{"relation": "next", "url": f"{second.url}/{procedures(discharge)}&page=1"}]}
        answer = ask(without_prefetch(discharge, ehr, prefetch={**discharge["prefetch"], "procedures": first}))
        assert second.seen == []
    assert "further pages of procedures: its next page is on another server, which is not asked" in gaps(answer)


def test_a_fetched_search_that_breaks_off_keeps_what_came_and_names_the_rest(ask, ehr, discharge):
    ehr.paged = 2
    ehr.faults[f"{procedures(discharge)}&page=1"] = hosts.status(500)
    answer = ask(without_prefetch(discharge, ehr))
    assert "further pages of procedures: the EHR's FHIR server failed (500)" in gaps(answer)
