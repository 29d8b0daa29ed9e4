"""The site layer: what an import writes, keeps and replaces, and that a file that loads is never lost."""

from datetime import date
from pathlib import Path

import pytest

from cds_service.policies.files.document import PolicyError
from cds_service.policies.files.loader import load_file
from cds_service.policies.ncci import NcciError
from cds_service.policies.ncci.bundled_edits import codes_of_visits, edits_of
from cds_service.policies.ncci.layer import write_layer
from cds_service.policies.ncci.tables import Ceiling, read_tables
from cds_service.policies.parameters import EDIT_MUE
from cds_service.policies.stack import BUNDLED_DATA
from tests.policies.ncci import cms

NATIONAL = load_file(BUNDLED_DATA / "us-ncci.yaml")
OCTOBER = date(2026, 10, 1)
JULY = date(2026, 7, 1)
TODAY = date(2026, 11, 25)
HOSPITAL_ROWS = (("97545", 0, cms.POLICY, ""), ("97546", 5, cms.CLINICAL, ""))


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def site(tmp_path):
    return tmp_path / "our-policies"


def import_into(site, *paths):
    return write_layer(site, read_tables(paths, codes_of_visits(NATIONAL), None, None), NATIONAL, TODAY, few=True)


def layer(site):
    return load_file(site / "site-ncci.yaml", 1)


def practitioner(files, eff="10-01-2026", rows=cms.MUE_ROWS):
    return cms.mue_file(files, f"MCR_MUE_PractitionerServices_Eff_{eff}.csv", rows=rows)


def hospital(files, rows=HOSPITAL_ROWS):
    return cms.mue_file(files, cms.MUE_HOSPITAL_FILE, "Outpatient Hospital", rows)


def pairs(files, setting, rows=cms.PTP_ROWS):
    return cms.put(files, f"2026q4-{setting}-ptp.txt", cms.table(cms.ptp_rows(rows), "\t"))


def test_the_codes_of_a_visit_are_those_of_the_rules_and_of_the_national_layer():
    codes = codes_of_visits(NATIONAL)
    assert {"97545", "97546", "97110", "97755", "97116", "36591", "G0129"} <= codes
    assert "99213" not in codes


def test_a_first_import_makes_a_dated_and_cited_layer_for_everyone(site, files):
    import_into(site, practitioner(files), pairs(files, "practitioner"))
    policy = layer(site)
    (ceilings,) = policy.values["edits.mue"]
    assert ("site-ncci", "partial", 0) == (policy.id, policy.status, policy.match.keys)
    assert (OCTOBER, None, "verified", TODAY) == (
        ceilings.since, ceilings.until, ceilings.confidence, ceilings.source.retrieved
    )  # fmt: skip
    assert "quarter beginning 2026-10-01; practitioner table " + cms.MUE_FILE == ceilings.source.paragraph
    assert ("hospital MUE table from 2026-10-01", "hospital PTP table from 2026-10-01") == policy.not_modelled[-2:]


def test_pairs_stand_together_as_people_read_them(site, files):
    rows = [*cms.PTP_ROWS, *(("97546", code, "", "20200101", "*", "0", "") for code in ("97140", "99998"))]
    import_into(site, pairs(files, "practitioner", rows))
    assert """\
      value:
        - column1: ["97545"]
          column2: ["97110"]
          indicator: 1
          settings: [practitioner]
        - column1: ["97545", "97546"]
          column2: ["97140", "99998"]
          indicator: 0
          settings: [practitioner]
""" in (site / "site-ncci.yaml").read_text()


def test_the_hospital_table_joins_the_practitioner_table_of_its_quarter(site, files):
    import_into(site, practitioner(files), pairs(files, "practitioner"))
    import_into(site, hospital(files), pairs(files, "hospital", cms.PTP_ROWS[2:]))
    policy = layer(site)
    edits = edits_of(policy, OCTOBER)
    assert (Ceiling(3, 3), Ceiling(5, 3)) == tuple(
        edits.ceilings[setting]["97546"] for setting in ("practitioner", "hospital")
    )
    assert (3, 2) == tuple(len(edits.pairs[setting]) for setting in ("practitioner", "hospital"))
    cited = policy.values["edits.mue"][0].source.paragraph
    assert f"practitioner table {cms.MUE_FILE}; hospital table {cms.MUE_HOSPITAL_FILE}" in cited
    assert not any("table from" in sentence for sentence in policy.not_modelled)


def test_the_same_quarter_again_replaces_its_values(site, files):
    import_into(site, practitioner(files))
    import_into(site, practitioner(files, rows=(("97546", 9, cms.CLINICAL, ""),)))
    (ceilings,) = layer(site).values["edits.mue"]
    assert {"97546": {"practitioner": 9, "mai": 3}} == ceilings.plain


def test_other_quarters_stay_and_end_where_the_next_begins(site, files):
    import_into(site, practitioner(files))
    import_into(site, practitioner(files, "07-01-2026", rows=(("97546", 2, cms.CLINICAL, ""),)))
    first, second = layer(site).values["edits.mue"]
    assert (JULY, date(2026, 9, 30), OCTOBER) == (first.since, first.until, second.since)
    assert (2, 3) == tuple(value.plain["97546"]["practitioner"] for value in (first, second))


def test_what_a_person_added_to_the_file_stays(site, files):
    import_into(site, practitioner(files))
    path = site / "site-ncci.yaml"
    own = path.read_text().replace("not_modelled:\n", "not_modelled:\n  - our own remark\n").replace(
        "values:\n",
        "match: {payer_class: medicare}  # agreed with billing\nvalues:\n  edits.setting:\n    - {from: 2026-01-01, "
        "value: practitioner, source: {title: Site, retrieved: 2026-01-01}, confidence: verified}\n",
    )  # fmt: skip
    path.write_text(own)
    import_into(site, hospital(files))
    policy = layer(site)
    assert ("medicare", "our own remark") == (policy.match.payer_class, policy.not_modelled[0])
    assert "edits.setting" in policy.values
    assert "# agreed with billing" in path.read_text()


def test_what_changed_is_told_against_what_was_in_force_before(site, files):
    first = import_into(site, practitioner(files, rows=(("97546", 3, cms.POLICY, ""), ("97545", 1, cms.POLICY, ""))))
    again = import_into(site, practitioner(files, rows=(("97546", 4, cms.CLINICAL, ""), ("97545", 1, cms.POLICY, ""))))
    second = import_into(site, hospital(files))
    assert "97546 practitioner: 2 (MAI 3) -> 3 (MAI 2)" in first.changed
    assert "97110 practitioner: 6 -> none" in first.changed
    assert ("97546 practitioner: 3 (MAI 2) -> 4 (MAI 3)",) == again.changed
    assert "97545 hospital: 1 -> 0" in second.changed


def test_changed_pairs_are_told_by_column_1(site, files):
    rows = (*cms.PTP_ROWS, ("97545", "97164", "", "20261001", "*", "0", ""))
    changed = import_into(site, pairs(files, "practitioner", rows)).changed
    assert "97545 with 97110 practitioner: new, indicator 1" in changed
    assert "97545 with 97164 practitioner: indicator 1 -> 0" in changed
    assert "97546 with 36591, 36592, 96523 practitioner: no longer an edit" in changed
    assert not any("97140" in change and change.startswith("97545") for change in changed)


def test_an_older_quarter_is_compared_with_its_own_time(site, files):
    import_into(site, practitioner(files))
    older = import_into(site, practitioner(files, "07-01-2026"))
    assert "97546 practitioner: 2 -> 3" in older.changed


def test_tables_that_differ_in_their_indicator_are_refused_and_nothing_is_written(site, files):
    import_into(site, practitioner(files))
    before = (site / "site-ncci.yaml").read_text()
    with pytest.raises(
        NcciError, match="97546: its adjudication indicator is 3 in the practitioner table and 2 in the"
    ):
        import_into(site, hospital(files, (("97546", 2, cms.POLICY, ""),)))
    assert before == (site / "site-ncci.yaml").read_text()


def test_a_result_that_the_loader_refuses_leaves_the_file_as_it_was(site, files):
    import_into(site, practitioner(files))
    path = site / "site-ncci.yaml"
    ending = path.read_text().replace("    - from: 2026-10-01\n", "    - from: 2026-10-01\n      until: 2027-03-31\n")
    path.write_text(ending)
    with pytest.raises(PolicyError) as refusal:
        import_into(site, practitioner(files, "01-01-2027"))
    assert str(refusal.value).startswith(f"{path}:")
    assert "overlapping dates" in str(refusal.value)
    assert str(refusal.value).endswith(f"Nothing was written: correct {path} and import again.")
    assert (ending, [path]) == (path.read_text(), list(site.iterdir()))


def test_a_layer_that_is_already_wrong_is_refused_before_anything_is_written(site, files):
    site.mkdir()
    (site / "site-ncci.yaml").write_text("policy: site-ncci\n")
    with pytest.raises(PolicyError, match=r"site-ncci\.yaml:1: title: the title is missing"):
        import_into(site, practitioner(files))
    assert "policy: site-ncci\n" == (site / "site-ncci.yaml").read_text()


def test_a_folder_that_cannot_be_written_to_is_refused(files):
    under_a_file = practitioner(files) / "policies"
    with pytest.raises(NcciError, match=r"cannot be written to \(.+\). Name another one with --out"):
        import_into(under_a_file, practitioner(files))


def test_a_table_without_most_of_the_ceilings_in_force_is_refused_and_nothing_is_written(site, files):
    tables = read_tables([practitioner(files)], codes_of_visits(NATIONAL), None, None)
    with pytest.raises(
        NcciError, match="practitioner MUE table has no ceiling for 18 of the 21 codes that have one now"
    ):
        write_layer(site, tables, NATIONAL, TODAY)
    assert not site.exists()


@pytest.mark.parametrize(("kept", "refused"), [(11, False), (10, True)])
def test_half_of_the_ceilings_in_force_may_go_and_more_may_not(site, files, kept, refused):
    codes = sorted(edits_of(NATIONAL, OCTOBER).ceilings["practitioner"])
    rows = tuple((code, 1, cms.POLICY, "") for code in codes[-kept:])
    tables = read_tables([practitioner(files, rows=rows)], codes_of_visits(NATIONAL), None, None)
    assert 21 == len(codes)
    if refused:
        with pytest.raises(NcciError, match=r"for 11 of the 21 codes .*: 97110, .*Give the whole table of CMS"):
            write_layer(site, tables, NATIONAL, TODAY)
    else:
        write_layer(site, tables, NATIONAL, TODAY)
        assert (site / "site-ncci.yaml").exists()


def test_an_import_of_one_kind_leaves_the_other_to_the_layer_below(site: Path, files):
    import_into(site, pairs(files, "practitioner"))
    assert EDIT_MUE.name not in layer(site).values
