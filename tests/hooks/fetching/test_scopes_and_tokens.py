"""What the token covers is asked for; the token itself stays in its call."""

import gc
import json
import threading

import pytest
from requests import PreparedRequest

from cds_service.errors import DataNeeded
from cds_service.fhir.server.client import FhirClient
from cds_service.hooks.call import FhirAuthorization, read_call
from tests import hosts
from tests.fhir_host import TOKEN
from tests.hooks.fetching.fetching_calls import (
    access,
    gaps,
    without_prefetch,
)


@pytest.mark.parametrize(
    "scope", ["user/Procedure.read user/CarePlan.read", "patient/Procedure.rs patient/CarePlan.rs?status=active"]
)
def test_types_that_no_scope_covers_are_not_asked_for(ask, ehr, discharge, scope):
    answer = ask(without_prefetch(discharge, ehr, scope))
    assert {"Procedure", "CarePlan"} == {query.partition("?")[0].partition("/")[0] for query in ehr.queries}
    assert "coverage was not given, and its token does not cover Coverage on the EHR's FHIR server" in gaps(answer)


def test_where_a_token_shows_only_a_part_nothing_found_is_not_nothing(ask, ehr, discharge):
    scope = "user/*.rs?status=x user/Procedure.rs"
    ehr.resources = [resource for resource in ehr.resources if resource["resourceType"] != "Coverage"]
    found = gaps(ask(without_prefetch(discharge, ehr, scope)))
    assert "coverage was not given, and its token shows only a part of Coverage on the EHR's FHIR server" in found
    assert "its token shows only a part of CarePlan on the EHR's FHIR server" in found
    assert not any("a part of Procedure" in why for why in found)


def test_a_token_for_another_patient_is_not_used(ask, ehr, discharge):
    request = without_prefetch(discharge, ehr)
    of_patient = {**request["fhirAuthorization"], "patient": discharge["context"]["patientId"]}
    assert ask(discharge) == ask({**request, "fhirAuthorization": of_patient})
    ehr.seen.clear()
    with pytest.raises(DataNeeded):
        ask({**request, "fhirAuthorization": {**of_patient, "patient": "somebody-else"}})
    assert ehr.seen == []


@pytest.mark.parametrize("scope", ["", "launch openid", "user/*.read", "system/*.rs", "patient/*.cruds"])
def test_other_scopes_leave_it_to_the_server(ask, ehr, discharge, scope):
    assert ask(discharge) == ask(without_prefetch(discharge, ehr, scope))


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        {},
        {"access_token": "", "token_type": "Bearer"},
        {**access("")["fhirAuthorization"], "token_type": "Basic"},
    ],
    ids=["none", "empty", "no token", "another kind of token"],
)
def test_without_a_usable_token_the_call_goes_on_with_its_prefetch(ask, ehr, discharge, authorization):
    prefetch = {key: value for key, value in discharge["prefetch"].items() if key != "coverage"}
    answer = ask({**discharge, "prefetch": prefetch, "fhirServer": ehr.url, "fhirAuthorization": authorization})
    assert "coverage was not given" in gaps(answer)
    assert ehr.seen == []


def test_the_token_is_gone_with_the_call(ask, ehr, discharge):
    planted = f"token-planted-{len(ehr.url)}"
    request = without_prefetch(discharge, ehr)
    request["fhirAuthorization"]["access_token"] = planted
    answer = ask(request)
    assert {f"Bearer {planted}"} == {query.headers["authorization"] for query in ehr.seen}
    assert planted not in json.dumps(answer)
    held = read_call(json.dumps(request).encode(), "work-rehab-visit")
    assert [FhirAuthorization] == [type(carrier) for carrier in carriers()]
    del held
    assert [] == carriers()


def carriers():
    """Living objects that carry a token."""
    gc.collect()
    return [held for held in gc.get_objects() if isinstance(held, FhirAuthorization | FhirClient | PreparedRequest)]


def test_nothing_of_patient_or_token_is_logged(ask, ehr, discharge, caplog, capfd):
    caplog.set_level("INFO")
    ehr.faults["Coverage"] = hosts.half
    ask(without_prefetch(discharge, ehr))
    logged = caplog.text + "".join(capfd.readouterr())
    assert TOKEN not in logged
    assert discharge["context"]["patientId"] not in logged


def test_calls_at_the_same_time_each_use_their_own_token(ask, ehr, discharge):
    requests = [without_prefetch(discharge, ehr) for _ in range(8)]
    for number, request in enumerate(requests):
        request["fhirAuthorization"] = {**request["fhirAuthorization"], "access_token": f"token-{number}"}
    answers = []
    threads = [threading.Thread(target=lambda request=request: answers.append(ask(request))) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ask(discharge)] * 8 == answers
    sent = [query.headers["authorization"] for query in ehr.seen]
    assert {f"Bearer token-{number}": len(sent) // 8 for number in range(8)} == {
        header: sent.count(header) for header in sent
    }
