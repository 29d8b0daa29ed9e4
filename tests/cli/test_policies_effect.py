"""``policies diff --effect``: what the second policy changes on the bills of invented patients."""

import re
import shutil

from cds_service.audit.population import population
from cds_service.policies.stack import BUNDLED_DATA


def days_of(patients):
    """Days of service of an invented population."""
    return sum(len(program.days) for program in population(patients).programs)


def test_the_effect_of_other_policies_is_told_by_rule_and_payer_and_in_one_line(run):
    done = run("diff", "us-tx-dwc@2016-08-31", "us-tx-dwc@2016-09-01", "--effect", "--population", 2)
    assert 0 == done.exit_code, done.output
    assert "all visits decided by us-tx-dwc@2016-09-01 rather than by us-tx-dwc@2016-08-31." in done.output
    assert re.search(rf"Program modifier +0 +{days_of(2)} +0", done.output)
    assert re.search(rf"all payers +{days_of(2)} +{days_of(2)} +0 +0 +0 +\$0", done.output)
    *_, last = done.output.splitlines()
    assert last.startswith(f"Over {days_of(2)} invented days of service: {days_of(2)} days with other lines; ")
    assert f"Program modifier {days_of(2)} new" in last


def test_without_the_option_the_command_that_measures_is_named(run):
    done = run("diff", "us-workers-compensation", "us-tx-dwc", "--on", "2026-03-02")
    named = "policies diff us-workers-compensation@2026-03-02 us-tx-dwc@2026-03-02 --effect"
    assert done.output.endswith(f" {named}\n")


def test_an_earlier_version_of_all_policies_is_compared_with_the_one_in_use(run, tmp_path):
    before = tmp_path / "before"
    shutil.copytree(BUNDLED_DATA, before)
    file = before / "us-tx-dwc.yaml"
    file.write_text(file.read_text().replace("conditioning: WC, hardening: WH", "conditioning: WH, hardening: WC"))
    done = run("diff", f"{before}:us-tx-dwc@2026-03-02", "us-tx-dwc@2026-03-02")
    assert 0 == done.exit_code, done.output
    assert f"{before}:us-tx-dwc@2026-03-02: conditioning: WH; hardening: WC (us-tx-dwc)" in done.output
    assert "  us-tx-dwc@2026-03-02: conditioning: WC; hardening: WH (us-tx-dwc)" in done.output


def test_a_folder_without_the_general_policies_stands_beside_the_bundled(run, site):
    done = run("diff", f"{site}:site-fable@2026-06-30", "generic")
    assert "conditioning: 4 weeks; hardening: 8 weeks (site-fable)" in done.output


def test_a_folder_that_is_not_there_is_named(run, tmp_path):
    done = run("diff", f"{tmp_path / 'nowhere'}:generic", "generic")
    assert 1 == done.exit_code
    assert f"{tmp_path / 'nowhere'}: there is no such policy folder" in done.output
