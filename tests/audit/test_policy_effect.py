"""What other policies change: lines, verdicts and findings of the same visits, by payer and rule."""

import pytest

from cds_service.audit.report.report_file import write_difference
from cds_service.audit.results.policy_effect import EffectOnPayer, EffectOnRule, policy_effect
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
    assert effect.payers == (EffectOnPayer(visit().payer, 1, 0, 0, 0, 0),)


def test_units_and_dollars_are_told_by_payer(results):
    gulfline = {"payer": "Gulfline Casualty (invented)"}
    before = results("before", patient_rows("p1", visit(), visit(day=1)), patient_rows("p2", visit("p2", **gulfline)))
    after = results(
        "after", patient_rows("p1", visit(**LESS), visit(day=1)), patient_rows("p2", visit("p2", **gulfline))
    )
    effect = policy_effect(before, after)
    assert effect.payers == (
        EffectOnPayer(gulfline["payer"], 1, 0, 0, 0, 0),
        EffectOnPayer(visit().payer, 2, 1, -1, -6400, 1),
    )


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


def test_the_page_of_the_difference_leads_to_both_reports(results, tmp_path):
    effect = policy_effect(
        results("before", patient_rows("p1", visit())), results("after", patient_rows("p1", visit(**LESS)))
    )
    text = write_difference(effect, "next-year", tmp_path, "").read_text(encoding="utf-8")
    assert 'href="../report.html"' in text
    assert 'href="report.html"' in text
    assert "-1<" in text
    assert "-$64<" in text
