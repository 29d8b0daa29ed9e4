import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from cards.wording import WordingError, bundled_wordings, fit, kinds, load_wordings
from tests.cards.card_examples import FACTS, TODAY, facts_of

KINDS = kinds()


def words_of(kind, **changed):
    wording = bundled_wordings()[kind]
    return wording.words(facts_of(kind, wording.facts) | changed, TODAY, "default")


def test_every_kind_is_listed_once():
    assert len(KINDS) == len(set(KINDS))
    assert "reassessment.overdue" in KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_summary_of_every_kind_fits_uncut_with_realistic_values(kind):
    summary = words_of(kind).summary

    assert 10 < len(summary) < 140, summary
    assert not summary.endswith("…")
    assert_well_written(summary)


@pytest.mark.parametrize("kind", KINDS)
def test_the_detail_of_every_kind_is_short_and_well_written(kind):
    detail = words_of(kind).detail

    assert detail
    assert len(detail) < 600
    assert detail.rstrip().endswith((".", "?"))
    assert_well_written(detail)


@pytest.mark.parametrize("kind", KINDS)
def test_every_suggestion_label_renders(kind):
    wording = bundled_wordings()[kind]
    for key in wording.suggestions:
        label = words_of(kind).label(key, {})
        assert label
        assert len(label) < 100
        assert_well_written(label)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_renders_without_its_optional_facts(kind):
    wording = bundled_wordings()[kind]
    facts = facts_of(kind, wording.facts - set(wording.optional))

    words = wording.words(facts, TODAY, "verified")

    assert_well_written(words.summary)
    assert_well_written(words.detail)
    for key in wording.suggestions:
        assert words.label(key, {})


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_facts_never_become_markup(kind):
    wording = bundled_wordings()[kind]
    evil = "<img src=x> **b** [l](https://evil.example) | x"
    facts = facts_of(kind, wording.facts)
    hostile = {name: evil if isinstance(value, str) else value for name, value in facts.items()}

    words = wording.words(hostile, TODAY, "default")

    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(words.detail)
    inline = {child.type for token in tokens for child in token.children or []}
    assert {"text", "softbreak"} >= inline
    assert "<" not in words.summary


def assert_well_written(text):
    assert not re.search(r"\bNone\b|\[\]|\(\)| [,.;:]|  |\{|\}|undefined", text), text
    assert not re.search(r"\b1 (days|weeks|visits|units|hours|programs)\b", text), text


def test_the_action_stands_first_with_the_numbers_that_matter():
    words = words_of("reassessment.overdue", days_over=2, last=TODAY.replace(day=14), unseen="")

    assert "Reassessment overdue by 2 days: last measured Mar 14" == words.summary


def test_charges_read_like_a_biller_writes_them():
    lines = tuple(type(line)(line.code, ("GP",), line.units, line.date) for line in FACTS["lines"])

    assert "Charge 97545-GP x1, 97546-GP x2 (240 min)" == words_of("visit-charges.draft", lines=lines).summary


def test_the_year_is_told_when_it_is_another_one():
    assert "Dec 28, 2025" in words_of("reassessment.overdue").summary


def test_a_fact_that_is_missing_is_an_error_naming_file_kind_and_fact():
    words = bundled_wordings()["reassessment.overdue"].words({"last": TODAY}, TODAY)

    with pytest.raises(WordingError, match=r"reassessment.yaml: reassessment.overdue: 'days_over' is undefined"):
        _ = words.summary


@pytest.mark.parametrize(("kind", "fact"), [("reassessment.overdue", "days_over"), ("pair-edit.never", "column2")])
def test_a_fact_without_a_value_is_an_error(kind, fact):
    words = words_of(kind, **{fact: None})

    with pytest.raises(WordingError, match=rf"yaml: {kind}: .*without a value"):
        _ = words.summary


def test_a_long_summary_is_cut_after_a_word():
    cut = fit("word " * 40)

    assert len(cut) <= 139
    assert cut.endswith("word…")


def test_an_unknown_suggestion_key_has_no_label():
    assert words_of("pair-edit.never").label("unheard-of", {}) is None


BAD = {
    "unknown field": ("a.b: {summary: Do it, color: red}", "words.yaml: a.b: unknown field color"),
    "missing summary": ("a.b: {detail: Text.}", "words.yaml: a.b: summary is missing"),
    "blank summary": ("a.b: {summary: ' '}", "words.yaml: a.b: summary is missing"),
    "template syntax": ("a.b: {summary: 'Do {{ it'}", "words.yaml: a.b: summary: line 1"),
    "unknown filter": ("a.b: {summary: 'Do {{ it | shout }}'}", "words.yaml: a.b: summary: .*shout"),
    "bad label": ("a.b: {summary: Do it, suggestions: {x: '{% if %}'}}", "words.yaml: a.b: suggestions.x: line 1"),
    "labels are a list": ("a.b: {summary: Do it, suggestions: [x]}", "words.yaml: a.b: suggestions must map"),
    "detail is a number": ("a.b: {summary: Do it, detail: 3}", "words.yaml: a.b: detail must be text"),
    "examples are a list": ("a.b: {summary: Do it, examples: [x]}", "words.yaml: a.b: examples must map"),
    "obtain is text": ("a.b: {summary: Do it, obtain: x}", "words.yaml: a.b: obtain must list"),
    "obtain says blank": ("a.b: {summary: Do it, obtain: {nothing: ' '}}", "words.yaml: a.b: obtain must list"),
    "optional is text": ("a.b: {summary: Do it, optional: x}", "words.yaml: a.b: optional must list"),
    "entry is text": ("a.b: Do it", "words.yaml: a.b: must have fields"),
    "duplicate kind": ("a.b: {summary: Do it}\na.b: {summary: Do it}", "words.yaml:2: a.b: duplicate key"),
    "not YAML": ("a.b: {summary", "words.yaml:1: a.b: not readable as YAML"),
    "a list": ("- a", "words.yaml: the file must map names to their words"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_a_mistake_in_a_file_stops_the_loading_and_names_file_and_kind(tmp_path: Path, text, message):
    (tmp_path / "words.yaml").write_text(text)

    with pytest.raises(WordingError, match=message):
        load_wordings(tmp_path)


def test_a_kind_in_two_files_is_refused(tmp_path: Path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("a.b: {summary: Do it}")

    with pytest.raises(WordingError, match=r"b.yaml: a.b: already worded in a.yaml"):
        load_wordings(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_would_settle_it_or_why_nothing_does(kind):
    obtain = bundled_wordings()[kind].obtain

    assert bool(obtain.sentences) != bool(obtain.why_none)
    for sentence in (*obtain.sentences, *filter(None, [obtain.why_none])):
        assert sentence[0].isupper(), sentence
        assert sentence.endswith("."), sentence
        assert_well_written(sentence)


RECORDED = r"minutes?|times?|hours?|start|stop|dates? of (service|the visit)|who treated|therapist who|assistant"
CHANGED = r"chang|correct|adjust|amend|edit|mov|round|extend|lengthen|longer|backdat|replac|rewrit|instead"


@pytest.mark.parametrize("kind", KINDS)
def test_no_recorded_fact_is_offered_for_change_as_a_way_to_be_paid(kind):
    for sentence in bundled_wordings()[kind].obtain.sentences:
        for part in re.split(r"[.,:;]", sentence):
            named = re.search(rf"\b({RECORDED})\b", part, re.IGNORECASE)
            assert not (named and re.search(rf"\b({CHANGED})", part, re.IGNORECASE)), sentence


def test_every_file_tells_its_editor_how_to_edit_it():
    folder = Path(__file__).parents[2] / "cards" / "wording"

    for file in folder.glob("*.yaml"):
        assert file.read_text().startswith("# Words of the cards about"), file
