"""Every page is open to everybody: no barrier, nothing refused by the browser, nothing asked of another host."""

import pytest

from cds_service.app.assembly import answerer_for, load_policies
from cds_service.app.fee_file import ReloadableFees
from cds_service.app.metrics import Metrics
from cds_service.app.settings import Settings
from cds_service.records.database import Database
from cds_service.records.keeping import Keeps
from cds_service.web.pages.all_pages import pages_app
from cds_service.web.site import Site
from tests.browser.addresses import BEHIND_LOGIN, FAILURES, NOT_PAGES, PAGES, STOPS
from tests.browser.chromium import NEEDED
from tests.browser.reader import DESKTOP, PHONE, SITE_TOKEN
from tests.records.keeping import keeping

pytestmark = NEEDED

DESK, DARK_DESK, HAND, DARK_HAND = (DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")
IN_TURN = [(DESK, DARK_HAND), (DARK_DESK, HAND)]
"""Each page on two screens, so that it is seen light and dark, large and small; axe takes seconds for a long one."""
ADDRESSES = [address for addresses in PAGES.values() for address in addresses]
LOOKS = [pytest.param(address, IN_TURN[number % 2], id=address) for number, address in enumerate(ADDRESSES)]


def trouble_on(reader, screens):
    """Barriers, and a page wider than its screen, by screen."""
    found = {}
    for size, colors in screens:
        reader.page.set_viewport_size(size)
        reader.page.emulate_media(color_scheme=colors)
        overhang = reader.overhang()
        found[size["width"], colors] = [*reader.find_barriers(), *([f"{overhang} px too wide"] if overhang else [])]
    return {screen: trouble for screen, trouble in found.items() if trouble}


@pytest.fixture
def records(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/records.sqlite3")
    database.upgrade()
    kept = keeping(database)
    yield kept.records
    kept.records.close()
    database.close()


def site_with_everything(records: Keeps):
    settings = Settings(try_page=True, insights_token=SITE_TOKEN)
    policies = load_policies(settings)
    answerer = answerer_for(settings, policies)
    return Site(settings, policies, answerer, records, Metrics(), None, ReloadableFees(settings.fees))


def test_every_page_of_the_service_is_in_the_list(records):
    routes = pages_app(site_with_everything(records)).url_map.iter_rules()

    listed = {*PAGES, *NOT_PAGES}
    assert listed == {rule.rule for rule in routes if "GET" in (rule.methods or ())}, "see tests/browser/addresses.py"


@pytest.mark.parametrize(("address", "screens"), LOOKS)
def test_a_page_has_no_barrier_and_fits_on_every_screen(reader, address, screens):
    if address in BEHIND_LOGIN:
        reader.sign_in()
    reader.open(address)

    assert {} == trouble_on(reader, screens)


@pytest.mark.parametrize("address", FAILURES)
def test_a_failure_is_a_page_without_barriers_that_fits(reader, address):
    page = reader.open(address, FAILURES[address])

    assert page.get_by_role("link", name="home page").is_visible()
    assert {} == trouble_on(reader, IN_TURN[0])


@pytest.mark.parametrize("address", STOPS)
def test_a_page_that_stops_somebody_has_no_barrier_and_fits(reader, address):
    reader.open(address, STOPS[address])

    assert {} == trouble_on(reader, IN_TURN[1])


def test_a_reader_notices_what_is_asked_of_another_host_and_what_the_page_reports(readers):
    reader = readers()
    reader.open("/")
    reader.page.evaluate("console.error('broken'); new Image().src = 'http://127.0.0.1:9/elsewhere.png'")
    reader.page.wait_for_timeout(200)

    assert ["broken", "elsewhere.png"] == [word for word in ("broken", "elsewhere.png") if word in str(reader.trouble)]
    reader.trouble.clear()
