"""Finding a page, a rule or a policy by words, over HTTP and without JavaScript."""

import pytest

from cds_service.policies.stack import PolicyStack
from cds_service.web.pages.docs_site.shelf import Shelf
from cds_service.web.pages.docs_site.word_search import MOST_CHARACTERS, Findable, WordIndex, asked_words
from tests.web.docs_site.test_docs_pages import BROWSER, PROGRAM


@pytest.fixture
def found(client):
    return lambda query: client.get("/docs", query_string={"q": query}, headers=PROGRAM).json["hits"]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("prefetch", "/docs/connect#prefetch"),
        ("how do I import the NCCI tables", "/docs/ncci"),
        ("time zone", "/docs/connect#time-zone"),
        ("backup", "/docs/operating#backup-and-retention"),
        ("CDS_MAX_CARDS", "/docs/configuration"),
        ("status codes", "/docs/connect#status-codes"),
        ("weekly reassessment", "/rules/reassessment"),
        ("weeks allowed without approval", "/rules/program-duration#program.max_weeks"),
        ("Texas", "/policies/us-tx-dwc"),
        ("Medicare", "/policies/us-medicare"),
    ],
)
def test_the_best_place_comes_first(found, query, address):
    assert address == found(query)[0]["address"]


def test_every_place_that_is_found_is_there(client, found):
    for query in ("units", "approval", "assistant", "authorization", "policy"):
        for hit in found(query):
            assert client.get(hit["address"], headers=BROWSER).status_code == 200, hit


def test_plurals_and_beginnings_of_words_are_found(found):
    assert found("modifiers")[0]["address"] == found("modifier")[0]["address"]
    assert any("telehealth" in hit["address"] for hit in found("teleh"))


def test_the_word_is_marked_where_it_stands(client, found):
    marked = [piece["text"] for piece in found("suppression")[0]["snippet"] if piece["hit"]]
    assert {"suppression"} == {word.lower() for word in marked}
    assert "<mark>suppression</mark>" in client.get("/docs?q=suppression", headers=BROWSER).text


def test_nothing_found_says_what_to_try(client):
    page = client.get("/docs?q=xylophone", headers=BROWSER)
    assert page.status_code == 200
    assert "Nothing was found" in page.text
    assert "Try fewer words" in page.text


def test_a_misspelled_word_leads_to_its_like(client):
    page = client.get("/docs?q=reasessment", headers=BROWSER).text
    assert 'href="/docs?q=reassessment"' in page


def test_an_empty_search_is_the_way_in(client):
    assert client.get("/docs?q=%20", headers=BROWSER).text == client.get("/docs", headers=BROWSER).text


@pytest.mark.parametrize(
    "query",
    [
        "<script>alert(1)</script>",
        '" onfocus="alert(1)',
        "{{ 7 * 7 }}",
        "' OR 1=1 --",
        "%00\x00\u202e",
        ".*+?(a|a)*$",
        "🤷 ß İ",
        "a" * 100_000,
        "unit " * 20_000,
        "../../etc/passwd",
    ],
)
def test_a_hostile_query_is_text_and_no_more(client, query):
    page = client.get("/docs", query_string={"q": query}, headers=BROWSER)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert 'onfocus="alert' not in page.text
    assert "49" not in page.text.partition("<h1>")[2].partition("</h1>")[0]
    assert len(page.text) < 60_000


def test_only_so_much_of_a_query_is_looked_for():
    assert len(asked_words("word" + " other" * 500 + "".join(f" w{number}" for number in range(500)))) <= 12
    assert all(len(word) <= 40 for word in asked_words("a" * MOST_CHARACTERS))


def test_policies_that_were_read_again_are_searched_as_they_are_now(policies):
    shelf = Shelf("")
    fewer = PolicyStack(policies.policies[:1])
    assert "/policies/us-la-owc" in {hit.place.address for hit in shelf.index(policies).search("Louisiana")}
    assert "/policies/us-la-owc" not in {hit.place.address for hit in shelf.index(fewer).search("Louisiana")}
    assert shelf.index(fewer) is shelf.index(fewer)


def test_a_place_with_all_words_comes_before_one_with_some():
    some = Findable("Docs", "Approval", "", "/docs/approval", "approval approval approval")
    all_words = Findable("Docs", "Weeks", "", "/docs/weeks", "How many weeks may pass before approval is needed.")
    assert [all_words, some] == [hit.place for hit in WordIndex([some, all_words]).search("weeks approval")]


def test_a_page_is_not_listed_more_than_three_times():
    sections = [Findable("Docs", "Cards", f"Card {number}", f"/docs/cards#{number}", "a card") for number in range(9)]
    assert len(WordIndex(sections).search("card")) == 3


def test_an_index_without_places_finds_nothing():
    assert [] == WordIndex([]).search("units")
    assert [] == WordIndex([]).close_words("units")
