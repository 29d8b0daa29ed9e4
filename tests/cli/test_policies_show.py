"""``policies show``, ``diff`` and ``schema``: what a policy says, and what holds on a date."""

import json

import pytest

from cds_service.policies.files.schema import policy_schema

PAIRS = """\
policy: site-pairs
title: Pairs of a site (invented)
status: partial
values:
  edits.pairs:
    - from: 2026-01-01
      value: [{column1: ["97545"], column2: ["97110"], indicator: 0, settings: [practitioner]}]
      source: {title: Invented agreement, retrieved: 2026-01-02}
      confidence: verified
    - from: 2026-02-01
      value: [{column1: ["97545"], column2: ["97112"], indicator: 0, settings: [practitioner]}]
      source: {title: Invented agreement, retrieved: 2026-01-02}
      confidence: verified
"""


def test_every_value_of_a_policy_is_shown_with_date_and_confidence(run, site):
    done = run("show", "site-fable", site=site)
    assert 0 == done.exit_code
    assert all(word in done.output for word in ("2026-01-01", "2026-07-01", "verified", "Not modeled: fee amounts"))


def test_the_same_for_machines(run, site):
    printed = json.loads(run("show", "site-fable", "--json", site=site).output)
    assert [4, 5] == [row["value"]["conditioning"] for row in printed["values"]]
    assert ["fee amounts"] == printed["not_modelled"]


@pytest.mark.parametrize(("on", "weeks"), [("2026-06-30", 4), ("2026-07-01", 5)])
def test_on_a_date_of_service_the_value_of_that_date_decides(run, site, on, weeks):
    printed = json.loads(run("show", "site-fable", "--on", on, "--json", site=site).output)
    row = next(parameter for parameter in printed["parameters"] if parameter["parameter"] == "program.max_weeks")
    assert ("site-fable", weeks) == (row["layer"], row["value"]["conditioning"])
    assert ["generic"] == [value["layer"] for value in row["overridden"]]
    assert ["generic", "us-ncci", "us-workers-compensation", "site-fable"] == printed["layers"]


def test_in_words_it_tells_layer_date_citation_and_what_is_overridden(run, site):
    done = run("show", "site-fable", "--on", "2026-06-30", site=site)
    assert "program.max_weeks: conditioning: 4 weeks; hardening: 8 weeks" in done.output
    assert "  from site-fable since 2026-01-01, verified: Invented agreement, 4" in done.output
    assert "  instead of 6 weeks of generic, seed" in done.output


def test_what_nobody_verified_is_shown_as_a_question(run):
    done = run("show", "us-wv-oic", "--on", "2026-03-16")
    assert "program.hours_per_day: nothing decides\n  to ask the payer: " in done.output


def test_before_the_first_value_of_a_state_it_says_that_there_is_no_policy(run):
    done = run("show", "us-tx-dwc", "--on", "2016-08-31")
    assert "Not known: no policy for Texas" in done.output


def test_an_unknown_policy_is_answered_with_those_there_are(run):
    done = run("show", "us-xx")
    assert 1 == done.exit_code
    assert "no policy us-xx; there are generic, " in done.output


def test_a_policy_is_compared_with_itself_across_a_date(run, site):
    done = run("diff", "site-fable@2026-06-30", "site-fable@2026-07-01", site=site)
    assert 0 == done.exit_code
    assert "program.max_weeks" in done.output
    assert "  site-fable@2026-07-01: conditioning: 5 weeks; hardening: 10 weeks (site-fable)\n" in done.output
    assert "authorization.required" not in done.output


def test_two_policies_are_compared_on_one_date(run):
    done = run("diff", "us-workers-compensation", "us-tx-dwc", "--on", "2026-03-02")
    assert "modifiers.program" in done.output


def test_what_does_not_differ_is_said_in_one_line(run):
    done = run("diff", "aetna@2026-01-01", "aetna@2026-02-01")
    assert "No difference between aetna@2026-01-01 and aetna@2026-02-01.\n" == done.output


def test_a_value_is_written_the_same_way_by_show_and_diff(run, site):
    value = "conditioning: 4 weeks; hardening: 8 weeks"
    commands = (
        ["show", "site-fable"],
        ["show", "site-fable", "--on", "2026-03-02"],
        ["diff", "generic@2026-03-02", "site-fable@2026-03-02"],
    )
    assert all(value in run(*words, site=site).output for words in commands)


def test_of_two_tables_the_rows_are_told_that_only_one_has(run, tmp_path):
    (tmp_path / "site-pairs.yaml").write_text(PAIRS)
    done = run("diff", "site-pairs@2026-01-01", "site-pairs@2026-02-01", site=tmp_path)
    assert 0 == done.exit_code, done.output
    assert 2 == done.output.count("table of 1 row")
    assert "only here: paid 97545; not paid beside it 97110; together never" in done.output
    assert "only here: paid 97545; not paid beside it 97112; together never" in done.output


def test_a_table_is_shown_row_by_row(run, tmp_path):
    (tmp_path / "site-pairs.yaml").write_text(PAIRS)
    assert "  - paid 97545; not paid beside it 97112; together never" in run("show", "site-pairs", site=tmp_path).output


def test_a_date_that_is_none_is_refused(run):
    done = run("diff", "aetna@yesterday", "aetna")
    assert 1 == done.exit_code
    assert "yesterday is no date; write it like aetna@2026-03-02" in done.output


def test_the_schema_printed_is_the_one_that_new_policies_get(run):
    assert policy_schema() == json.loads(run("schema").output)
