"""What a visitor of ``/try`` reads and can do."""

import re
import subprocess
import sys
from datetime import date
from urllib.parse import quote

import orjson
import pytest

from cds_service.app.settings import Settings
from cds_service.stories.playing import play
from cds_service.stories.story_files import bundled, read
from cds_service.web.application import create_app
from tests.web.try_it.reading import links, section, words

TEXAS = "/try?story=texas-hardening-pt-pta"
HOSTILE = '"><script>alert(1)</script>\u202e${7*7}{{7*7}}'


def shown(demo, address: str) -> str:
    reply = demo.get(address)
    assert reply.status_code == 200, reply.text
    return reply.text


def test_the_first_look_shows_a_card_as_an_ehr_draws_it(demo):
    page = shown(demo, "/try")
    read = words(page)

    assert "Charge 97545-WH-GP x1, 97546-WH-GP-CQ x2 (240 min)" in read
    assert "Draft the claim: 97545-WH-GP x1, 97546-WH-GP-CQ x2 Recommended" in read
    assert "The recorded time is wrong and will be corrected" in read
    assert "<table>" in page, "the facts are a table, not Markdown"
    assert "97546 each further hour of that day" in read


@pytest.mark.parametrize("story", bundled())
def test_every_story_can_be_played(demo, story):
    assert "Why each rule spoke" in shown(demo, f"/try?story={story}")


def test_a_story_with_nothing_to_fix_says_that_nobody_is_interrupted(demo):
    page = shown(demo, "/try?story=clean-program")

    assert "No card. The service looked and has nothing to say" in words(page)
    assert "1 rule could not know everything: see why" in words(page)
    assert "Nothing is open" in section(page, "obtain")


@pytest.mark.parametrize(
    ("choice", "card"),
    [
        ("minutes=100", "Choose how to bill 100 min"),
        ("by=PT", "Charge 97545-WH-GP x1, 97546-WH-GP x2 (240 min)"),
        ("by=PTA", "Charge 97545-WH-GP-CQ x1, 97546-WH-GP-CQ x2 (240 min)"),
        ("payer=medicare", "the payer in line is Medicare"),
        ("payer=none", "Record the coverage: none is in force on the date of service"),
        ("state=KS", "Charge 97545-GP x1, 97546-GP-CQ x2 (240 min)"),
        ("approval=none", "Settle authorization before billing"),
        ("approval=ended", "Renew authorization: it ended"),
        ("measured=9", "Reassessment overdue by 2 days"),
        ("measured=never", "Reassessment overdue by 9 days"),
        ("later=40", "Renew authorization: it ended"),
    ],
)
def test_the_answer_follows_what_is_changed(demo, choice, card):
    page = shown(demo, f"{TEXAS}&{choice}")

    assert card in section(page, "answer")


def test_an_hour_at_another_place_is_another_time_of_day(demo):
    fewer = orjson.loads(demo.get("/try/request.json?story=texas-hardening-pt-pta&zone=America/Denver").data)

    assert "08:00:00-07:00" in str(fewer)


def test_an_order_with_longer_sessions_needs_more_units(demo):
    page = shown(demo, "/try?story=order-without-code&minutes=180")

    assert "add 97546" in section(page, "answer")


def test_an_accepted_suggestion_is_lines_that_a_biller_reads_and_the_next_call_is_silent(demo):
    button = links(shown(demo, TEXAS))["Draft the claim: 97545-WH-GP x1, 97546-WH-GP-CQ x2"]
    after = section(shown(demo, button), "next")

    assert "97545 WH, GP 1" in after
    assert "97546 WH, GP, CQ 2" in after
    assert "S46.011D" in after
    assert "Approval number TX-EXAMPLE-1001" in after
    assert "has nothing more to say on it" in after
    assert "Gone Charge 97545-WH-GP x1" in after
    assert "acceptedSuggestions" in after


def test_a_draft_has_dollars_where_the_site_has_fees_and_none_elsewhere(demo, tmp_path, policies):
    fees = tmp_path / "fees.csv"
    fees.write_text("code,modifier,amount,from\n97545,,128.50,2020-01-01\n97546,,64,2020-01-01\n")
    accepted = f"{TEXAS}&did=accept:visit-charges.draft:1"
    client = create_app(Settings(fees=fees), policies=policies).test_client()
    after = section(client.get(accepted, headers={"Accept": "text/html"}).text, "next")

    assert "S46.011D $128.00" in after, "two units of 97546"
    assert "Together $256.50 by the fee table of this site." in after
    assert "$" not in section(shown(demo, accepted), "next")


def test_an_accepted_order_is_read_at_the_next_call(demo):
    button = links(shown(demo, "/try?story=order-without-code"))["Set the code to 97545"]
    after = section(shown(demo, button), "next")

    assert "Draft order, changed" in after
    assert "97545 after GP 20" in after
    assert "Gone Order 97545 for work hardening" in after


def test_an_ehr_that_sends_no_charges_is_told_the_same_again(demo):
    after = section(shown(demo, "/try?story=vendor-shaped-chart&did=accept:visit-charges.draft:1"), "next")

    assert "This EHR does not send drafted charges" in after
    assert "Still there Charge 97545-GP x1, 97546-GP x1" in after


def test_an_overridden_warning_is_gone_at_the_next_call_and_its_feedback_is_shown(demo):
    address = (
        "/try?story=past-six-weeks-without-approval&did=override:program-duration.over&reason=authorization-obtained"
    )
    after = section(shown(demo, address), "next")

    assert "Nothing changes in the chart" in after
    assert "For 7 days the service does not show this finding again" in after
    assert "Gone Get written approval beyond 6 weeks" in after
    assert '"code": "authorization-obtained"' in after


def test_overridden_charges_stay(demo):
    after = section(shown(demo, f"{TEXAS}&did=override:visit-charges.draft&reason=other"), "next")

    assert "This card stays" in after


def test_a_deed_with_a_card_that_is_gone_is_said(demo):
    page = shown(demo, f"{TEXAS}&minutes=60&did=accept:visit-charges.draft:1")

    assert "is not in the answer any more" in words(page)
    assert not section(page, "next")


@pytest.mark.parametrize(
    "deed", ["accept:visit-charges.draft:9", "override:visit-charges.draft", "accept:visit-charges.draft~2:1"]
)
def test_a_deed_that_the_card_does_not_offer_does_nothing_wrong(demo, deed):
    assert "Charge 97545" in shown(demo, f"{TEXAS}&did={deed}&reason=no-such-reason")


def test_what_would_settle_a_warning_stands_below_it(demo):
    obtain = section(shown(demo, "/try?story=past-six-weeks-without-approval"), "obtain")

    assert "Warning Get written approval beyond 6 weeks" in obtain
    assert "The payer's written approval for the weeks beyond its limit" in obtain


def test_each_rule_says_why_it_spoke_was_silent_or_could_not_know(demo):
    page = shown(demo, "/try?story=vendor-shaped-chart")
    why = section(page, "why")

    assert "Could not know 1 Prior authorization" in why
    assert "Answers from the payer not received." in why
    assert "Did not apply" in why
    assert "The payer requires no program modifier." in why
    assert 'href="/rules/authorization"' in page


def test_the_program_stands_below_as_a_picture_and_a_table(demo):
    page = shown(demo, "/try?story=past-six-weeks-with-approval")

    assert "Last safe day to ask" in section(page, "program-timeline")
    assert 'role="img"' in page


@pytest.mark.parametrize("name", ["request.json", "response.json", "story.yaml"])
def test_a_download_has_a_name_of_our_own(demo, name):
    reply = demo.get(f"/try/{name}?story=x%22%0d%0ay&filename=../evil.html")

    assert reply.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_the_request_can_be_downloaded_and_called(demo):
    request = demo.get("/try/request.json?story=texas-hardening-pt-pta&approval=none")
    answer = demo.post("/cds-services/work-rehab-encounter-discharge", json=request.json).json

    shown_answer = demo.get("/try/response.json?story=texas-hardening-pt-pta&approval=none").json
    assert [card["summary"] for card in answer["cards"]] == [card["summary"] for card in shown_answer["cards"]]
    assert "attachment" in request.headers["Content-Disposition"]


@pytest.mark.parametrize("choices", ["", "&later=3&minutes=200&by=OT", "&approval=pending&measured=never&state=none"])
@pytest.mark.parametrize("story", ["texas-hardening-pt-pta", "colles-fracture", "vendor-shaped-chart"])
def test_the_story_can_be_taken_home_and_answers_alike(demo, tmp_path, policies, story, choices):
    address = f"story={story}{choices}"
    (tmp_path / "story.yaml").write_bytes(demo.get(f"/try/story.yaml?{address}").data)

    (taken,) = read(tmp_path / "story.yaml", date.today())  # noqa: DTZ011 - the page plays as of today

    cards = demo.get(f"/try/response.json?{address}").json["cards"]
    played = play(taken, taken.hook, policies, max_cards=5)
    assert [card["summary"] for card in cards] == [card["summary"] for card in played.cards]


@pytest.mark.parametrize(
    "name",
    ["story", "moment", "later", "by", "payer", "state", "zone", "approval", "measured", "did", "reason", "minutes"],
)
def test_a_hostile_value_is_text_and_the_rest_is_kept(demo, name):
    kept = "payer=medicare" if name != "payer" else "approval=none"
    page = shown(demo, f"/try?{kept}&{name}={quote(HOSTILE)}")

    assert "<script>alert" not in page
    assert "49" not in section(page, "answer")
    assert ("the payer in line is Medicare" if name != "payer" else "Settle authorization") in words(page)


def test_a_value_that_is_none_is_said_and_the_rest_is_kept(demo):
    page = shown(demo, "/try?story=none-such&moment=tea-time&minutes=99999&payer=nobody&approval=none")
    read = words(page)

    assert "There is no story “none-such”" in read
    assert "There is no moment “tea-time”" in read
    assert "Minutes: “99999” is not a whole number from 15 to 720" in read
    assert "Payer: “nobody” is not one of those in the list" in read
    assert "Settle authorization before billing" in read


def test_a_moment_that_another_story_has_is_replaced_and_said(demo):
    page = shown(demo, f"{TEXAS}&moment=order-sign")

    assert "This story has no moment “The order is signed”" in words(page)


def test_the_page_can_be_kept_by_nobody_and_names_its_own_address(demo):
    reply = demo.get(f"{TEXAS}&minutes=&payer=medicare&zone=")

    assert reply.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["HX-Push-Url"] == "/try?story=texas-hardening-pt-pta&moment=encounter-discharge&payer=medicare"


def test_behind_a_proxy_the_page_names_the_address_that_browsers_know(policies):
    app = create_app(Settings(public_url="https://clinic.example/cds"), policies=policies)
    reply = app.test_client().get("/try", headers={"Accept": "text/html"})

    assert reply.headers["HX-Push-Url"].startswith("/cds/try?story=")
    assert not re.findall(r' (?:href|action|src|hx-get)="/(?!cds/)[^"]*"', reply.text)


def test_nothing_on_the_page_is_written_inline(demo):
    page = shown(demo, f"{TEXAS}&did=accept:visit-charges.draft:1")

    assert " style=" not in page
    assert " onclick" not in page
    assert "<script>" not in page


def test_hook_calls_load_nothing_of_it():
    code = (
        "import sys; from cds_service.app.settings import Settings\n"
        "from cds_service.web.application import create_app\n"
        "client = create_app(Settings()).test_client()\n"
        "client.post('/cds-services/work-rehab-patient-view', data=b'{}', content_type='application/json')\n"
        "late = ('cds_service.web.pages.', 'cds_service.stories', 'cds_service.ehr', 'markdown_it')\n"
        "print([name for name in sys.modules if name.startswith(late)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class NobodyMayCall:
    """Stands for the gate of a deployment: these tests only ask pages."""


@pytest.fixture
def in_production(policies):
    def served(**settings):
        app = create_app(Settings(**settings), policies=policies, gate=NobodyMayCall())
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        return client

    return served


@pytest.mark.parametrize(("method", "path"), [("get", "/try"), ("get", "/try/story.yaml"), ("post", "/try/pasted")])
def test_a_deployment_has_the_page_only_where_it_is_switched_on(in_production, method, path):
    reply = getattr(in_production(), method)(path)

    assert reply.status_code == 404
    assert "switches it on with CDS_TRY_PAGE=true" in words(reply.text)
    assert 'href="/try"' not in reply.text
    assert getattr(in_production(try_page=True), method)(path).status_code != 404


def test_a_deployment_shows_how_to_call_with_a_token(in_production):
    page = in_production(try_page=True).get("/try").text

    assert "Authorization: Bearer $TOKEN" in words(page)
