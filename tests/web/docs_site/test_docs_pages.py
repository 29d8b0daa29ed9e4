"""The documentation as a reader meets it: over HTTP, with every page, link, anchor and image that there is."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from cds_service.app.settings import Settings
from cds_service.web.application import create_app
from cds_service.web.pages.docs_site.manual import TOP, page_names, text_of
from cds_service.web.pages.docs_site.readers import READERS, SHELVES
from tests.browser.screenshots import FOLDER, MOST_BYTES, SHOTS
from tests.web.talking import PUBLIC_URL, outcome_of

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAM = {"Accept": "application/json"}
NAMES = list(page_names().values())
LATER = {"/try"}
"""Pages of a demo; a service may have them switched off."""


class _Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.ids, self.images, self.elements, self.attributes = [], [], [], [], set()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.elements.append(tag)
        self.attributes |= found.keys()
        self.links += [found["href"]] if tag == "a" else []
        self.images += [found] if tag == "img" else []
        self.ids += [found["id"]] if "id" in found else []


def seen(client, path):
    reply = client.get(path, headers=BROWSER)
    assert reply.status_code == 200, path
    parser = _Seen()
    parser.feed(reply.text)
    return parser


def test_every_text_of_the_documentation_is_in_the_navigation(client):
    links = seen(client, "/docs").links
    texts = [*TOP.glob("docs/*.md"), TOP / "README.md", TOP / "CHANGELOG.md"]
    assert {str(text.relative_to(TOP)) for text in texts} <= page_names().keys()
    assert {f"/docs/{name}" for name in NAMES} <= set(links)


def test_the_head_of_every_page_leads_to_the_documentation(client):
    assert "/docs" in seen(client, "/rules").links


@pytest.mark.parametrize("name", NAMES)
def test_links_anchors_and_images_of_a_page_are_there(client, name):
    page = seen(client, f"/docs/{name}")
    for link in page.links:
        parts = urlsplit(urljoin(f"/docs/{name}", link))
        if not parts.scheme:
            there = seen(client, parts.path)
            assert not parts.fragment or parts.fragment in there.ids, f"{name} links to {link}, which has no such place"
    for image in page.images:
        assert client.get(image["src"]).status_code == 200
        assert image["alt"].strip(), f"{name}: say in words what the picture shows"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_runs_nothing_and_has_one_title_and_no_id_twice(client, name):
    page = seen(client, f"/docs/{name}")
    assert page.elements.count("h1") == 1
    assert page.elements.count("script") == 1, "htmx, of our own address"
    assert not {"style", "onclick", "onload"} & page.attributes
    assert len(page.ids) == len(set(page.ids))


def test_pictures_are_taken_by_the_tests_and_small_and_each_is_shown():
    named = {
        (TOP / path).parent / picture
        for path in page_names()
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text_of(path))
    }
    taken = {FOLDER / f"{name}.webp" for name in SHOTS}
    assert named == taken == set(FOLDER.iterdir())
    assert max(picture.stat().st_size for picture in taken) <= MOST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_titles_and_headings_are_plain_words(client, name):
    page = client.get(f"/docs/{name}", headers=PROGRAM).json
    for words in (page["title"], *(heading["title"] for heading in page["headings"])):
        assert words.strip()
        assert not re.search(r"[`*_<>]|[.:]$", words), f"{name}: {words}"
        assert len(words) <= 72, f"{name}: {words}"


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_each_reader_finds_a_few_pages_in_reading_order(client, reader):
    shown = next(
        listed for listed in client.get("/docs", headers=PROGRAM).json["readers"] if listed["name"] == reader.name
    )
    assert 3 <= len(shown["steps"]) <= 6
    paths = {step.path for step in reader.steps}
    assert {step["address"] for step in shown["steps"]} >= paths - LATER
    for step in shown["steps"]:
        assert step["says"].endswith(".")
        assert urlsplit(step["address"]).fragment in {"", *seen(client, step["address"]).ids}


def test_a_shelf_names_no_page_that_is_gone():
    assert [] == [name for names in SHELVES.values() for name in names if name not in NAMES]


def test_the_reader_goes_on_to_the_next_page(client):
    assert "Next: Style and terms" in client.get("/docs/therapist", headers=BROWSER).text


def test_what_is_no_page_or_picture_is_not_found(client):
    for path in ("/docs/none", "/docs/connect.md", "/docs/images/none.png", "/docs/images/..%2F..%2FREADME.md"):
        outcome_of(client.get(path), 404)


def test_addresses_keep_to_the_path_that_the_service_is_published_under(policies):
    app = create_app(Settings(public_url=f"{PUBLIC_URL}/rehab"), policies=policies)
    client = app.test_client()
    for path in ("/docs", "/docs/readme", "/docs?q=units"):
        links = seen(client, path).links
        assert {link for link in links if not link.startswith(("/rehab/", "#", "http"))} == set()
