"""``invoke --gaps``: what a call did not tell, from a file and from a story."""

import json
from datetime import date

from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.stories import load


def gaps(*words):
    return CliRunner().invoke(main, ["invoke", "--gaps", *words], env={"COLUMNS": "80"})


def test_of_a_chart_as_a_large_vendors_ehr_sends_it():
    done = gaps("--story", "vendor-shaped-chart")
    assert 0 == done.exit_code, done.output
    printed = " ".join(done.output.split())
    assert "Prefetch keys not sent: authorizations" in printed
    assert "charges" in printed
    assert "fact" in printed
    assert "╭" not in printed, "cards are not shown"


def test_of_a_file_with_one_key_taken_away(tmp_path):
    request = load("medicare", date(2026, 3, 10)).request("order-sign")
    del request["prefetch"]["carePlans"]
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request))
    done = gaps("--file", str(file))
    assert 0 == done.exit_code, done.output
    printed = " ".join(done.output.split())
    assert "Prefetch keys not sent: carePlans." in printed
    assert "carePlans was not given" in printed or "carePlans" in printed.partition("rules without")[2]
    assert "plan-of-care" in printed


def test_of_a_file_without_any_prefetch(tmp_path):
    request = load("medicare", date(2026, 3, 10)).request("order-sign")
    del request["prefetch"]
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request))
    assert "Prefetch keys not sent: patient, coverage," in gaps("--file", str(file)).output


def test_a_table_and_json_do_not_go_together():
    done = gaps("--story", "medicare", "--json")
    assert 1 == done.exit_code
    assert "--gaps is a table" in done.output
