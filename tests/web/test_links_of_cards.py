"""Every link of every story's cards leads to a page, for people and for programs."""

from functools import cache

import pytest

from cds_service.app.settings import Settings
from cds_service.stories import bundled, load
from cds_service.stories.playing import play, with_own_values
from cds_service.web.application import create_app
from tests.playing import CASES, TODAY, bundled_policies, stories_of

FILES = sorted(CASES.rglob("*.yaml"))
BUNDLED = create_app(Settings(), policies=bundled_policies())


def links_of(story):
    for hook in story.hooks:
        for card in play(story, hook, bundled_policies()).cards:
            yield from (link["url"] for link in card.get("links", []))
            yield card["source"]["topic"]["system"]


@cache
def opened(app, path):
    """What people and programs get who open a path."""
    client = app.test_client()
    return {client.get(path, headers={"Accept": accept}).status_code for accept in ("text/html", "application/json")}


def broken(story, paths):
    """Paths that lead nowhere in an application with just the policies that the story was answered with."""
    app = create_app(Settings(), policies=with_own_values(story, bundled_policies())) if story.policies else BUNDLED
    return {path for path in paths if {200} != opened(app, path)}


def path_of(url):
    assert url.startswith("https://cds.example.org/")
    return url.removeprefix("https://cds.example.org")


@pytest.mark.parametrize("name", bundled())
def test_the_links_of_a_bundled_story_lead_to_pages(name):
    story = load(name, TODAY)
    assert set() == broken(story, {path_of(url) for url in links_of(story)})


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_links_of_the_stories_of_a_file_lead_to_pages(file):
    seen = set()
    for story in stories_of(file):
        paths = {path_of(url) for url in links_of(story)}
        assert set() == broken(story, paths)
        seen |= paths
    assert any(path.startswith("/rules/") for path in seen)
