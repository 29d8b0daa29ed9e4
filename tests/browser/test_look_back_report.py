"""The report of a look-back, opened from disk: open to everybody, and each number leads to its visits and findings."""

from contextlib import closing
from importlib import resources

import pytest
from playwright.sync_api import expect

from cds_service.audit.audit_terms import Terms
from cds_service.audit.bucket import audited
from cds_service.audit.population import population
from cds_service.audit.population_files import SAMPLE_FEES, patient_resources
from cds_service.audit.report.report_file import write_difference, write_report
from cds_service.audit.results.policy_effect import policy_effect
from cds_service.audit.results.sqlite_file import open_results, write_sqlite
from cds_service.audit.shared import shared_record
from cds_service.policies.owners.one_payer import OnePayerForAll
from tests.audit.exports import lines_of
from tests.browser.chromium import NEEDED
from tests.browser.reader import DESKTOP, PHONE, reading
from tests.playing import bundled_policies

pytestmark = NEEDED

PATIENTS = 4
DARK_PHONE = {"viewport": PHONE, "color_scheme": "dark"}
PAGES = (
    "one/report.html",
    "several/report.html",
    "several/lists/all-1.html",
    "several/programs/p1.html",
    "difference.html",
)
SCREENS = {"a desk by day": {"viewport": DESKTOP, "color_scheme": "light"}, "a phone at night": DARK_PHONE}
NUMBERS_AND_LISTS = """() => [...document.querySelectorAll("td.number a")].map(link => {
    const list = document.getElementById(link.hash.slice(1));
    const visits = (list.matches(".inside") ? list : list.nextElementSibling).querySelectorAll("li");
    const row = link.closest("tr").cells[0].textContent, column = link.closest("td").dataset.label;
    return [`${row}, ${column}`, Number(link.textContent.replace(",", "")), visits.length];
})"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The address of a folder with a report in one file, one in several, and what other policies change."""
    folder = tmp_path_factory.mktemp("look-back")
    people = population(PATIENTS)
    lines, shared = lines_of(
        resource for program in people.programs for resource in patient_resources(program, people.visit_errors)
    )
    stack = bundled_policies()
    texan = OnePayerForAll(stack, stack.policy("us-tx-dwc"), people.programs[0].days[0])
    style = (resources.files("cds_service.web.pages") / "assets" / "site.css").read_text(encoding="utf-8")
    for name, policies in (("today", stack), ("other", texan)):
        rows = audited(lines, shared_record(shared), policies, Terms(secret=b"a test"), SAMPLE_FEES)
        write_sqlite(rows, [], [], {"Version": "0.1.0", "sample": "yes"}, folder / f"{name}.sqlite")
    with closing(open_results(folder / "today.sqlite")) as database:
        for name, most_in_one in (("one", 2_000), ("several", 1)):
            (folder / name).mkdir()
            write_report(database, folder / name, style, most_in_one)
    write_difference(policy_effect(folder / "today.sqlite", folder / "other.sqlite"), "next-year", folder, style)
    return folder.as_uri()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("page", PAGES)
def test_a_report_has_no_barrier_and_fits(browser, reports, page, screen):
    with reading(browser, reports, **SCREENS[screen]) as reader:
        reader.open(f"/{page}")
        assert [] == reader.find_barriers(preload=False)
        assert 0 == reader.overhang()


def test_each_number_of_the_report_opens_as_many_visits(browser, reports):
    with reading(browser, reports) as reader:
        found = reader.open("/one/report.html").evaluate(NUMBERS_AND_LISTS)
        assert len(found) > 40
        assert [] == [(place, number, listed) for place, number, listed in found if number != listed]


@pytest.mark.parametrize("kind", ["one", "several"])
def test_a_number_opens_its_visits_and_a_visit_its_timeline_and_findings(browser, reports, kind):
    with reading(browser, reports) as reader:
        page = reader.open(f"/{kind}/report.html")
        page.get_by_role("row", name="Right").first.get_by_role("link").click()
        visits = page.get_by_role("heading", name="Right: ").first
        expect(visits).to_be_visible()
        page.locator(".visit-list:visible a").first.click()
        visit = page.locator("tr:target")
        expect(visit).to_be_visible()
        expect(page.locator(".drawing-program:visible")).to_have_count(1)
        visit.locator("summary").click()
        expect(visit.locator(".found").get_by_text("Charge 97545")).to_be_visible()
        expect(visit.locator(".found").get_by_role("link").first).to_be_visible()


def test_a_printed_report_leaves_out_what_is_closed_on_the_screen(browser, reports):
    with reading(browser, reports) as reader:
        page = reader.open("/one/report.html")
        page.emulate_media(media="print")
        lists = page.get_by_role("heading", name="Visits behind the numbers")
        expect(lists).to_be_hidden()
        page.emulate_media(media="screen")
        page.locator("summary", has_text="All visits").click()
        page.emulate_media(media="print")
        expect(lists).to_be_visible()
        expect(page.locator("summary", has_text="All visits")).to_be_visible()
        expect(page.locator("summary", has_text="Clinic:").first).to_be_hidden()
