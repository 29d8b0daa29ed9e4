"""Every link of every story's cards leads to a page, for people and for programs."""

import pytest

from cds_service.app.settings import Settings
from cds_service.stories import bundled, load
from cds_service.stories.playing import play, with_own_values
from cds_service.web.application import create_app
from tests.playing import CASES, TODAY, bundled_policies, stories_of

FILES = sorted(CASES.rglob("*.yaml"))


def links_of(story):
    for hook in story.hooks:
        for card in play(story, hook, bundled_policies()).cards:
            yield from (link["url"] for link in card.get("links", []))
            yield card["source"]["topic"]["system"]


def opened(story, paths):
    """Opens the paths in an application with just the policies that the story was answered with."""
    app = create_app(Settings(), policies=with_own_values(story, bundled_policies()))
    client = app.test_client()
    for path in sorted(paths):
        for accept in ("text/html", "application/json"):
            assert 200 == client.get(path, headers={"Accept": accept}).status_code, path


def path_of(url):
    assert url.startswith("https://cds.example.org/")
    return url.removeprefix("https://cds.example.org")


@pytest.mark.parametrize("name", bundled())
def test_the_links_of_a_bundled_story_lead_to_pages(name):
    story = load(name, TODAY)
    opened(story, {path_of(url) for url in links_of(story)})


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_links_of_the_stories_of_a_file_lead_to_pages(file):
    shared, seen = None, set()
    for story in stories_of(file):
        paths = {path_of(url) for url in links_of(story)}
        if story.policies:
            opened(story, paths)
        else:
            shared, seen = story, seen | paths
    if shared is not None:
        assert any(path.startswith("/rules/") for path in seen)
        opened(shared, seen)
