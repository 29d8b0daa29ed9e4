"""The report: each number leads to its visits, nothing is fetched, nothing that a name says is run."""

import re

import msgspec
import pytest

from cds_service.audit.kept_timeline import kept
from cds_service.audit.report.report_file import write_report
from cds_service.audit.report.report_lists import MOST_VISITS_IN_A_LIST
from cds_service.audit.report.visit_tallies import by_group, tally_of_all
from cds_service.audit.results.result_tables import BadLineCountRow
from cds_service.audit.results.sqlite_file import open_results, write_sqlite
from cds_service.audit.rows import BadLineRow, PatientRows, Verdict
from tests.audit.made_rows import PROGRAM, finding, gap, patient_rows, under_coded, visit

HOSTILE = "<script>alert(1)</script>"
NOT_BILLED = {
    "verdict": Verdict.NOT_BILLED,
    "billed": "",
    "billed_units": 0,
    "program_billed_units": 0,
    "billed_cents": None,
}
UNSUPPORTED = {"verdict": Verdict.UNSUPPORTED, "approval": "expired", "reasons": ("The approval had ended.",)}


def results_of(folder, *patients, facts=None, bad_lines=()):
    counts = [BadLineCountRow(bad.file, bad.kind, bad.why, 1) for bad in bad_lines]
    write_sqlite(patients, bad_lines, counts, facts or {"Version": "0.1.0"}, folder / "results.sqlite")
    return open_results(folder / "results.sqlite")


def report_of(folder, *patients, most_in_one=2_000, **more):
    database = results_of(folder, *patients, **more)
    text = write_report(database, folder, "", most_in_one).read_text(encoding="utf-8")
    database.close()
    return text


def lapsed(patient):
    held = (visit(patient), visit(patient, 1, **UNSUPPORTED), visit(patient, 2, **UNSUPPORTED))
    program = msgspec.structs.replace(
        PROGRAM,
        program=f"{patient}.program.1",
        patient=patient,
        approval_lapsed="2026-01-06",
        visits_without_approval=2,
    )
    return patient_rows(patient, *held, program=program)


def ordinary():
    short = under_coded("p2", 1, clinic="Bluebonnet Return to Work (invented)", therapist="Theo Placeholder, PT")
    return (
        patient_rows("p1", visit("p1"), visit("p1", 1, **NOT_BILLED), findings=[finding(visit("p1"))]),
        patient_rows("p2", short, findings=[finding(short, severity="warning")], gaps=[gap(short)]),
        lapsed("p3"),
    )


def words_of(text):
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_each_number_opens_its_visits(tmp_path):
    text = report_of(tmp_path, *ordinary())
    anchors = set(re.findall(r'id="([^"]+)"', text))
    links = re.findall(r'href="#([^"]+)"', text)
    assert len(links) > 30
    assert set(links) <= anchors


def test_no_place_of_the_page_has_two_names_alike(tmp_path):
    ids = re.findall(r'\bid="([^"]+)"', report_of(tmp_path, *ordinary()))
    assert len(ids) == len(set(ids))


def test_nothing_is_fetched(tmp_path):
    text = report_of(tmp_path, *ordinary())
    assert not re.findall(r"<(?:script|link|img|iframe|object)\b", text)
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_what_a_name_says_is_not_run(tmp_path):
    held = visit("p1", clinic=HOSTILE, therapist=HOSTILE, payer=HOSTILE, reasons=(HOSTILE,))
    rows = patient_rows("p1", held, findings=[finding(held, text=HOSTILE, href="javascript:alert(1)")])
    text = report_of(tmp_path, rows, bad_lines=[BadLineRow(HOSTILE, 1, HOSTILE, "broken")])
    assert "<script" not in text
    assert "javascript:" not in text
    assert "&lt;script&gt;" in text


def test_units_and_dollars_are_those_of_the_visits(tmp_path):
    database = results_of(tmp_path, *ordinary())
    total = tally_of_all(database)
    assert (total.left_unbilled.units, total.left_unbilled.cents) == (1 + 3, 6400 + 25600)
    assert (total.unsupported.units, total.unsupported.cents) == (6, 51200)
    for column in ("clinic", "therapist", "payer", "week"):
        groups = by_group(database, column)
        assert sum(tally.visits for tally in groups) == total.visits
        assert sum(tally.left_unbilled.units for tally in groups) == total.left_unbilled.units
        assert sum(tally.at_risk.cents for tally in groups) == total.at_risk.cents
    database.close()


def test_dollars_that_are_not_known_are_said_and_not_added_up(tmp_path):
    rows = patient_rows("p1", under_coded("p1"), under_coded("p1", 1, expected_cents=None))
    text = words_of(report_of(tmp_path, rows))
    assert "2 units no fee on file" in text


def test_without_fees_no_dollar_is_shown(tmp_path):
    unpriced = {"expected_cents": None, "billed_cents": None, "charged_cents": None}
    text = report_of(tmp_path, patient_rows("p1", under_coded("p1", **unpriced)))
    assert "$" not in words_of(text)
    assert "Without a fee table no dollars are shown" in text


def test_an_approval_that_lapsed_leads_to_its_program(tmp_path):
    text = report_of(tmp_path, *ordinary())
    section = words_of(text.partition('id="lapsed"')[2].partition("</section>")[0])
    assert "Jan 6, 2026 2 6 units $512" in section


def test_a_finding_has_its_value_and_source(tmp_path):
    text = report_of(tmp_path, *ordinary())
    assert "Full time for 97545: 120 min (from a coding guide; ask your payer)." in words_of(text)
    assert '<a href="https://carecloud.com/cpt-97545" rel="noreferrer">Coding guide for 97545 and 97546</a>' in text


def test_what_the_data_lacks_is_said(tmp_path):
    aside = PatientRows("p9", set_aside="The patient has 900,001 resources.", resources=900_001)
    bad = BadLineRow("Claim.ndjson", 7, "The line is not one whole JSON object.", "broken")
    text = words_of(report_of(tmp_path, *ordinary(), aside, bad_lines=[bad]))
    assert "Start and stop times No time is recorded. 1 1" in text
    assert "The patient has 900,001 resources. (1 patient)" in text
    assert "Claim.ndjson: The line is not one whole JSON object. (1 line)" in text


def test_a_report_without_visits_says_so(tmp_path):
    text = words_of(report_of(tmp_path))
    assert "0 visits of 0 patients" in text
    assert "Nothing that a rule would have needed." in text


def test_many_visits_stand_in_files_beside_the_report(tmp_path):
    text = report_of(tmp_path, *ordinary(), most_in_one=3)
    pages = {str(file.relative_to(tmp_path)): file.read_text() for file in tmp_path.rglob("*.html")}
    assert {"programs/p1.html", "programs/p2.html", "programs/p3.html", "lists/clinic-1.html"} <= set(pages)
    for name, page in {**pages, "report.html": text}.items():
        folder = (tmp_path / name).parent
        for link, anchor in re.findall(r'href="([^"#:]+\.html)#?([^"]*)"', page):
            target = str((folder / link).resolve().relative_to(tmp_path.resolve()))
            assert target in pages, f"{name} leads to {link}"
            assert not anchor or f'id="{anchor}"' in pages[target], f"{name} leads to {link}#{anchor}"


def test_files_beside_the_report_share_one_stylesheet_and_fetch_nothing_else(tmp_path):
    report = report_of(tmp_path, *ordinary(), most_in_one=3)
    assert "<style>" in report
    assert not re.findall(r"<(?:script|link|img|iframe|object)\b", report)
    inside = [file.read_text(encoding="utf-8") for file in tmp_path.glob("*/*.html")]
    assert len(inside) > 10
    for page in inside:
        fetched = re.findall(r"<(?:script|link|img|iframe|object)\b[^>]*>", page)
        assert fetched == ['<link rel="stylesheet" href="../style.css">']
        assert "<style>" not in page
    assert ".visit-list" in (tmp_path / "style.css").read_text(encoding="utf-8")


def test_the_same_results_make_the_same_bytes(tmp_path):
    assert report_of(tmp_path, *ordinary()) == report_of(tmp_path, *ordinary())


@pytest.mark.parametrize(("with_ids", "shown"), [(True, True), (False, False)])
def test_numbers_of_the_payer_are_kept_only_with_ids(program_in_time, with_ids, shown):
    assert ("TX-EXAMPLE-1001" in kept(program_in_time, with_ids=with_ids)) is shown
    assert ("ClaimResponse/" in kept(program_in_time, with_ids=with_ids)) is shown


def test_a_kept_timeline_is_drawn_as_the_one_it_was(tmp_path, program_in_time):
    program = msgspec.structs.replace(PROGRAM, timeline=kept(program_in_time, with_ids=False))
    text = report_of(tmp_path, patient_rows("p1", visit("p1"), program=program))
    assert "drawing-program" in text
    assert "9 visits so far, 27 units" in text


def test_nothing_of_an_earlier_report_stays(tmp_path):
    report_of(tmp_path, *ordinary(), most_in_one=3)
    report_of(tmp_path, patient_rows("p1"))
    files = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert files == {"report.html", "results.sqlite"}


def test_a_long_list_says_that_it_has_the_first_visits_only(tmp_path):
    visits = [visit("p1", day) for day in range(MOST_VISITS_IN_A_LIST + 1)]
    text = words_of(report_of(tmp_path, patient_rows("p1", *visits), most_in_one=5_000))
    assert "Right: 2,001 visits The first 2,000 are listed; results.sqlite has all." in text
