"""What other policies change: lines, verdicts and findings of the same visits, by payer and rule."""

import re

import pytest

from cds_service.audit.report.report_file import write_difference
from cds_service.audit.results.policy_effect import (
    MOST_VISITS_NAMED,
    DaysChanged,
    EffectOnPayer,
    EffectOnRule,
    policy_effect,
)
from cds_service.audit.results.sqlite_file import write_sqlite
from cds_service.audit.rows import Verdict
from tests.audit.made_rows import finding, patient_rows, visit

LESS = {
    "expected": "97545-WH-GP x1, 97546-WH-GP x1",
    "expected_units": 2,
    "program_expected_units": 2,
    "expected_cents": 19200,
    "verdict": Verdict.OVER_CODED,
}

NOTHING = {"expected": "", "expected_units": None, "program_expected_units": None, "expected_cents": None}


@pytest.fixture
def results(tmp_path):
    def written(name, *patients):
        write_sqlite(patients, [], [], {}, tmp_path / name)
        return tmp_path / name

    return written


def test_the_same_results_change_nothing(results):
    rows = patient_rows("p1", visit(), findings=[finding(visit())])
    effect = policy_effect(results("before", rows), results("after", rows))
    assert effect.is_nothing
    assert effect.payers == (EffectOnPayer(visit().payer, DaysChanged(1), 0, 0),)


def test_units_and_dollars_are_told_by_payer(results):
    gulfline = {"payer": "Gulfline Casualty (invented)"}
    before = results("before", patient_rows("p1", visit(), visit(day=1)), patient_rows("p2", visit("p2", **gulfline)))
    after = results(
        "after", patient_rows("p1", visit(**LESS), visit(day=1)), patient_rows("p2", visit("p2", **gulfline))
    )
    effect = policy_effect(before, after)
    assert effect.payers == (
        EffectOnPayer(gulfline["payer"], DaysChanged(1), 0, 0),
        EffectOnPayer(visit().payer, DaysChanged(2, other_lines=1, other_result=1), -1, -6400),
    )
    assert effect.total == EffectOnPayer("", DaysChanged(3, other_lines=1, other_result=1), -1, -6400)


def test_days_tell_what_can_no_longer_be_billed_and_what_lacks_an_approval(results):
    before = results("before", patient_rows("p1", *(visit(day=day) for day in range(3))))
    after = results(
        "after",
        patient_rows("p1", visit(**NOTHING), visit(day=1, approval="missing"), visit(day=2, approval="not known")),
    )
    assert policy_effect(before, after).total.days == DaysChanged(3, other_lines=1, not_billable=1, without_approval=1)
    assert policy_effect(after, before).total.days == DaysChanged(3, other_lines=1, billable=1, no_longer_without=1)


def test_two_visits_on_a_date_are_one_day_which_is_billable_by_either(results):
    second = {"visit": "p1.2026-01-05.2"}
    before = results("before", patient_rows("p1", visit(), visit(**second)))
    after = results("after", patient_rows("p1", visit(**NOTHING), visit(**second)))
    (payer,) = policy_effect(before, after).payers
    assert payer == EffectOnPayer(visit().payer, DaysChanged(1, other_lines=1), -3, -25600)


def test_without_a_visit_nothing_changes(results):
    effect = policy_effect(results("before"), results("after"))
    assert effect.is_nothing
    assert effect.total == EffectOnPayer("", DaysChanged(0), 0, 0)


def test_dollars_of_a_line_without_a_fee_are_not_known(results):
    before = results("before", patient_rows("p1", visit()))
    after = results("after", patient_rows("p1", visit(**{**LESS, "expected_cents": None})))
    assert policy_effect(before, after).payers[0].cents is None


def test_findings_are_gone_new_or_say_something_else(results):
    held = visit()
    gone = finding(held, rule="edits", title="Pair edits", kind="edits.pair")
    new = finding(held, rule="duration", title="Weeks", kind="duration.over")
    before = results("before", patient_rows("p1", held, findings=[finding(held), gone]))
    after = results("after", patient_rows("p1", held, findings=[finding(held, text="Charge 97545 x1"), new]))
    assert policy_effect(before, after).rules == (
        EffectOnRule("Charges of a visit", 0, 0, 1),
        EffectOnRule("Pair edits", 1, 0, 0),
        EffectOnRule("Weeks", 0, 1, 0),
    )


def test_the_page_of_the_difference_tells_days_units_and_dollars_and_leads_to_both_reports(results, tmp_path):
    before = results("before", patient_rows("p1", visit(), visit(day=1)))
    after = results("after", patient_rows("p1", visit(**LESS), visit(day=1, **NOTHING)))
    text = write_difference(policy_effect(before, after), "next-year", tmp_path, "").read_text(encoding="utf-8")
    assert 'href="../report.html"' in text
    assert 'href="report.html"' in text
    words = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "A day is one patient's date of service." in words
    assert f"{visit().payer} 2 2 1 fewer 0 1 -4 -$320" in words
    assert "Jan 5, 2026 Patient p1" in words
    assert "97545-WH-GP x1 97546-WH-GP x2 97545-WH-GP x1 97546-WH-GP x1 Right Over-coded" in words


def test_of_many_visits_that_change_the_page_names_the_first(results):
    days = range(MOST_VISITS_NAMED + 1)
    before = results("before", patient_rows("p1", *(visit(day=day) for day in days)))
    after = results("after", patient_rows("p1", *(visit(day=day, **LESS) for day in days)))
    effect = policy_effect(before, after)
    assert len(effect.visits) == MOST_VISITS_NAMED
    assert effect.total.days.other_lines == MOST_VISITS_NAMED + 1
