"""The program on a page: answers, picture, table and what is not known, without a style or a script of its own."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import cds_service.web.pages
from cards.timeline.program_view import program_view
from cds_service.domain.chart import Fact, Unknown
from cds_service.hooks.program_picture import view_of_answer
from cds_service.stories import bundled, load
from tests.cards.timeline.test_picture import FULL, HOSTILE, timeline
from tests.playing import TODAY, play
from tests.web.talking import client_of

PAGES = Environment(
    loader=FileSystemLoader(Path(cds_service.web.pages.__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page) -> None:
        super().__init__()
        self.found, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.text += data

    def count(self, tag) -> int:
        return sum(found == tag for found, _ in self.found)


def section(view):
    return Elements(str(PAGES.get_template("timeline.html").module.program_timeline(view)))


def test_answers_picture_table_and_gaps_stand_in_one_section():
    view = program_view(FULL)
    page = section(view)
    assert [1, 1, 1, 1] == [page.count(tag) for tag in ("section", "svg", "table", "dl")]
    assert 1 + len(view.rows) == page.count("tr")
    for words in (view.summary, "Last safe day to ask", "Mar 25", *view.notes, "Week 3 (now)"):
        assert words in page.text


@pytest.mark.parametrize("name", sorted(set(bundled()) - {"order-without-code"}))
def test_the_page_of_a_story_needs_no_style_and_no_script_of_its_own(name):
    story = load(name, TODAY)
    page = section(view_of_answer(play(story, story.hook).answered))
    assert not page.count("script")
    assert not page.count("style")
    assert not [attrs for _, attrs in page.found if "style" in attrs or any(key.startswith("on") for key in attrs)]


def test_hostile_text_stays_text_on_a_page():
    page = section(program_view(timeline(unknown=(Unknown(Fact.SESSIONS, HOSTILE),))))
    assert not page.count("script")
    assert "<script>alert(1)</script>" in page.text


def test_the_stylesheet_of_pictures_is_served_with_the_pages():
    client = client_of(lambda _: None)
    page = Elements(client.get("/", headers={"Accept": "text/html"}).text)
    addresses = [attrs["href"] for tag, attrs in page.found if tag == "link" and "drawing.css" in attrs["href"]]
    assert 1 == len(addresses)
    assert ".drawing-visit-therapist" in client.get(addresses[0]).text
