"""What prefetch lacks comes from the EHR's FHIR server: the same answer however data came, a gap for every fault."""

import gc
import json
import threading
from copy import deepcopy
from datetime import UTC, date, datetime
from functools import cache

import pytest
from requests import PreparedRequest

from cards.explanation import EVALUATION_EXTENSION
from cds_service.errors import DataNeeded
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.fhir.server.client import FhirClient
from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import FhirAuthorization, read_call
from cds_service.hooks.fetching import MOST_REFERENCES, Fetcher, pool_of_threads
from cds_service.hooks.services import SERVICES
from cds_service.hooks.shares import Shares
from cds_service.policies.stack import PolicyStack
from cds_service.security.addresses import Addresses
from cds_service.security.clients import DEMO, Caller
from cds_service.security.outgoing import outgoing_session
from cds_service.security.servers import Servers
from cds_service.stories import bundled, load
from tests import hosts
from tests.fhir_host import TOKEN, FhirHost, searchset
from tests.hooks.hook_requests import SERVICE_OF, request_for
from tests.security.signing import client

TODAY = date(2026, 3, 16)
STORY = "texas-hardening-pt-pta"
SCOPE = "user/*.rs"
VISIT_KEYS = next(service.prefetch for service in SERVICES if service.hook == "encounter-discharge")


@pytest.fixture(scope="module")
def policies():
    return PolicyStack.load()


@pytest.fixture
def ehr():
    with FhirHost() as running:
        yield running


@pytest.fixture
def ask(policies, ehr):
    """Answers a request as for a client that registered the EHR's server; ``pool`` shows when all queries ended."""
    with outgoing_session(Addresses()) as session, pool_of_threads() as pool:

        def answer(request, caller=None, *, seconds=5.0, allow_http=True, resolve=None):
            fetcher = Fetcher(
                session=session if resolve is None else outgoing_session(Addresses(resolve=resolve)),
                shares=Shares(pool),
                servers=lambda allowed: Servers(allowed, allow_http).permits,
                seconds=seconds,
            )
            answerer = Answerer(
                policies=policies,
                clock=lambda: datetime(2026, 3, 16, 9, tzinfo=UTC),
                public_url="https://cds.example.org",
                source_label="Example Rehab",
                max_cards=50,
                fetcher=fetcher,
            )
            call = read_call(json.dumps(request).encode(), SERVICE_OF[request["hook"]])
            return answerer.answered(call, caller or Caller(client(fhir_servers=[ehr.url]))).response

        answer.pool = pool
        yield answer
        ehr.released.set()


def without_prefetch(request, ehr, scope=SCOPE, **changes):
    return {key: value for key, value in request.items() if key != "prefetch"} | access(ehr.url, scope) | changes


def access(url, scope=SCOPE):
    authorization = {
        "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": scope, "subject": "cds-example",
    }  # fmt: skip
    return {"fhirServer": url, "fhirAuthorization": authorization}


def evaluation(answer):
    return answer["extension"][EVALUATION_EXTENSION]


def gaps(answer):
    return [gap["why"] for gap in evaluation(answer)["gaps"]]


story_of = cache(lambda name: load(name, TODAY))


def in_ehr(story, ehr, hook=None):
    """Put a story's resources into the EHR; its request."""
    request = story_of(story).request(hook)
    material = story_of(story).material
    ehr.resources = deepcopy([*material.resources, *(material.drafts if request["hook"] == "order-dispatch" else ())])
    return deepcopy(request)


@pytest.fixture
def discharge(ehr):
    return in_ehr(STORY, ehr, "encounter-discharge")


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


def test_roles_of_their_own_tell_what_contained_ones_tell(ask, ehr):
    """Names without credentials, so that only the role tells who is an assistant."""
    request = in_ehr(STORY, ehr, "encounter-discharge")
    ehr.resources = json.loads(json.dumps(ehr.resources).replace(", PTA", "").replace(", PT", ""))
    contained = ask(without_prefetch(request, ehr))
    assert not any(query.startswith("Practitioner") for query in ehr.queries)
    ehr.resources = referred_roles(ehr.resources)
    referred = ask(without_prefetch(request, ehr))
    assert {"PractitionerRole/pt", "PractitionerRole/pta"} <= set(ehr.queries)
    assert shown(contained) == shown(referred)
    assert "CQ" in json.dumps(referred["cards"])


def referred_roles(resources):
    """The same resources with the contained roles as resources of their own."""
    moved = {}
    for resource in resources:
        for role in resource.pop("contained", ()):
            moved[role["id"]] = role
        for performer in resource.get("performer", ()):
            name = performer["actor"]["reference"]
            if name.startswith("#"):
                performer["actor"]["reference"] = f"PractitionerRole/{name[1:]}"
        if resource.get("author", {}).get("reference", "").startswith("#"):
            resource["author"]["reference"] = f"PractitionerRole/{resource['author']['reference'][1:]}"
    return [*resources, *moved.values()]


def shown(answer):
    return [card["summary"] for card in answer["cards"]]


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


def test_referred_resources_are_asked_for_at_the_same_time(ask, ehr, discharge):
    people = [f"Practitioner/someone-{number}" for number in range(3)]
    treatment = next(resource for resource in ehr.resources if resource["resourceType"] == "Procedure")
    treatment["performer"] = [{"actor": {"reference": name}} for name in people]
    ehr.resources.extend(
        {"resourceType": "Practitioner", "id": name.partition("/")[2], "qualification": [{"code": {"text": "PT"}}]}
        for name in people
    )
    together = threading.Barrier(len(people))
    ehr.faults["Practitioner/someone"] = lambda handler: (
        together.wait(5),
        handler.reply(200, ehr.answer(handler.path.removeprefix(f"{FhirHost.base}/"))),
    )
    ask(without_prefetch(discharge, ehr))
    assert not together.broken
    assert set(people) <= set(ehr.queries)


def test_so_many_referred_resources_are_read_and_no_more(ask, ehr, discharge):
    treatment = next(resource for resource in ehr.resources if resource["resourceType"] == "Procedure")
    treatment["performer"] = [{"actor": {"reference": f"Practitioner/p{number}"}} for number in range(100)]
    ask(without_prefetch(discharge, ehr))
    assert len(ehr.queries) == len(VISIT_KEYS) + MOST_REFERENCES


def test_references_to_other_servers_are_not_asked_for_here(ask, ehr, discharge):
    treatment = next(resource for resource in ehr.resources if resource["resourceType"] == "Procedure")
    treatment["performer"] = [
        {"actor": {"reference": "https://other.example/Practitioner/p1"}},
        {"actor": {"reference": f"{ehr.url}/Practitioner/p2"}},
        {"actor": {"reference": "Practitioner/../../p3"}},
    ]
    ask(without_prefetch(discharge, ehr))
    assert ["Practitioner/p2"] == [query for query in ehr.queries if query.startswith("Practitioner")]


def test_the_request_of_an_answer_that_names_no_service_is_read(ask, ehr, discharge):
    answered = next(resource for resource in ehr.resources if resource["resourceType"] == "ClaimResponse")
    answered["request"] = {"reference": "Claim/asked"}
    for item in answered["item"]:
        item["extension"] = [
            extension for extension in item["extension"] if not extension["url"].endswith("itemAuthorizedDetail")
        ]
    asked = {"resourceType": "Claim", "id": "asked", "use": "preauthorization", "patient": answered["patient"]}
    ehr.resources.append(asked | {"item": [{"sequence": 1, "productOrService": {"text": "MRI of the knee"}}]})
    answer = ask(without_prefetch(discharge, ehr))
    assert "Claim/asked" in ehr.queries
    assert any("none on record" in card["summary"] for card in answer["cards"])


def test_a_person_without_qualification_is_known_by_the_roles_held(ask, ehr, discharge):
    treatments = [resource for resource in ehr.resources if resource["resourceType"] == "Procedure"]
    for treatment in treatments:
        treatment["performer"] = [{"actor": {"reference": "Practitioner/somebody"}}]
    code = {"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "225200000X"}]}
    ehr.resources += [
        {"resourceType": "Practitioner", "id": "somebody"},
        {
            "resourceType": "PractitionerRole",
            "id": "r",
            "practitioner": {"reference": "Practitioner/somebody"},
            "code": [code],
        },
    ]
    answer = ask(without_prefetch(discharge, ehr))
    assert "PractitionerRole?practitioner=somebody" in ehr.queries
    assert "CQ" in json.dumps(answer["cards"])


def test_a_role_without_code_leads_to_the_person(ask, ehr, discharge):
    for resource in ehr.resources:
        if resource["resourceType"] == "Procedure":
            resource["performer"] = [{"actor": {"reference": "PractitionerRole/r"}}]
    ehr.resources += [
        {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/somebody"}},
        {
            "resourceType": "Practitioner",
            "id": "somebody",
            "qualification": [{"code": {"text": "Physical Therapist Assistant"}}],
        },
    ]
    answer = ask(without_prefetch(discharge, ehr))
    assert "Practitioner/somebody" in ehr.queries
    assert "CQ" in json.dumps(answer["cards"])


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


def procedures(request):
    return PREFETCH_KEYS["procedures"].template.replace("{{context.patientId}}", request["context"]["patientId"])


FAULTS = [
    (hosts.status(401), "the EHR's FHIR server did not accept the access token (401)"),
    (hosts.status(403), "the EHR's FHIR server refused access (403)"),
    (hosts.status(404), "the EHR's FHIR server does not have it (404)"),
    (hosts.status(500), "the EHR's FHIR server failed (500)"),
    (hosts.half, "the EHR's FHIR server broke off"),
    (hosts.hang, "the EHR's FHIR server did not answer in time"),
    (hosts.body(b"<html>"), "the EHR's FHIR server answered with something that is not FHIR JSON"),
    (
        hosts.body({"resourceType": "Patient", "id": "x"}),
        "the EHR's FHIR server answered with another type of resource",
    ),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[reason for _, reason in FAULTS])
def test_a_fault_is_a_named_gap_and_the_rest_of_the_answer_stands(ask, ehr, discharge, fault, reason):
    ehr.faults["Coverage"] = fault
    answer = ask(without_prefetch(discharge, ehr), seconds=2.0 if fault is hosts.hang else 5.0)
    assert f"coverage was not given, and {reason}" in gaps(answer)
    assert "visit-charges" in [rule["id"] for rule in evaluation(answer)["rules"] if rule["outcome"] == "fired"]


def test_a_search_that_brings_another_type_is_a_gap(ask, ehr, discharge):
    ehr.faults["Coverage"] = hosts.body(searchset([{"resourceType": "Goal", "id": "g"}]))
    answer = ask(without_prefetch(discharge, ehr))
    assert "what was given under coverage is of another resource type" in gaps(answer)


@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[reason for _, reason in FAULTS])
def test_when_even_the_needed_data_fails_the_call_is_refused(ask, ehr, discharge, fault, reason):
    ehr.faults["Procedure"] = fault
    with pytest.raises(DataNeeded) as refused:
        ask(without_prefetch(discharge, ehr), seconds=0.3 if fault is hosts.hang else 5.0)
    assert refused.value.keys == ("procedures",)
    assert reason


def test_a_referred_person_who_cannot_be_read_is_a_gap_when_nothing_else_tells(ask, ehr, discharge):
    for resource in ehr.resources:
        if resource["resourceType"] == "Procedure":
            resource["performer"] = [
                {"actor": {"reference": "Practitioner/unknown"}},
                {"actor": {"reference": "Practitioner/named", "display": "Assi Mockwell, PTA"}},
            ]
    found = evaluation(ask(without_prefetch(discharge, ehr)))["gaps"]
    why = "could not be read: the EHR's FHIR server does not have it (404)"
    assert ["Practitioner/unknown"] == [gap["reference"] for gap in found if gap["why"] == why]


def test_foreign_data_from_the_server_is_not_used(ask, ehr, discharge):
    foreign = {
        "resourceType": "Coverage", "id": "theirs", "status": "active", "beneficiary": {"reference": "Patient/other"},
        "payor": [{"display": "Medicare"}],
    }  # fmt: skip
    ehr.faults["Coverage"] = hosts.body(searchset([foreign]))
    answer = ask(without_prefetch(discharge, ehr))
    assert "1 resource of another patient was left out" in gaps(answer)
    assert "us-medicare" not in evaluation(answer)["policies"]


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


@pytest.mark.parametrize("caller", [DEMO, Caller(client(fhir_servers=["https://ehr.example.org/fhir"]))])
def test_a_server_that_is_not_the_clients_sees_no_request(ask, ehr, discharge, caller):
    with pytest.raises(DataNeeded):
        ask(without_prefetch(discharge, ehr), caller)
    assert ehr.seen == []


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://localhost:{port}/r4", "http://127.0.0.1:{port}"]
)
def test_servers_on_this_machine_or_at_the_metadata_address_see_no_request(ask, ehr, discharge, url):
    request = {**discharge, **access(url.format(port=ehr.port)), "prefetch": {}}
    with pytest.raises(DataNeeded):
        ask(request)
    assert ehr.seen == []


def test_a_registered_name_that_leads_to_this_machine_sees_no_request(ask, ehr, discharge):
    url = f"http://ehr.example.org:{ehr.port}/r4"
    request = {**discharge, **access(url)}
    del request["prefetch"]["coverage"]
    answer = ask(request, Caller(client(fhir_servers=[url])), resolve=lambda *_: ("127.0.0.1",))
    assert "coverage was not given, and the EHR's FHIR server could not be reached" in gaps(answer)
    assert ehr.seen == []


def test_plain_http_is_not_used_without_the_switch_and_prefetch_still_answers(ask, ehr, discharge):
    full = ask(discharge)
    assert full == ask({**discharge, **access(ehr.url)}, allow_http=False)
    del discharge["prefetch"]["coverage"]
    assert "coverage was not given" in gaps(ask({**discharge, **access(ehr.url)}, allow_http=False))
    assert ehr.seen == []


def test_a_redirect_leads_nowhere(ask, ehr, discharge):
    with FhirHost() as second:
        ehr.faults["Coverage"] = hosts.redirect(f"{second.url}/Coverage")
        answer = ask(without_prefetch(discharge, ehr))
        assert second.seen == []
    said = "coverage was not given, and the EHR's FHIR server answered with a redirect, which is not followed (302)"
    assert said in gaps(answer)


def test_an_order_of_something_else_asks_nothing(ask, ehr):
    ibuprofen = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "draft",
        "subject": {"reference": "Patient/p1"},
    }
    knee = {
        "resourceType": "ServiceRequest", "id": "o1", "status": "draft", "intent": "order",
        "code": {"text": "MRI of the knee"}, "subject": {"reference": "Patient/p1"},
    }  # fmt: skip
    request = request_for("order-sign", **access(ehr.url))
    request["context"] = {
        **request["context"],
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": ibuprofen}, {"resource": knee}]},
    }
    assert {"cards": []} == ask(request)
    assert ehr.seen == []


def test_an_appointment_for_something_else_asks_nothing(ask, ehr):
    visit = {
        "resourceType": "Appointment", "id": "a", "status": "proposed", "start": "2026-03-18T09:00:00-06:00",
        "description": "Flu shot", "participant": [{"actor": {"reference": "Patient/p1"}, "status": "needs-action"}],
    }  # fmt: skip
    request = request_for("appointment-book", **access(ehr.url))
    request["context"] = {
        **request["context"],
        "appointments": {"resourceType": "Bundle", "entry": [{"resource": visit}]},
    }
    assert {"cards": []} == ask(request)
    assert ehr.seen == []


def test_an_appointment_on_an_order_asks_what_the_order_is(ask, ehr):
    request = in_ehr("booking-past-authorization", ehr)
    for entry in request["context"]["appointments"]["entry"]:
        for name in ("serviceType", "appointmentType", "reasonCode", "description"):
            entry["resource"].pop(name, None)
        entry["resource"]["basedOn"] = [{"reference": "ServiceRequest/of-the-program"}]
    ehr.resources.append(
        {
            "resourceType": "ServiceRequest", "id": "of-the-program", "status": "active", "intent": "order",
            "code": {"text": "Work hardening"}, "subject": {"reference": f"Patient/{request['context']['patientId']}"},
        }
    )  # fmt: skip
    assert ask(without_prefetch(request, ehr))["cards"]


def test_without_an_encounter_in_context_its_key_is_left_alone(ask, ehr):
    request = in_ehr("clean-program", ehr, "patient-view")
    request["context"].pop("encounterId", None)
    ask(without_prefetch(request, ehr))
    assert [] == [query for query in ehr.queries if query.startswith("Encounter/")]


def test_nothing_of_a_call_is_asked_after_its_answer(ask, ehr, discharge):
    ehr.faults["Coverage"] = hosts.hang
    ehr.faults["Organization"] = hosts.hang
    ask(without_prefetch(discharge, ehr), seconds=1.5)
    answered = len(ehr.seen)
    ehr.released.set()
    ask.pool.shutdown(wait=True)
    assert answered == len(ehr.seen)


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
