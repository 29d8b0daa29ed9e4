"""A file of another layout is refused: which file, what is wrong, and what to do."""

import re
from datetime import date

import pytest

from cds_service.policies.ncci import NcciError
from cds_service.policies.ncci.tables import read_tables
from tests.policies.ncci import cms
from tests.policies.ncci.test_reading import CODES, read


def ptp(*rows, name=cms.PTP_FILE):
    return name, cms.table(cms.ptp_rows((*rows, *cms.PTP_ROWS)), "\t")


def mue(*rows, name=cms.MUE_FILE, setting="Practitioner"):
    return name, cms.table(cms.mue_rows(setting, (*cms.MUE_ROWS, *rows)))


def columns(*headings, name="any.csv"):
    return name, cms.table([headings, ("97545", "97110", "20200101", "*", "0")])


REFUSALS = {
    "empty file": (("any.csv", b""), "any.csv: the file is empty"),
    "headings and no row": (
        (cms.MUE_FILE, cms.table(cms.mue_rows(rows=()))),
        "has no row of 97545 or 97546: it is not whole",
    ),
    "another format": (("any.pdf", b"%PDF"), "any.pdf: the name does not end like a table of CMS. CMS ships"),
    "not a text": (("any.csv", b"\0\1\2" * 99), "any.csv: this is not a text file"),
    "not a zip": (("any.zip", b"a page to log in"), "any.zip: the file cannot be read (File is not a zip file)"),
    "a zip cut short": (("any.zip", cms.archive({"a.csv": b"x" * 9})[:-30]), "any.zip: the file cannot be read"),
    "a zip without table": (
        ("any.zip", cms.archive({"readme.pdf": b""})),
        "no table is in this ZIP, it holds readme.pdf",
    ),
    "a damaged member": (
        ("any.zip", cms.archive({"a.csv": b"97545," * 999}).replace(b"\x03\x04", b"\x03\x05", 1)),
        "any.zip: the file cannot be read",
    ),
    "not a workbook": (("any.xlsx", b"a page to log in"), "any.xlsx: this is not an .xlsx workbook"),
    "quotes that do not close": (("any.csv", b'"HCPCS/CPT Code,x'), "any.csv: the file cannot be read"),
    "another table": (
        columns("Procedure", "Fee", "Date"),
        "any.csv: the columns are not those of a CMS table: neither 'HCPCS/CPT Code' (MUE) nor 'Column 1' (PTP)",
    ),
    "another table on the sheet of a workbook": (
        ("any.xlsx", cms.workbook([("Procedure", "Fee")], title="Fees")),
        "any.xlsx, sheet Fees: the columns are not those of a CMS table",
    ),
    "additions and deletions of a quarter": (
        columns("Column 1", "Column 2", "Modifier\nIndicator"),
        "the PTP column 'Effective Date' is missing. Found: column 1 | column 2 | modifier indicator. Give the whole",
    ),
    "a table of Medicaid without indicator": (
        columns("HCPCS/CPT Code", "Practitioner Services MUE Values", "MUE Rationale"),
        "the MUE column 'MUE Adjudication Indicator' is missing",
    ),
    "a setting that nobody knows": (
        mue(setting="Ambulance"),
        "Services MUE Values' is missing. Found: hcpcs/cpt code | ambulance services mue values |",
    ),
    "a column that stands twice": (
        columns("Column 1", "Column 2", "Column 2", "Effective Date", "Deletion Date"),
        "the PTP column 'Column 2' stands twice",
    ),
    "another meaning of the modifier": (
        columns("Column 1", "Column 2", "Effective Date", "Deletion Date", "Modifier 0=allowed 1=not allowed"),
        "the PTP column 'Modifier' is missing",
    ),
    "equipment suppliers": (mue(setting="DME Supplier"), "this is a table of equipment suppliers"),
    "Medicaid by its name": (ptp(name="medicaid-ncci-2026q4-practitioner.txt"), "this is a Medicaid table"),
    "a code": (mue(("9754", 1, cms.POLICY, "")), "row 11: 'HCPCS/CPT Code' is '9754', not a code like 97545"),
    "a code in column 2": (ptp(("97545", "?", "", "20200101", "*", "0", "")), "row 7: 'Column 2' is '?', not a code"),
    "a row cut short": (ptp(("97545",)), "row 7: 'Column 2' is '', not a code"),
    "a number of units": (mue(("97140", "six", cms.POLICY, "")), "row 11: 'Practitioner (or Outpatient Hospital)"),
    "a negative number": (mue(("97140", "-1", cms.POLICY, "")), "is '-1', not a whole number"),
    "an adjudication indicator": (mue(("97140", 1, "4 Another", "")), "is '4 Another', not 1, 2 or 3"),
    "an effective date": (
        ptp(("97545", "97110", "", "20261301", "*", "0", "")),
        "row 7: 'Effective Date' is '20261301', not a date like 20261001. Download the file again.",
    ),
    "a deletion date": (
        ptp(("97545", "97110", "", "20200101", "never", "0", "")),
        "'Deletion Date' is 'never', not a date",
    ),
    "a modifier indicator": (ptp(("97545", "97110", "", "20200101", "*", "2", "")), "'Modifier' is '2', not 0, 1 or 9"),
    "one pair with two indicators": (
        ptp(("97545", "97140", "", "20200101", "*", "1", "")),
        "row 10: 97545 with 97140 stands twice, here with another value",
    ),
    "one code with two ceilings": (mue(("97546", 5, cms.CLINICAL, "")), "row 11: 97546 stands twice"),
    "no setting": (
        ptp(name="renamed.txt"),
        "tells whether this is the practitioner or the hospital table. Give --setting practitioner or",
    ),
    "two settings in one name": (ptp(name="practitioner-and-hospital.txt"), "neither title nor file name tells"),
    "letters that cannot be printed": (columns("\x1b[31mred", "\x07"), "Found: "),
    "a part without pairs of work rehabilitation": (
        (cms.PTP_FILE, cms.table(cms.ptp_rows(cms.PTP_ROWS[:1]), "\t")),
        "practitioner PTP table has no pair in force of 97545 or 97546 in column 1: it is not whole. Give all",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_file_is_refused_with_place_and_remedy(tmp_path, what):
    (name, content), words = REFUSALS[what]
    with pytest.raises(NcciError, match=re.escape(words)) as refusal:
        read(cms.put(tmp_path, name, content))
    assert str(refusal.value).isprintable()


def test_what_was_found_instead_of_the_columns_is_shown_with_what_to_do(tmp_path):
    rows = [("A list of fees", "", ""), ("Procedure", "Fee in\n$", "Date"), ("97545", "1", "")]
    with pytest.raises(NcciError, match=r"Found: Procedure \| Fee in \$ \| Date\. Give the MUE and PTP tables as CMS"):
        read(cms.put(tmp_path, "any.csv", cms.table(rows)))


def test_another_setting_than_the_table_tells_is_refused(tmp_path):
    with pytest.raises(NcciError, match="this is the practitioner table, not that of --setting hospital"):
        read(cms.mue_file(tmp_path), setting="hospital")


def test_a_name_without_quarter_is_refused_with_the_option_to_give(tmp_path):
    with pytest.raises(NcciError, match=r"does not tell the quarter\. Give its first day, like --quarter 2026-10-01"):
        read_tables([cms.ptp_file(tmp_path)], CODES, None, None)


def test_another_quarter_than_the_name_tells_is_refused(tmp_path):
    with pytest.raises(
        NcciError, match="the file name says 2026-10-01, but the import is for the quarter beginning 2026"
    ):
        read(cms.mue_file(tmp_path), quarter=date(2026, 7, 1))


def test_files_of_two_quarters_are_refused(tmp_path):
    older = cms.mue_file(tmp_path, "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv")
    with pytest.raises(NcciError, match="Import one quarter at a time"):
        read_tables([cms.mue_file(tmp_path), older], CODES, None, None)


def test_a_part_that_is_left_out_is_refused(tmp_path):
    parts = [cms.ptp_file(tmp_path, f"ccipra-v323r0-f{number}.txt") for number in (2, 4)]
    with pytest.raises(NcciError, match=r"part f1, f3 of the practitioner table is missing\. Give all parts"):
        read(*parts)


def test_parts_of_two_versions_are_refused(tmp_path):
    parts = [cms.ptp_file(tmp_path, name) for name in ("ccipra-v322r0-f1.txt", "ccipra-v323r0-f2.txt")]
    with pytest.raises(NcciError, match="The PTP files are of versions v322, v323"):
        read(*parts)


def test_two_files_that_disagree_are_refused(tmp_path):
    copy = cms.mue_file(tmp_path, "copy.csv", rows=(("97546", 9, cms.CLINICAL, ""),))
    with pytest.raises(NcciError, match=r"copy\.csv: 97546 has another value than in an earlier file"):
        read(cms.mue_file(tmp_path), copy)


def test_a_file_that_is_gone_is_refused(tmp_path):
    with pytest.raises(NcciError, match=r"gone\.csv: the file cannot be read \(No such file or directory\)"):
        read(tmp_path / "gone.csv")
