"""Queries over real HTTP: what comes back, and what every fault is called."""

import json
import time
import tracemalloc

import pytest

from cds_service.fhir.server.client import MOST_BYTES, MOST_PAGES, FhirClient
from cds_service.fhir.server.failures import FhirFailure
from cds_service.fhir.server.room import Room
from cds_service.security.addresses import Addresses
from cds_service.security.outgoing import outgoing_session
from cds_service.security.servers import Servers
from tests import hosts
from tests.fhir.resources import procedure
from tests.fhir_host import TOKEN, FhirHost, searchset

SEARCH = "Procedure?patient=p1"
PATIENT = {"resourceType": "Patient", "id": "p1"}
FOUND = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": procedure("a")}]}


@pytest.fixture
def ehr():
    with FhirHost([PATIENT, *(procedure(name) for name in "abcde")]) as running:
        yield running


@pytest.fixture
def session():
    with outgoing_session(Addresses()) as shared:
        yield shared


@pytest.fixture
def client(ehr, session):
    return client_of(ehr, session)


def client_of(ehr, session, seconds=5.0):
    permits = Servers((ehr.url,), allow_http=True).permits
    return FhirClient(ehr.url, TOKEN, time.monotonic() + seconds, session, permits)


def ids(found):
    return [json.loads(bytes(entry))["resource"]["id"] for entry in found.entries]


def reason(ask):
    with pytest.raises(FhirFailure) as failed:
        ask()
    return failed.value.reason


def test_a_read_gives_the_resource_as_bytes(client):
    assert json.loads(client.read("Patient/p1", "Patient")) == PATIENT


def test_a_search_gives_the_entries(client):
    assert ids(client.search(SEARCH)) == ["a", "b", "c", "d", "e"]


def test_the_token_goes_with_every_request_and_fhir_json_is_asked_for(ehr, client):
    client.search(SEARCH)
    sent = ehr.seen[0].headers
    assert (sent["authorization"], sent["accept"]) == (f"Bearer {TOKEN}", "application/fhir+json")


def test_no_cookie_is_kept(ehr, client, session):
    ehr.faults["Patient"] = lambda handler: handler.reply(200, PATIENT, Set_Cookie="session=1; Path=/")
    client.read("Patient/p1", "Patient")
    client.read("Patient/p1", "Patient")
    assert ["cookie" in request.headers for request in ehr.seen] == [False, False]
    assert not session.cookies


def test_the_session_shared_by_calls_never_holds_a_token(client, session):
    client.read("Patient/p1", "Patient")
    assert TOKEN not in f"{dict(session.headers)} {session.auth}"


def test_a_client_does_not_show_its_token(client):
    assert TOKEN not in repr(client)


def test_connections_are_used_again(ehr, client):
    ports = set()
    ehr.faults["Patient"] = lambda handler: (ports.add(handler.client_address), handler.reply(200, PATIENT))
    for _ in range(5):
        client.read("Patient/p1", "Patient")
    assert len(ports) == 1


def test_compressed_answers_are_read(ehr, client):
    ehr.gzipped = True
    assert ids(client.search(SEARCH)) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("relative", [False, True])
def test_all_pages_are_followed(ehr, client, relative):
    ehr.paged = 2
    if relative:
        ehr.faults[f"{SEARCH}&page=2"] = hosts.body(searchset([procedure("z")]))
        ehr.faults[SEARCH] = hosts.body(searchset([procedure("a")], f"{SEARCH}&page=2"))
    assert (["a", "z"] if relative else ["a", "b", "c", "d", "e"]) == ids(client.search(SEARCH))


NEXT = {
    "a bar": ("{base}/Procedure?patient=p1&page=1&category=http://x.example/c|survey", "category=http://x.example/c%7Csurvey"),
    "quotes": ('{base}/Procedure?patient=p1&page=1&code="x"', "code=%22x%22"),
    "a blank": ("{base}/Procedure?patient=p1&page=1&code=a b", "code=a%20b"),
    "blanks around it": (" {base}/Procedure?patient=p1&page=1 \n", "page=1"),
    "braces": ("{base}/Procedure?patient=p1&page=1&code={{x}}", "code=%7Bx%7D"),
    "a letter beyond ASCII": ("{base}/Procedure?patient=p1&page=1&code=\u00e9", "code=%C3%A9"),
    "a percent sign of its own": ("{base}/Procedure?patient=p1&page=1&code=50%", "code=50%25"),
    "what is encoded already": ("{base}/Procedure?patient=p1&page=1&code=a%7Cb", "code=a%7Cb"),
    "two slashes": ("{base}//Procedure?patient=p1&page=1", "page=1"),
    "relative to the base": ("Procedure?patient=p1&page=1", "page=1"),
    "relative with a dot": ("./Procedure?patient=p1&page=1", "page=1"),
    "query only": ("?patient=p1&page=1", "page=1"),
    "from the root": ("/r4/Procedure?patient=p1&page=1", "page=1"),
}  # fmt: skip


@pytest.mark.parametrize("name", NEXT)
@pytest.mark.parametrize("by_call", [False, True], ids=["fetched", "given"])
def test_a_link_is_followed_as_servers_write_it(ehr, client, name, by_call):
    written, sent = NEXT[name]
    link = written.format(base=ehr.url)
    ehr.faults["Procedure?patient=p1&page=1"] = hosts.body(searchset([procedure("z")]))
    ehr.faults[SEARCH] = hosts.body(searchset([procedure("a")], link))
    found = client.follow(link, SEARCH) if by_call else client.search(SEARCH)
    assert (["z"] if by_call else ["a", "z"], None) == (ids(found), found.problem)
    assert ehr.queries[-1].endswith(sent)


def test_a_link_to_the_base_itself_is_followed(ehr, client):
    asked = []
    ehr.faults[FhirHost.base] = lambda handler: (
        asked.append(handler.path),
        handler.reply(200, searchset([procedure("z")])),
    )
    ehr.faults[SEARCH] = hosts.body(searchset([procedure("a")], f"{ehr.url}?_getpages=7&_pageId=1"))
    assert ["a", "z"] == ids(client.search(SEARCH))
    assert [f"{FhirHost.base}?_getpages=7&_pageId=1"] == asked


def test_a_given_page_that_links_itself_is_not_asked_for_again(ehr, client):
    said = reason(lambda: client.follow(f"{ehr.url}/{SEARCH}", SEARCH))
    assert said == "the EHR's FHIR server links its pages without end"
    assert ehr.seen == []


@pytest.mark.parametrize(
    "link", ["..\\Procedure?page=1", "http://127.0.0.1\\@x.test/r4/Procedure", "../../other?page=1"]
)
def test_a_link_that_two_readers_may_understand_differently_is_not_followed(ehr, client, link):
    ehr.faults[SEARCH] = hosts.body(searchset([procedure("a")], link))
    assert client.search(SEARCH).problem is not None
    assert ehr.queries == [SEARCH]


def test_fewer_than_the_server_counts_is_a_problem(ehr, client):
    ehr.faults[SEARCH] = hosts.body({**searchset([procedure("a")]), "total": 19})
    found = client.search(SEARCH)
    assert (["a"], 19) == (ids(found), found.total)
    assert found.problem == "the EHR's FHIR server gave 1 of 19 and no further page"


def test_an_encoding_that_the_body_does_not_have_is_told(ehr, client):
    ehr.faults[SEARCH] = lambda handler: handler.reply(200, FOUND, Content_Encoding="gzip")
    assert reason(lambda: client.search(SEARCH)) == "the EHR's FHIR server answered in another encoding than it says"


def test_a_cycle_of_pages_ends_with_what_was_found(ehr, client):
    ehr.faults[SEARCH] = hosts.body(searchset([procedure("a")], f"{ehr.url}/{SEARCH}"))
    found = client.search(SEARCH)
    assert (["a"], "the EHR's FHIR server links its pages without end") == (ids(found), found.problem)
    assert ehr.queries == [SEARCH]


def test_pages_without_end_are_given_up(ehr, client):
    ehr.faults[SEARCH] = lambda handler: handler.reply(
        200, searchset([procedure("a")], f"{SEARCH}&page={len(handler.host.seen)}")
    )
    found = client.search(SEARCH)
    assert found.problem == "the EHR's FHIR server links its pages without end"
    assert len(ehr.seen) == MOST_PAGES


@pytest.mark.parametrize("link", ["http://[", "http://a]b/", "//[x]"])
def test_a_next_page_without_an_address_is_not_asked(ehr, client, link):
    ehr.faults[SEARCH] = hosts.body(searchset([procedure("a")], link))
    found = client.search(SEARCH)
    assert (["a"], "the link to its next page is not a web address") == (ids(found), found.problem)


@pytest.mark.parametrize(
    "elsewhere", ["http://127.0.0.1:9/r4/Procedure?page=2", "../other/Procedure?page=2", "//x.test/r4/"]
)
def test_a_next_page_elsewhere_is_not_asked(ehr, client, elsewhere):
    ehr.faults[SEARCH] = hosts.body(searchset([procedure("a")], elsewhere))
    found = client.search(SEARCH)
    assert ["a"] == ids(found)
    assert found.problem == "its next page is on another server, which is not asked"
    assert ehr.queries == [SEARCH]


def test_a_next_page_on_another_host_sees_no_request(ehr, client):
    with FhirHost() as second_server:
        ehr.faults[SEARCH] = hosts.body(searchset([procedure("a")], f"{second_server.url}/{SEARCH}&page=2"))
        client.search(SEARCH)
        assert second_server.seen == []


def test_a_broken_later_page_leaves_the_earlier_ones(ehr, client):
    ehr.faults[f"{SEARCH}&page"] = hosts.status(403)
    ehr.paged = 2
    found = client.search(SEARCH)
    assert (["a", "b"], "the EHR's FHIR server refused access (403)") == (ids(found), found.problem)
    assert found.rest == f"{ehr.url}/{SEARCH}&page=1"


ENDLESS = {hosts.hang, hosts.drip, hosts.drip_head, hosts.continue_for_ever}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (hosts.status(401), "did not accept the access token (401)"),
        (hosts.status(403), "refused access (403)"),
        (hosts.status(404), "does not have it (404)"),
        (hosts.status(410), "does not have it any more (410)"),
        (hosts.status(400), "refused the query (400)"),
        (hosts.status(422), "refused the query (422)"),
        (hosts.status(501), "does not offer this query (501)"),
        (hosts.status(429), "is too busy (429)"),
        (hosts.status(500), "failed (500)"),
        (hosts.status(503), "failed (503)"),
        (hosts.status(204), "did not answer the query (204)"),
        (hosts.half, "broke off"),
        (hosts.drop, "broke off"),
        (hosts.hang, "did not answer in time"),
        (hosts.drip, "did not answer in time"),
        (hosts.drip_head, "did not answer in time"),
        (hosts.continue_for_ever, "did not answer in time"),
        (hosts.body(b"<html>Log in</html>", "text/html"), "answered with something that is not FHIR JSON"),
        (hosts.body(b'{"resourceType": "Bundle", "entry"'), "answered with something that is not FHIR JSON"),
        (hosts.body(b"[]"), "answered with something that is not FHIR JSON"),
        (hosts.body(b""), "answered with something that is not FHIR JSON"),
        (hosts.body(b"[" * 100_000), "answered with something that is not FHIR JSON"),
        (hosts.body(PATIENT), "answered with another type of resource"),
        (hosts.body({"resourceType": "OperationOutcome", "issue": []}), "reported an error"),
        (hosts.body(FOUND, "application/fhir+json; fhirVersion=3.0"), "answered in another FHIR version than R4"),
        (hosts.body(FOUND, "application/fhir+json; fhirVersion=5.0"), "answered in another FHIR version than R4"),
        (hosts.body(b" " * (MOST_BYTES + 1)), "answered with more than can be read"),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_words_without_address_or_data(ehr, session, fault, words):
    ehr.faults[SEARCH] = fault
    client = client_of(ehr, session, seconds=0.3 if fault in ENDLESS else 5)
    assert f"the EHR's FHIR server {words}" == reason(lambda: client.search(SEARCH))


def test_a_compressed_answer_that_swells_is_given_up(ehr, client):
    ehr.gzipped = True
    ehr.faults[SEARCH] = hosts.body(b" " * (MOST_BYTES + 1))
    assert reason(lambda: client.search(SEARCH)) == "the EHR's FHIR server answered with more than can be read"


def test_pages_together_have_one_limit_of_size(ehr, client):
    page = json.dumps(searchset([procedure("a")], f"{SEARCH}&page=1")).encode().ljust(MOST_BYTES - 10)
    ehr.faults[f"{SEARCH}&page"] = hosts.body(searchset([procedure("b")]))
    ehr.faults[SEARCH] = hosts.body(page)
    found = client.search(SEARCH)
    assert (["a"], "the EHR's FHIR server answered with more than can be read") == (ids(found), found.problem)


def announces(count):
    """Says that so many bytes follow, and sends none."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(count))
        handler.end_headers()
        handler.wfile.flush()
        handler.host.released.wait(10)
        handler.close_connection = True

    return answer


def test_an_answer_that_says_it_is_too_long_is_not_waited_for(ehr, client):
    ehr.faults[SEARCH] = announces(MOST_BYTES + 1)
    assert reason(lambda: client.search(SEARCH)) == "the EHR's FHIR server answered with more than can be read"


@pytest.mark.parametrize("gzipped", [False, True])
def test_of_an_answer_without_end_no_more_is_held_than_may_be(ehr, client, gzipped):
    ehr.gzipped = gzipped
    ehr.faults[SEARCH] = hosts.body(b" " * (8 * MOST_BYTES))
    if not gzipped:
        ehr.faults[SEARCH] = lambda handler: hosts.repeat(handler, b"HTTP/1.1 200 OK\r\n\r\n", b" " * 1024**2, 0.0)
    tracemalloc.start()
    try:
        said = reason(lambda: client.search(SEARCH))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert said == "the EHR's FHIR server answered with more than can be read"
    assert most < 2.5 * MOST_BYTES


def test_what_a_call_holds_of_answers_is_bounded_and_given_back_where_it_is_of_no_use(ehr, session):
    room = Room(3000)
    client = FhirClient(ehr.url, TOKEN, time.monotonic() + 5, session, lambda _: True, room=room)
    ehr.faults["Procedure/large"] = hosts.body(json.dumps(procedure("large")).encode().ljust(2000))
    client.read("Procedure/large", "Procedure")
    said = reason(lambda: client.read("Procedure/large", "Procedure"))
    assert said == "the EHR's FHIR server answered with more than can be held at once"
    assert 2000 == room.taken


@pytest.mark.parametrize("version", ["4.0", '"4.3"'])
def test_r4_may_say_that_it_is_r4(ehr, client, version):
    ehr.faults[SEARCH] = hosts.body(FOUND, f"application/fhir+json; fhirVersion={version}")
    assert ids(client.search(SEARCH)) == ["a"]


@pytest.mark.parametrize(
    "foreign",
    [
        {"resourceType": "Procedure", "id": "a", "occurrencePeriod": {"start": "2026-03-02"}},
        {"resourceType": "Procedure", "id": "a", "context": {"reference": "Encounter/e"}},
        {"resourceType": "Encounter", "id": "a", "actualPeriod": {"start": "2026-03-02"}},
    ],
)
def test_other_versions_are_known_by_elements_that_r4_does_not_have(ehr, client, foreign):
    ehr.faults[SEARCH] = hosts.body(searchset([foreign]))
    ehr.faults["Procedure/a"] = hosts.body(foreign)
    said = "the EHR's FHIR server answered in another FHIR version than R4"
    assert said == reason(lambda: client.search(SEARCH))
    assert said == reason(lambda: client.read("Procedure/a", foreign["resourceType"]))


def test_an_odd_entry_is_left_to_the_reader(ehr, client):
    ehr.faults[SEARCH] = hosts.body({"resourceType": "Bundle", "entry": [7, {"resource": procedure("a")}]})
    assert len(client.search(SEARCH).entries) == 2


def test_a_read_of_another_type_is_no_answer(ehr, client):
    ehr.faults["Patient/p1"] = hosts.body(procedure("a"))
    said = reason(lambda: client.read("Patient/p1", "Patient"))
    assert said == "the EHR's FHIR server answered with another type of resource"


def test_a_redirect_is_not_followed(ehr, client):
    with FhirHost([PATIENT]) as second_server:
        ehr.faults["Patient"] = hosts.redirect(f"{second_server.url}/Patient/p1")
        said = reason(lambda: client.read("Patient/p1", "Patient"))
        assert said == "the EHR's FHIR server answered with a redirect, which is not followed (302)"
        assert second_server.seen == []


@pytest.mark.parametrize("passing", [hosts.drop, hosts.half, hosts.status(502), hosts.status(503), hosts.status(504)])
def test_what_may_pass_is_asked_once_more(ehr, client, passing):
    ehr.faults[SEARCH] = hosts.once(passing, FOUND)
    assert ids(client.search(SEARCH)) == ["a"]
    assert ehr.queries == [SEARCH, SEARCH]


@pytest.mark.parametrize("lasting", [hosts.status(code) for code in (401, 403, 404, 429, 500)])
def test_what_will_not_pass_is_not_asked_again(ehr, client, lasting):
    ehr.faults[SEARCH] = lasting
    reason(lambda: client.search(SEARCH))
    assert ehr.queries == [SEARCH]


def test_after_the_deadline_nothing_is_sent(ehr, session):
    client = client_of(ehr, session, seconds=0.0)
    assert reason(lambda: client.search(SEARCH)) == "the EHR's FHIR server did not answer in time"
    assert ehr.seen == []


def test_a_server_that_is_not_there_is_said_to_be_unreachable(session):
    with FhirHost() as gone:
        client = client_of(gone, session)
    assert reason(lambda: client.search(SEARCH)) == "the EHR's FHIR server could not be reached"
