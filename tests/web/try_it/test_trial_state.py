"""The whole state stands in the address, and means what the story played with it means."""

from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.stories.playing import play
from cds_service.stories.story import build
from cds_service.stories.story_files import bundled, words_of_story
from cds_service.web.pages.try_it.choices import CONTROL, CONTROLS
from cds_service.web.pages.try_it.trial_state import Deed, TrialState, read_state
from cds_service.web.pages.try_it.varied_story import varied

TODAY = date.today()  # noqa: DTZ011 - the page plays stories as of today
HOOKS = {name: build(words_of_story(name), TODAY).hooks for name in bundled()}


def values_of(control):
    if control.options is not None:
        return st.sampled_from(list(control.options))
    return st.one_of(st.integers(control.least, control.most).map(str), *map(st.just, control.also or ()))


@st.composite
def states(draw):
    story = draw(st.sampled_from(bundled()))
    hook = draw(st.sampled_from(HOOKS[story]))
    fitting = [control.name for control in CONTROLS if hook in control.hooks]
    chosen = draw(st.lists(st.sampled_from(fitting), unique=True, max_size=4))
    return TrialState(story, hook, {name: draw(values_of(CONTROL[name])) for name in sorted(chosen)})


KINDS = st.sampled_from(["visit-charges.draft", "pair-edit.never"])
DEEDS = st.one_of(
    st.builds(Deed, st.just("accept"), KINDS, st.integers(1, 9), st.integers(1, 9), st.none()),
    st.builds(Deed, st.just("override"), KINDS, st.integers(1, 9), st.just(1), st.sampled_from(["other", None])),
)


@given(states(), st.none() | DEEDS)
def test_an_address_says_the_whole_state(state, deed):
    whole = TrialState(state.story, state.moment, state.choices, deed)

    assert read_state(dict(parse_qsl(whole.query))) == whole


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states())
def test_an_address_answers_like_the_story_played_with_its_choices(demo, policies, state):
    reply = demo.get(f"/try/response.json?{state.query}")

    words = varied(words_of_story(state.story), state.moment, state.choices, TODAY)
    played = play(build(words, TODAY), state.moment, policies, max_cards=5)
    assert reply.status_code == (200 if played.refused is None else 412)
    assert [card["summary"] for card in reply.json.get("cards", [])] == [card["summary"] for card in played.cards]
    assert [card["detail"] for card in reply.json.get("cards", [])] == [card["detail"] for card in played.cards]


@pytest.mark.parametrize("story", bundled())
def test_without_choices_the_story_is_its_own(story):
    words = words_of_story(story)

    assert varied(words, HOOKS[story][0], {}, TODAY) == words
    assert (
        build(varied(words, HOOKS[story][0], {"later": "0"}, TODAY), TODAY).resources == build(words, TODAY).resources
    )


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
@given(value=st.text(max_size=12))
def test_a_control_takes_only_what_it_offers(control, value):
    if control.accepts(value):
        assert value in (control.options or control.also or {}) or (value.isascii() and value.isdecimal())
