"""What becomes of a text: HTML of its own is left out, links lead to pages, tables fit a phone, code has colors."""

import re
from html import unescape

import pytest

from cds_service.web.pages.docs_site.code_colors import colored
from cds_service.web.pages.docs_site.markup import Section, SiteAddresses, made_page

PAGES = {"docs/connect.md": ("/docs/connect", "Connect an EHR"), "README.md": ("/docs/readme", "Work Rehab CDS")}
IMAGES = {"docs/images/card.png": "/docs/images/card.png"}


def page(text, path="docs/here.md"):
    return made_page(path, text, SiteAddresses(page=PAGES.get, image=IMAGES.get))


def test_the_title_stands_apart_from_the_text():
    made = page("# Units\n\nHow many.\n")
    assert ("Units", "<p>How many.</p>\n") == (made.title, made.html)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "a <b onclick=alert(1)>word</b>", "<!-- a note -->", "<img src=x onerror=alert(1)>"],
)
def test_html_in_a_text_is_left_out(text):
    assert not re.search(r"<(?!/?p>)", page(text).html)


def test_a_link_that_would_run_something_is_no_link():
    assert "<a" not in page("[here](javascript:alert(1)) [there](data:text/html,x)").html


@pytest.mark.parametrize(
    ("link", "html"),
    [
        ("[the calls](connect.md)", '<a href="/docs/connect">the calls</a>'),
        ("[connect.md](connect.md#feedback)", '<a href="/docs/connect#feedback">Connect an EHR</a>'),
        ("[the overview](../README.md)", '<a href="/docs/readme">the overview</a>'),
        ("[below](#units)", '<a href="#units">below</a>'),
        ("[the law](https://example.org/law)", '<a href="https://example.org/law">the law</a>'),
    ],
)
def test_a_link_leads_to_the_page_of_a_text(link, html):
    assert f"<p>{html}</p>\n" == page(link).html


def test_a_link_to_a_file_without_a_page_stays_as_words():
    assert (
        "<p>see <code>consult.py</code> and the license</p>\n"
        == page("see [`consult.py`](../cds_service/consultation/consult.py) and [the license](../LICENSE)").html
    )


def test_a_picture_is_shown_where_there_is_one():
    shown = page("![A card](images/card.png)").html
    assert 'src="/docs/images/card.png"' in shown
    assert 'alt="A card"' in shown
    assert "<img" not in page("![Another card](images/none.png) and [words](https://example.org)").html


def test_anchors_are_those_that_github_makes():
    made = page("# A\n\n## 1. Start\n\n## What's new?\n\n### Deeper, and deeper\n\n## 1. Start\n")
    assert ["1-start", "whats-new", "deeper-and-deeper", "1-start-1"] == [heading.anchor for heading in made.headings]
    assert '<h2 id="1-start-1">' in made.html


def test_a_table_tells_each_cell_its_column_and_has_no_empty_head():
    made = page("| fact | first source |\n| --- | --- |\n| payer | Coverage |\n")
    assert '<div class="wide">\n<table class="rows">' in made.html
    assert '<th scope="col">fact</th>' in made.html
    assert '<td>payer</td>\n<td data-label="first source">Coverage</td>' in made.html
    assert "<thead" not in page("| | |\n| --- | --- |\n| at start | it stops |\n").html
    assert "<td></td>" in page("| fact | |\n| --- | --- |\n| payer | x |\n").html


def test_sections_have_the_words_of_their_texts_tables_and_code():
    text = "# Cards\n\nAll *of* them.\n\n## Terms\n\n| term | |\n| --- | --- |\n| `unit` | x |\n\n```sh\nrun it\n```\n"
    assert (
        Section("Cards", "", "All of them.", ""),
        Section("Terms", "terms", "term ·  unit · x run it", "term unit"),
    ) == page(text).sections


def test_a_text_without_a_heading_is_a_page_too():
    assert ("docs/here.md", "words") == (page("words").title, page("words").sections[0].text)
    assert "docs/here.md" == page("").title


def test_code_has_its_colors_by_class_and_is_escaped():
    assert '<span class="code-keyword">return</span>' in colored("return 1 < 2\n", "python")
    assert "&lt;" in colored("return 1 < 2\n", "python")
    assert "&lt;b&gt;\n" == colored("<b>\n", "")
    assert "&lt;b&gt;\n" == colored("<b>\n", "a-language-of-nobody")
    assert "style=" not in page("```yaml\nkey: value # why\n```\n").html


@pytest.mark.parametrize("language", ["console", "json", "python", "sh", "yaml"])
def test_code_keeps_every_character(language):
    code = '$ a "b" # c\n  {"d": 1.5}\n\n\tlast\n'
    shown = colored(code, language)
    assert code == unescape(re.sub(r"</?span[^>]*>", "", shown))
