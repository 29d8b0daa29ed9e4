"""Small invented files in the layouts that CMS ships."""

import csv
import io
import zipfile
from pathlib import Path

from openpyxl import Workbook

NOTICE = 'Codes and numbers are invented.\r\n\r\n"All rights", and none, are reserved ®.'
MUE_FILE = "MCR_MUE_PractitionerServices_Eff_10-01-2026.csv"
MUE_HOSPITAL_FILE = "MCR_MUE_OutpatientHospitalServices_Eff_10-01-2026.csv"
PTP_FILE = "ccipra-v323r0-f1.txt"
POLICY = "2 Date of Service Edit: Policy"
CLINICAL = "3 Date of Service Edit: Clinical"
MUE_ROWS = (
    ("0001U", 1, POLICY, "Invented"),
    ("97110", 6, CLINICAL, "Invented"),
    ("97545", 1, POLICY, "Invented"),
    ("97546", 3, CLINICAL, "Invented"),
    ("99999", 7, "1 Line Edit", "Invented"),
)
PTP_HEADER = (
    ("Codes are invented.", "", "", "", "", "", ""),
    ("Column1/Column2 Edits", "", "", "", "", "", ""),
    ("Column 1", "Column 2", "*=in existence", "Effective", "Deletion", "Modifier", "PTP Edit Rationale"),
    ("", "", "prior to 1996", "Date", "Date", "0=not allowed", ""),
    ("", "", "", "", "*=no data", "1=allowed", ""),
    ("", "", "", "", "", "9=not applicable", ""),
)
PTP_ROWS = (
    ("0001A", "0591T", "", "20220101", "20231231", "1", "Invented"),
    ("97545", "97110", "", "20261001", "*", "1", "Invented"),
    ("97545", "97140", "", "20200101", "*", "0", "Invented"),
    ("97545", "99998", "*", "19960101", "", "0", "Invented"),
)


def mue_rows(setting="Practitioner", rows=MUE_ROWS):
    heading = ("HCPCS/\r\nCPT Code", f"{setting} Services MUE Values", "MUE Adjudication Indicator", "MUE Rationale")
    return [(NOTICE, "", "", ""), heading, *rows]


def ptp_rows(rows=PTP_ROWS):
    return [*PTP_HEADER, *rows]


def table(rows, delimiter=","):
    """The rows as CMS encodes them: Latin-1, lines that end with CRLF."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue().encode("latin-1")


def workbook(rows, *, title="Table", empty_sheet=False):
    """The rows as a workbook; what looks like a number is one, as spreadsheets have it."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append([int(cell) if str(cell).isdigit() else cell or None for cell in row])
    if empty_sheet:
        book.create_sheet("Sheet2")
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def archive(members):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return written.getvalue()


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def mue_file(folder, name=MUE_FILE, setting="Practitioner", rows=MUE_ROWS):
    return put(folder, name, table(mue_rows(setting, rows)))


def ptp_file(folder, name=PTP_FILE, rows=PTP_ROWS):
    return put(folder, name, table(ptp_rows(rows), "\t"))
