"""The insights as a lead sees them: the door, the numbers after real feedback, the records behind them, CSV."""

import csv
import re
from datetime import timedelta
from html import unescape
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest

from cds_service.app.fee_file import ReloadableFees
from cds_service.app.settings import Settings
from cds_service.records.database import Database
from cds_service.records.sign_in_attempts import MOST_OF_AN_ADDRESS, WINDOW
from cds_service.web.application import create_app
from cds_service.web.pages.insights.sessions import FORM_HOURS, SESSION_HOURS
from tests.records.keeping import PUBLIC_URL, accepted, keeping, overridden
from tests.security.signing import ISSUER, Ehr, client

TOKEN = "a-token-for-the-tests"  # noqa: S105 - made up
HOME = "/insights"
BROWSER = {"Accept": "text/html"}
HOSTILE = '"><script>alert(1)</script>'
COMMENT = "Patient Jane Roe called about her shoulder"
HOST = urlsplit(PUBLIC_URL).hostname
SECURE = {"base_url": PUBLIC_URL}


@pytest.fixture
def site(database):
    started = keeping(database, insights_token=TOKEN)
    yield started
    started.records.close()


class Visitor:
    """Somebody with a browser."""

    def __init__(self, web):
        self.web = web

    def get(self, path=HOME, **options):
        return self.web.get(path, headers=BROWSER, **SECURE, **options)

    def form(self, path=HOME):
        """The hidden fields of the page's last form."""
        page = self.get(path).text
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))

    def sign_in(self, token=TOKEN, **changed):
        fields = {name: unescape(value) for name, value in self.form(changed.pop("path", HOME)).items()}
        return self.post("/insights/sign-in", {**fields, "token": token, **changed})

    def cookie(self):
        """That of the session."""
        return self.web.get_cookie("__Host-insights-session", HOST).value

    def brings(self, cookie):
        """Hold the cookie of a session that was begun elsewhere."""
        self.web.set_cookie("__Host-insights-session", cookie, domain=HOST, secure=True)

    def post(self, path, fields, **options):
        return self.web.post(path, data=fields, headers=BROWSER, **SECURE, **options)


@pytest.fixture
def visitor(site):
    return Visitor(site.web)


@pytest.fixture
def lead(visitor):
    assert 303 == visitor.sign_in().status_code
    return visitor


def numbers(page):
    """The figures at the head of a page, by name, with their links."""
    found = re.findall(r"<div><dt>([^<]+)</dt><dd>(?:<a href=\"([^\"]+)\">)?([\d,]+)", page)
    return {name: (int(count.replace(",", "")), unescape(link)) for name, link, count in found}


def rows_of(page):
    """The text of each row of the first table."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [
            unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


def test_without_a_way_in_the_page_says_which_settings_make_one(kept):
    for path in (HOME, "/insights/cards", "/insights/sign-in"):
        page = Visitor(kept.web).get(path)
        assert 404 == page.status_code
        assert "CDS_INSIGHTS_TOKEN" in page.text
        assert "CDS_OIDC_ISSUER" in page.text
    assert 'href="/insights"' not in Visitor(kept.web).get("/rules").text


def test_without_records_there_is_nothing_to_count():
    app = create_app(Settings(public_url=PUBLIC_URL, insights_token=TOKEN), fees=ReloadableFees(None))
    page = Visitor(app.test_client()).get()
    assert 404 == page.status_code
    assert "without a database of records" in page.text


@pytest.mark.parametrize(
    "path",
    [
        HOME,
        "/insights/cards",
        "/insights/calls",
        "/insights/cards.csv",
        "/insights/calls.csv",
        "/insights/tables/by-rule.csv",
    ],
)
def test_nothing_is_shown_before_the_door(site, visitor, path):
    site.call()
    site.written()
    page = visitor.get(path)
    assert 401 == page.status_code
    assert "Sign in" in page.text
    assert ISSUER not in page.text


def test_the_token_opens_the_page_that_was_wanted(visitor):
    wanted = "/insights/cards?state=overridden&from=2026-01-01"
    reply = visitor.sign_in(path=wanted)
    assert (303, wanted) == (reply.status_code, reply.headers["Location"])
    assert 200 == visitor.get(wanted).status_code


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/rules",
        "",
        "/insights/../x",
        "//[",
        "/insights#//[x",
    ],
)
def test_nobody_is_sent_elsewhere_after_the_door(visitor, to):
    assert HOME == visitor.sign_in(to=to).headers["Location"]


def test_the_session_is_a_cookie_that_no_script_and_no_other_site_can_use(visitor):
    cookie = next(value for value in visitor.sign_in().headers.getlist("Set-Cookie") if "insights-session" in value)
    for part in ("__Host-insights-session=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert TOKEN not in cookie


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x", "\0\ud7ff", "x" * 10_000])
def test_a_wrong_token_stays_outside(visitor, token):
    assert 401 == visitor.sign_in(token).status_code
    assert 401 == visitor.get().status_code


def test_a_wrong_token_many_times_over_has_to_wait_and_so_has_the_right_one(site, visitor):
    for _ in range(MOST_OF_AN_ADDRESS - 1):
        assert 401 == visitor.sign_in("wrong").status_code
    for token in ("wrong", "wrong", TOKEN):
        refused = visitor.sign_in(token)
        assert 429 == refused.status_code
        assert 0 < int(refused.headers["Retry-After"]) <= WINDOW.total_seconds() + 1
        assert "Too many wrong tokens" in refused.text
    assert MOST_OF_AN_ADDRESS == site.rows("SELECT wrong FROM sign_in_attempt WHERE source = 'all'")[0][0]
    site.clock.now += WINDOW
    assert 303 == visitor.sign_in().status_code


def test_another_worker_makes_them_wait_too(visitor, url):
    for _ in range(MOST_OF_AN_ADDRESS):
        visitor.sign_in("wrong")
    second = keeping(Database(url), insights_token=TOKEN)
    assert 429 == Visitor(second.web).sign_in().status_code
    second.records.close()


def test_the_address_of_a_wrong_token_is_not_kept_as_it_is(site, visitor):
    visitor.sign_in("wrong")
    assert all("127.0.0.1" not in row[0] for row in site.rows("SELECT source FROM sign_in_attempt"))


def test_a_form_that_is_not_ours_or_too_old_opens_nothing(site, visitor):
    assert 403 == visitor.post("/insights/sign-in", {"token": TOKEN}).status_code
    fields = visitor.form()
    site.clock.now += FORM_HOURS
    assert 403 == visitor.post("/insights/sign-in", {**fields, "token": TOKEN}).status_code
    stranger = Visitor(site.web.application.test_client())
    assert 403 == stranger.post("/insights/sign-in", {**visitor.form(), "token": TOKEN}).status_code


def test_a_form_of_many_bytes_is_refused(visitor):
    assert 413 == visitor.sign_in("x" * 100_000).status_code


def test_a_session_ends_by_itself(site, lead):
    site.clock.now += SESSION_HOURS - timedelta(seconds=1)
    assert 200 == lead.get().status_code
    site.clock.now += timedelta(seconds=1)
    assert 401 == lead.get().status_code


def test_a_session_that_was_ended_is_over_also_for_who_kept_the_cookie(site, lead):
    kept_cookie = lead.cookie()
    assert 403 == lead.post("/insights/sign-out", {"field": "forged"}).status_code
    assert 200 == lead.get().status_code
    assert 200 == lead.post("/insights/sign-out", lead.form()).status_code
    thief = Visitor(site.web.application.test_client())
    thief.brings(kept_cookie)
    assert 401 == thief.get().status_code


@pytest.mark.parametrize("cookie", ["", "x", "a.1.b", "abc.99999999999." + "0" * 64, "\u00e4.\u00e4.\u00e4"])
def test_a_made_up_session_is_none(site, cookie):
    visitor = Visitor(site.web.application.test_client())
    visitor.brings(cookie)
    assert 401 == visitor.get().status_code


def test_a_new_token_ends_the_sessions_of_the_old_one(lead, url):
    cookie = lead.cookie()
    for token, status in ((TOKEN, 200), ("another-token-of-the-site", 401)):
        later = keeping(Database(url), insights_token=token)
        visitor = Visitor(later.web)
        visitor.brings(cookie)
        assert status == visitor.get().status_code
        later.records.close()


def test_the_numbers_are_those_of_the_feedback_that_was_posted(site, lead):
    assert {"Calls": 0, "Cards shown": 0} == {
        name: numbers(lead.get().text)[name][0] for name in ("Calls", "Cards shown")
    }
    first = site.call().json["cards"]
    site.feedback(overridden(first[0], "planned-next-visit"), accepted(first[1]))
    site.clock.pass_days(0.1)
    site.call()
    site.written()
    found = {name: count for name, (count, _) in numbers(lead.get().text).items()}
    assert {"Calls": 2, "Accepted": 1, "Overridden": 1} == {
        name: found[name] for name in ("Calls", "Accepted", "Overridden")
    }
    assert found["Cards shown"] == found["Accepted"] + found["Overridden"] + found["No answer"]
    assert "Will be done at the next visit" in lead.get().text


def test_each_number_opens_as_many_records(site, lead):
    first = site.call().json["cards"]
    site.feedback(overridden(first[0], "planned-next-visit"), accepted(first[1]))
    site.call("past-six-weeks-without-approval", "patient-view")
    site.written()
    page = lead.get().text
    links = set(re.findall(r'<td class="number" data-label="[^"]*"><a href="([^"]+)">([\d,]+)</a>', page))
    assert len(links) > 10
    for link, count in [*links, *((link, count) for count, link in numbers(page).values() if link)]:
        listed = lead.get(unescape(link))
        assert 200 == listed.status_code
        assert int(str(count).replace(",", "")) == len(rows_of(listed.text)), link


def test_the_pages_name_no_patient_and_repeat_no_comment(site, lead):
    card = site.call().json["cards"][0]
    site.feedback(overridden(card, overrideReason={"userComment": COMMENT}))
    (row,) = site.written().rows("SELECT patient, episode FROM decision")
    for path in (HOME, "/insights/cards", "/insights/calls", "/insights/cards.csv", "/insights/tables/reasons.csv"):
        page = lead.get(path).text
        assert "Jane Roe" not in page
        assert row.patient not in page
        assert row.episode not in page
    assert "A comment, no reason" in lead.get().text


def test_hostile_text_stays_text(database):
    hostile = "https://ehr.example/?<script>alert(1)</script>=1"
    site = keeping(database, insights_token=TOKEN, clients=(client(issuer=hostile),))
    ehr = Ehr(issuer=hostile)
    card = site.call(ehr=ehr).json["cards"][0]
    reason = {"reason": {"system": "urn:own", "code": HOSTILE}}
    site.feedback(overridden(card, overrideReason=reason), ehr=ehr)
    lead = Visitor(site.written().web)
    lead.sign_in()
    for path in (
        HOME,
        "/insights/cards",
        "/insights/calls",
        f"/insights/cards?rule={HOSTILE}&client={HOSTILE}&hook={HOSTILE}",
    ):
        page = lead.get(path)
        assert 200 == page.status_code
        assert "<script>alert" not in page.text
    assert "The EHR&#39;s own reason" in lead.get().text
    site.records.close()


@pytest.mark.parametrize("days", ["from=tomorrow", "to=2026-02-30", "from=2026-13-01"])
def test_a_day_that_does_not_exist_is_told(lead, days):
    assert 400 == lead.get(f"{HOME}?{days}").status_code


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=99999999999999999999",
        "state=x",
        "week=x",
        "week=2026-99-99",
        "from=0001-01-01&to=9999-12-31",
        "fact=%25",
    ],
)
def test_an_odd_address_is_answered(site, lead, query):
    site.call()
    site.written()
    for path in (HOME, "/insights/cards", "/insights/calls"):
        assert 200 == lead.get(f"{path}?{query}").status_code


def test_filters_stand_in_the_address_and_in_the_form(site, lead):
    site.call()
    site.clock.pass_days(8)
    site.call("past-six-weeks-without-approval", "patient-view")
    site.written()
    lead.sign_in()
    page = lead.get(f"{HOME}?from=2026-03-20&hook=patient-view").text
    assert 1 == numbers(page)["Calls"][0]
    assert 'value="2026-03-20"' in page
    assert '<option value="patient-view" selected>' in page
    link = numbers(page)["Cards shown"][1]
    assert {"from": ["2026-03-20"], "hook": ["patient-view"], "state": ["shown"]} == parse_qs(urlsplit(link).query)
    assert 2 == numbers(lead.get(f"{HOME}?from=").text)["Calls"][0]
    assert 1 == numbers(lead.get(f"{HOME}?from=&to=2026-03-16").text)["Calls"][0]


def test_a_page_holds_fifty_records_and_leads_to_the_older_ones(site, lead):
    for _ in range(51):
        site.call(hook="patient-view")
    site.written()
    first = lead.get("/insights/calls").text
    assert 50 == len(rows_of(first))
    older = unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])
    assert 1 == len(rows_of(lead.get(older).text))


def test_a_table_as_csv_has_the_rows_of_the_page(site, lead):
    site.call()
    site.written()
    reply = lead.get("/insights/tables/by-rule.csv")
    assert "text/csv" in reply.content_type
    assert 'attachment; filename="insights-by-rule.csv"' == reply.headers["Content-Disposition"]
    header, *rows = csv.reader(StringIO(reply.text))
    assert ["Rule", "Shown", "Accepted", "Overridden", "No answer", "Held back", "Accepted of shown"] == header
    assert ["1"] * len(rows) == [row[1] for row in rows]
    assert 404 == lead.get("/insights/tables/none.csv").status_code


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_a_csv_is_a_formula(database, start):
    issuer = f"{start}HYPERLINK(1)"
    site = keeping(database, insights_token=TOKEN, clients=(client(issuer=issuer),))
    site.call(ehr=Ehr(issuer=issuer))
    lead = Visitor(site.written().web)
    lead.sign_in()
    for path, column in (("/insights/tables/by-client.csv", 0), ("/insights/calls.csv", 1)):
        rows = list(csv.reader(StringIO(lead.get(path).text)))[1:]
        assert [f"'{issuer}"] == [row[column] for row in rows]
    site.records.close()


def test_no_dollar_is_shown_without_fees(site, lead):
    site.call("texas-hardening-pt-pta")
    site.written()
    assert "$" not in lead.get().text
    assert "Recommended charges in dollars" not in lead.get().text


def test_fees_put_dollars_on_recommended_charges(database, tmp_path):
    file = tmp_path / "fees.csv"
    file.write_text("code,modifier,amount,from\n97545,,1000,2026-01-01\n97546,,100,2026-01-01\n")
    site = keeping(database, insights_token=TOKEN, fees=file)
    site.call("texas-hardening-pt-pta")
    lead = Visitor(site.written().web)
    lead.sign_in()
    assert "$1,200.00" in lead.get().text
    rows = list(csv.reader(StringIO(lead.get("/insights/tables/charges.csv").text)))
    assert ["No answer", "1", "1200.00", "0"] in rows
    site.records.close()


def test_what_only_a_shadow_saw_stands_in_a_column_of_its_own(database):
    site = keeping(database, insights_token=TOKEN, clients=(client(mode="shadow"),))
    site.call()
    lead = Visitor(site.written().web)
    lead.sign_in()
    found = numbers(lead.get().text)
    assert (0, 2) == (found["Cards shown"][0], found["Would have been shown"][0])
    assert 2 == len(rows_of(lead.get(found["Would have been shown"][1]).text))
    site.records.close()


def test_while_the_database_is_gone_the_page_says_so(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    database.upgrade()
    site = keeping(database, insights_token=TOKEN)
    lead = Visitor(site.web)
    lead.sign_in()
    for file in tmp_path.glob("records.sqlite3*"):
        file.unlink()
    assert 503 == lead.get().status_code
    site.records.close()
