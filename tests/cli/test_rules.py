"""The command rules: the list, and one rule in words."""

from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.rules.catalog import RULES


def said(*words):
    done = CliRunner().invoke(main, ["rules", *words], env={"COLUMNS": "160"})
    return done.exit_code, " ".join(done.output.split())


def test_the_list_says_when_each_rule_is_asked():
    code, text = said()

    assert code == 0
    assert "reassessment reassessment Weekly reassessment a visit begins, a visit ends, the chart is opened" in text


def test_a_rule_names_what_it_rests_on_and_what_it_reads():
    _, text = said("authorization")

    assert "Rests on: A-1 Prior authorization; R-4 Plan of care" in text
    assert "Reads from the chart: the payer's answers to requests for approval and the coverage" in text
    assert "authorization.required: When prior authorization is needed" in text


def test_every_rule_can_be_told():
    assert [0] * len(RULES) == [said(rule.id)[0] for rule in RULES]


def test_a_rule_that_is_not_there_is_named_with_those_that_are():
    code, text = said("sing")

    assert code == 1
    assert "no rule sing; there are program-code," in text
