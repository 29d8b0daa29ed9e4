"""``policies test`` and ``explain``: stories beside a site's policies."""

import pytest

STORY = """\
title: Five weeks of conditioning
today: {today}
patient: {{state: IA}}
coverage: {{class: workers-compensation, payer: Fable Insurance}}
plan: {{program: conditioning}}
visits:
  - {{day: -28, from: "08:00", to: "10:00", program: conditioning}}
  - {{day: today, from: "08:00", to: "10:00", program: conditioning}}
expect: {expect}
"""
OVER, INSIDE = "{fires: [program-duration.over], summaries: [4 weeks]}", "{layers: {program.max_weeks: site-fable}}"


@pytest.fixture
def tell(site):
    def story(**words):
        (site / "stories").mkdir(exist_ok=True)
        file = site / "stories" / "weeks.yaml"
        file.write_text(STORY.format(**{"today": "2026-03-02", "expect": OVER, **words}))
        return file

    return story


def test_a_story_that_holds_passes(run, site, tell):
    tell()
    done = run("test", site)
    assert 0 == done.exit_code, done.output
    assert done.output == "passed  stories/weeks.yaml: Five weeks of conditioning\n1 story: 1 passed, 0 failed\n"


@pytest.mark.parametrize(("today", "over"), [("2026-06-30", True), ("2026-07-01", False)])
def test_a_changed_value_changes_answers_only_for_dates_of_service_from_its_date_on(run, site, tell, today, over):
    tell(today=today)
    assert over == (0 == run("test", site).exit_code)
    tell(today=today, expect="{unsaid: [4 weeks]}")
    assert over == bool(run("test", site).exit_code)


def test_a_story_that_does_not_hold_says_what_was_instead_and_fails_the_command(run, site, tell):
    tell(expect="{silent: [program-duration]}")
    done = run("test", site)
    assert 1 == done.exit_code
    assert "failed  stories/weeks.yaml: Five weeks of conditioning" in done.output
    assert "program-duration should be quiet, is fired" in done.output


def test_verbose_tells_layers_and_cards(run, site, tell):
    tell()
    done = run("test", site, "--verbose")
    assert "layers generic, us-ncci, us-workers-compensation, site-fable" in done.output
    assert "warning: " in done.output


def test_other_folders_of_the_settings_do_not_disturb(run, site, tell):
    tell(expect=INSIDE)
    assert 0 == run("test", site, site=site).exit_code


def test_a_story_that_cannot_be_read_is_named_with_its_key(run, site, tell):
    tell(expect="{fires: [program-durations]}")
    done = run("test", site)
    assert 1 == done.exit_code
    assert "expect.fires[0]: no rule " in done.output


def test_a_folder_without_stories_says_what_to_do(run, site):
    done = run("test", site)
    assert 1 == done.exit_code
    assert "put stories there, or begin with cds-service policies new" in done.output


def test_explain_tells_which_layer_gave_each_value_and_who_read_it(run, site, tell):
    done = run("explain", "--file", tell(), site=site)
    assert 0 == done.exit_code
    assert "Layers, least specific first: generic, us-ncci, us-workers-compensation, site-fable" in done.output
    assert (
        "program.max_weeks: conditioning: 4 weeks; hardening: 8 weeks\n"
        "  from site-fable since 2026-01-01, verified: Invented agreement, 4\n"
        "  instead of 6 weeks of generic, seed\n"
        "  read by program-duration, documentation\n"
    ) in done.output


def test_explain_takes_a_bundled_story_and_another_hook(run):
    done = run("explain", "--story", "texas-hardening-pt-pta", "--hook", "encounter-start")
    assert 0 == done.exit_code
    assert "(texas-hardening-pt-pta, encounter-start)" in done.output
    assert "Jurisdiction: US-TX" in done.output


def test_explain_says_when_no_rule_is_asked(run, tmp_path):
    file = tmp_path / "imaging.yaml"
    file.write_text('{title: An order for imaging, hook: order-sign, plan: none, orders: {code: "72148", text: MRI}}')
    done = run("explain", "--file", file)
    assert 0 == done.exit_code
    assert "no rule is asked" in done.output


def test_a_file_given_as_a_story_is_told_apart(run, tell):
    done = run("explain", "--story", tell())
    assert 2 == done.exit_code
    assert "is a file: give it with --file" in done.output
