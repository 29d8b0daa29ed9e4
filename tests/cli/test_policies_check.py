"""``policies check``: what is right, what is refused, and what is right and yet decides nothing."""

from tests.cli.conftest import POLICY


def test_the_bundled_policies_are_right(run):
    done = run("check")
    assert 0 == done.exit_code
    assert " policies are right: generic, us-ncci, " in done.output


def test_a_folder_is_checked_with_those_of_the_settings(run, site, tmp_path_factory):
    second_folder = tmp_path_factory.mktemp("other")
    (second_folder / "site-other.yaml").write_text(POLICY.replace("site-fable", "site-other").replace("US-IA", "US-IN"))
    done = run("check", second_folder, site=site)
    assert 0 == done.exit_code, done.output
    assert "site-fable, site-other" in done.output
    assert "site-other.yaml: Fable Insurance (workers' compensation) in Indiana " in done.output
    assert "2 values: 2 verified" in done.output


def test_a_mistake_is_named_with_file_line_and_key_and_fails_the_command(run, site):
    (site / "site-fable.yaml").write_text(POLICY.replace("hardening: 8", "hardening: eight"))
    done = run("check", site)
    assert 1 == done.exit_code
    assert f"{site}/site-fable.yaml:9: values.program.max_weeks[0].value.hardening: " in done.output


def test_a_value_that_only_asks_is_pointed_out(run, site):
    (site / "site-fable.yaml").write_text(POLICY.replace("confidence: verified", "confidence: unverified", 1))
    done = run("check", site)
    assert 0 == done.exit_code
    assert "note: values.program.max_weeks: the value from 2026-01-01 is unverified: it is asked about" in done.output


def test_a_state_that_is_none_is_pointed_out(run, site):
    (site / "site-fable.yaml").write_text(POLICY.replace("US-IA", "US-OI"))
    done = run("check", site)
    assert 0 == done.exit_code
    assert "note: match.jurisdiction: US-OI is no state" in done.output


def test_a_value_below_another_policy_of_the_site_is_pointed_out(run, site):
    for_everyone = POLICY.replace("site-fable", "site-all").replace("payer: Fable Insurance, ", "")
    (site / "site-all.yaml").write_text(for_everyone.replace("conditioning: 4", "conditioning: 3"))
    done = run("check", site)
    assert 0 == done.exit_code, done.output
    assert "note" not in done.output


def test_a_later_folder_that_hides_a_value_is_pointed_out(run, site, tmp_path_factory):
    later = tmp_path_factory.mktemp("later")
    (later / "site-later.yaml").write_text(POLICY.replace("site-fable", "site-later"))
    done = run("check", later, site=site)
    assert 0 == done.exit_code, done.output
    assert (
        "note: values.program.max_weeks: the value from 2026-01-01 decides nothing: site-later comes after"
        in done.output
    )


COUNT = """\
  authorization.required:
    - from: 2026-01-01
      value: after-visits-or-days
      source: {title: Invented agreement, retrieved: 2026-01-02}
      confidence: verified
"""
DAYS = """\
  authorization.after_days:
    - {from: 2026-01-01, value: 30, source: {title: Invented agreement, retrieved: 2026-01-02}, confidence: verified}
"""


def test_approval_by_count_without_a_count_is_pointed_out(run, site):
    (site / "site-fable.yaml").write_text(POLICY + COUNT)
    assert "give authorization.after_visits, authorization.after_days or both as well" in run("check", site).output
    (site / "site-fable.yaml").write_text(POLICY + COUNT + DAYS)
    assert "note" not in run("check", site).output
