"""The tables of CMS are read in every format it ships, and cut down to what a work-rehab visit can meet."""

from datetime import date

import pytest

from cds_service.policies.ncci.cms_files import text
from cds_service.policies.ncci.tables import Ceiling, read_tables
from tests.policies.ncci import cms

OCTOBER = date(2026, 10, 1)
CODES = frozenset({"97545", "97546", "97110", "97140", "00100"})
CEILINGS = {"97110": Ceiling(6, 3), "97545": Ceiling(1, 2), "97546": Ceiling(3, 3)}
PAIRS = {("97545", "97110"): 1, ("97545", "97140"): 0, ("97545", "99998"): 0}


def read(*paths, quarter=OCTOBER, setting=None):
    return read_tables(paths, CODES, quarter, setting)


def pairs_of(folder, *rows):
    table = read(cms.ptp_file(folder, rows=(*rows, ("97546", "36591", "", "20200101", "*", "0", "Invented"))))[0]
    return {pair: indicator for pair, indicator in table.pairs.items() if pair != ("97546", "36591")}


MUE_FORMATS = {
    "MCR_MUE_PractitionerServices_Eff_10-01-2026.csv": cms.table(cms.mue_rows()),
    "MCR_MUE_PractitionerServices_Eff_10-01-2026.TXT": cms.table(cms.mue_rows(), "\t"),
    "MCR_MUE_PractitionerServices_Eff_10-01-2026.xlsx": cms.workbook(cms.mue_rows(), empty_sheet=True),
    "saved-again.csv": b"\xef\xbb\xbf" + cms.table(cms.mue_rows()[1:]).replace(b"\r\n", b"\n"),
    "medicare-ncci-2026-q4-practitioner-services-mue-table.zip": cms.archive(
        {"__MACOSX/._MCR.csv": b"", f"folder/{cms.MUE_FILE}": cms.table(cms.mue_rows()), "notice.pdf": b"%PDF"}
    ),
    "of-workbooks.zip": cms.archive({"MCR_MUE.xlsx": cms.workbook(cms.mue_rows())}),
}
PTP_FORMATS = {
    "ccipra-v323r0-f1.txt": cms.table(cms.ptp_rows(), "\t"),
    "ccipra-v323r0-f1.csv": cms.table(cms.ptp_rows()),
    "ccipra-v323r0-f1.xlsx": cms.workbook(cms.ptp_rows()),
    "medicare-ncci-2026q4-practitioner-ptp-edits.zip": cms.archive(
        {"PTP.xlsx": b"is left aside", "PTP.TXT": cms.table(cms.ptp_rows(), "\t")}
    ),
    "text-first-2026q4-practitioner.zip": cms.archive(
        {"PTP.TXT": cms.table(cms.ptp_rows(), "\t"), "PTP.xlsx": b"is left aside"}
    ),
    "ccipra-v323r0-f1.TXT": cms.table([*cms.ptp_rows(), ("All rights are reserved.", *[""] * 6)], "\t"),
}


@pytest.mark.parametrize("name", MUE_FORMATS)
def test_ceilings_are_the_same_from_every_format(tmp_path, name):
    (table,) = read(cms.put(tmp_path, name, MUE_FORMATS[name]))
    assert ("MUE", "practitioner", 5, CEILINGS) == (table.kind, table.setting, table.rows, table.ceilings)


@pytest.mark.parametrize("name", PTP_FORMATS)
def test_pairs_are_the_same_from_every_format(tmp_path, name):
    (table,) = read(cms.put(tmp_path, name, PTP_FORMATS[name]))
    assert ("PTP", "practitioner", 4, PAIRS) == (table.kind, table.setting, table.rows, table.pairs)


def test_headings_may_differ_in_case_white_space_and_order(tmp_path):
    heading = ("MUE  Rationale", "MUE adjudication\nINDICATOR", "Practitioner services MUE values", "hcpcs / cpt code")
    rows = [("Invented", "", "", ""), heading, *(tuple(reversed(row)) for row in cms.MUE_ROWS)]
    (table,) = read(cms.put(tmp_path, "any.csv", cms.table(rows)))
    assert CEILINGS == table.ceilings


def test_a_setting_is_told_by_the_heading_the_title_or_the_file_name(tmp_path):
    titled = [("Hospital edits", *("",) * 6), *cms.ptp_rows()]
    hospital = (
        cms.mue_file(tmp_path, cms.MUE_HOSPITAL_FILE, "Outpatient Hospital"),
        cms.ptp_file(tmp_path, "ccioph-v323r0-f1.txt"),
        cms.put(tmp_path, "titled.txt", cms.table(titled, "\t")),
    )
    asked = read(cms.ptp_file(tmp_path, "renamed.txt"), setting="practitioner")
    assert [*["hospital"] * 3, "practitioner"] == [table.setting for table in (*read(*hospital), *asked)]


def test_the_quarter_is_told_by_the_names_of_the_file_or_of_the_zip(tmp_path):
    zipped = cms.put(tmp_path, "ptp-2026q4.zip", PTP_FORMATS["medicare-ncci-2026q4-practitioner-ptp-edits.zip"])
    with_setting = read(cms.mue_file(tmp_path), zipped, quarter=None, setting="practitioner")
    assert [OCTOBER, OCTOBER] == [table.quarter for table in with_setting]


def test_codes_in_a_workbook_get_their_zeros_back(tmp_path):
    rows = cms.mue_rows(rows=(*cms.MUE_ROWS, ("00100", 2, cms.POLICY, "")))
    (table,) = read(cms.put(tmp_path, "any.xlsx", cms.workbook(rows)))
    assert Ceiling(2, 2) == table.ceilings["00100"]


@pytest.mark.parametrize(
    ("cell", "shown"), [(97545.0, "97545"), (date(2026, 10, 1), "20261001"), (None, ""), (0.5, "0.5")]
)
def test_a_cell_of_a_workbook_is_shown_as_cms_prints_it(cell, shown):
    assert shown == text(cell)


def test_a_ceiling_of_zero_is_kept(tmp_path):
    (table,) = read(cms.mue_file(tmp_path, rows=(("97545", 0, cms.POLICY, ""),)))
    assert {"97545": Ceiling(0, 2)} == table.ceilings


def test_a_pair_is_kept_with_both_codes_of_a_visit_or_with_any_partner_of_work_rehabilitation(tmp_path):
    found = pairs_of(
        tmp_path,
        ("97110", "97140", "", "20200101", "*", "1", ""),
        ("97110", "99998", "", "20200101", "*", "1", ""),
        ("99998", "97546", "", "20200101", "*", "0", ""),
    )
    assert {("97110", "97140"): 1, ("99998", "97546"): 0} == found


@pytest.mark.parametrize(
    ("effective", "deletion", "indicator", "kept"),
    [
        ("20261001", "*", "0", True),
        ("20261002", "*", "0", False),
        ("20200101", "", "0", True),
        ("20200101", "20261001", "1", True),
        ("20200101", "20260930", "1", False),
        ("20200101", "20200101", "9", False),
        ("20200101", "*", "9", False),
        ("2020-01-01", "*", "0", True),
    ],
)
def test_a_pair_is_kept_when_it_is_in_force_on_the_first_day_of_the_quarter(
    tmp_path, effective, deletion, indicator, kept
):
    found = pairs_of(tmp_path, ("97545", "97110", "", effective, deletion, indicator, ""))
    assert ({("97545", "97110"): int(indicator)} if kept else {}) == found


def test_of_a_pair_with_several_times_the_one_in_force_counts(tmp_path):
    found = pairs_of(
        tmp_path,
        ("97545", "97110", "", "20260101", "*", "1", ""),
        ("97545", "97110", "", "20200101", "20251231", "0", ""),
    )
    assert {("97545", "97110"): 1} == found


def test_empty_rows_and_remarks_below_the_table_are_no_rows(tmp_path):
    remarks = (("", "", "", ""), ("Fees are not set by anybody here.", "", "", ""))
    (table,) = read(cms.mue_file(tmp_path, rows=(*cms.MUE_ROWS, *remarks)))
    assert 5 == table.rows


def test_the_newest_effective_date_counts_whatever_the_code(tmp_path):
    (table,) = read(cms.ptp_file(tmp_path, rows=(("11111", "22222", "", "20270101", "*", "1", ""), *cms.PTP_ROWS)))
    assert date(2027, 1, 1) == table.newest


def test_progress_is_told_up_to_the_end(tmp_path):
    steps = []
    read_tables([cms.mue_file(tmp_path)], CODES, None, None, lambda where, share: steps.append((where, share)))
    assert (f"{tmp_path / cms.MUE_FILE}", 1) == steps[-1]
