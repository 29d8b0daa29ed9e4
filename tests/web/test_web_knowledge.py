import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from fhir.resources.R4B.codesystem import CodeSystem

from cds_service.app.settings import Settings
from cds_service.domain.case import Moment
from cds_service.domain.chart import Fact
from cds_service.domain.findings import Topic
from cds_service.policies.stack import PolicyStack
from cds_service.rules.catalog import RULES
from cds_service.web.application import create_app
from cds_service.web.pages.page_words import WORDS_OF_FACTS, WORDS_OF_MOMENTS
from tests.web.talking import PUBLIC_URL, SITE_POLICY, outcome_of

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PROGRAM = {"Accept": "application/json"}
SITE = SITE_POLICY.format(id="site-fable", title="Fable agreement")
INLINE = {"style", "onclick", "onload", "onerror", "onsubmit", "onchange"}
PAGES = [
    "/",
    "/rules",
    "/rules/visit-charges",
    "/coding-rules",
    "/policies",
    "/policies/generic",
    "/coverage",
    "/coverage?on=2016-09-01",
    "/CodeSystem/topic",
    "/CodeSystem/override-reason",
]


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()
        self.tags = set()
        self.attributes = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.found |= {value for name, value in attrs if name == "href"}


def parsed(html):
    links = _Links()
    links.feed(html)
    return links


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_gets_a_page_that_runs_our_own_scripts_only(client, path):
    response = client.get(path, headers=BROWSER)
    assert response.status_code == 200
    assert response.mimetype == "text/html"
    policy = response.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy.split("; "))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept" in response.headers["Vary"]
    assert INLINE.isdisjoint(parsed(response.text).attributes)
    assert "style" not in parsed(response.text).tags
    assert re.search(r"<script(?! src=\"/assets/[a-z.]+\?v=[0-9a-f]{12}\" defer></script>)", response.text) is None


@pytest.mark.parametrize("path", PAGES)
def test_a_program_gets_the_same_as_json(client, path):
    response = client.get(path, headers=PROGRAM)
    assert response.status_code == 200
    assert response.is_json


def test_every_link_of_every_page_leads_somewhere(client):
    seen, open_links = set(), {"/"}
    while open_links:
        path = open_links.pop()
        seen.add(path)
        response = client.get(path, headers=BROWSER)
        assert response.status_code == 200, path
        if response.mimetype == "text/html":
            open_links |= {link for link in parsed(response.text).found if link.startswith("/")} - seen
    assert {f"/rules/{rule.id}" for rule in RULES} < seen
    assert {"/cds-services", "/health/ready", "/coverage", "/policies/generic"} < seen


def test_links_keep_to_the_path_that_the_service_is_published_under(policies):
    settings = Settings(public_url=f"{PUBLIC_URL}/rehab")
    page = create_app(settings, policies=policies).test_client().get("/rules", headers=BROWSER).text
    assert {link for link in parsed(page).found if not link.startswith(("/rehab/", "#"))} == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_page_shows_a_card_of_an_invented_patient(client, rule):
    page = client.get(f"/rules/{rule.id}", headers=BROWSER).text
    assert '<article class="ehr-card' in page


def test_a_rule_page_leads_to_the_stories_in_which_the_rule_speaks(policies):
    demo = create_app(Settings(public_url=PUBLIC_URL), policies=policies).test_client()
    page = demo.get("/rules/reassessment", headers=BROWSER).text
    assert "/try?story=reassessment-overdue&amp;moment=encounter-discharge" in page


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_page_that_tells_its_law(client, rule):
    facts = client.get(f"/rules/{rule.id}", headers=PROGRAM).json
    assert (rule.id, rule.topic, rule.title) == (facts["id"], facts["topic"], facts["title"])
    assert facts["law"]
    assert {parameter["name"] for parameter in facts["parameters"]} == {parameter.name for parameter in rule.parameters}


def test_a_rule_page_gives_each_value_with_date_and_source(client):
    values = client.get("/rules/first-unit", headers=PROGRAM).json["values"]
    value = next(value for value in values if value["parameter"] == "time.first_unit_full_minutes")
    assert (value["policy"], value["value"]) == ("generic", 120)
    assert value["from"]
    assert value["citation"]
    assert value["retrieved"]


def test_a_policy_page_tells_what_is_not_modelled(client):
    facts = client.get("/policies/us-tx-dwc", headers=PROGRAM).json
    assert facts["notModelled"]
    page = client.get("/policies/us-tx-dwc", headers=BROWSER).text
    assert "Not modeled" in page


def test_a_policy_page_tells_what_holds_with_all_layers_on_the_date_asked_about(client):
    def weeks(on):
        facts = client.get(f"/policies/us-tx-dwc?on={on}", headers=PROGRAM).json
        rows = {row["parameter"]: row for row in facts["effective"]}
        return rows.get("modifiers.program", {}).get("value", {}).get("policy"), rows["program.max_weeks"]["own"]

    assert ("generic", False) == weeks("2016-08-31")
    assert ("us-tx-dwc", False) == weeks("2016-09-01")


def test_a_policy_page_names_the_dates_on_which_its_values_change(client):
    facts = client.get("/policies/us-medicare", headers=PROGRAM).json
    assert "2026-01-01" in facts["changes"]
    assert "/policies/us-medicare?on=2026-01-01" in client.get("/policies/us-medicare", headers=BROWSER).text


@pytest.mark.parametrize("path", ["/policies/generic", "/coverage"])
def test_a_date_that_is_none_is_refused_by_name(client, path):
    outcome = outcome_of(client.get(f"{path}?on=yesterday"), 400)
    assert "parameter on" in outcome["details"]["text"]


def test_values_are_told_in_words(client):
    page = client.get("/policies/us-tn-bwc", headers=BROWSER).text
    assert "CMS 8-minute rule" in page
    assert "no date given" in page


def test_a_page_follows_the_policies_in_use(policies, tmp_path):
    (tmp_path / "site-fable.yaml").write_text(SITE)
    in_use = SimpleNamespace(current=policies, outdated=False)
    app = create_app(Settings(public_url=PUBLIC_URL), policies=in_use).test_client()
    assert "Fable" not in app.get("/policies", headers=BROWSER).text

    in_use.current = PolicyStack.load([tmp_path])
    assert app.get("/policies", headers=BROWSER).text == app.get("/policies", headers=BROWSER).text
    assert "Fable agreement (invented)" in app.get("/policies", headers=BROWSER).text


def test_a_page_that_was_begun_by_old_policies_is_not_kept_for_the_new_ones(policies, tmp_path):
    (tmp_path / "site-fable.yaml").write_text(SITE)
    newer = PolicyStack.load([tmp_path])

    class InUse:
        """Policies that are replaced, and asked for by somebody else, while a page is made."""

        outdated = False
        left = 0
        in_force = policies

        @property
        def current(self):
            begun_with = self.in_force
            self.left -= 1
            if self.left == 0:
                self.in_force = newer
                with ThreadPoolExecutor() as threads:
                    threads.submit(other_reader.get, "/policies", headers=BROWSER).result()
            return begun_with

    in_use = InUse()
    app = create_app(Settings(public_url=PUBLIC_URL), policies=in_use)
    reader, other_reader = app.test_client(), app.test_client()
    reader.get("/rules", headers=BROWSER)
    in_use.left = 1
    assert "Fable" not in reader.get("/policies", headers=BROWSER).text
    assert "Fable agreement (invented)" in reader.get("/policies", headers=BROWSER).text


def test_where_sources_differ_the_pages_say_so(client):
    assert "Sources differ:</strong>" in client.get("/rules/first-unit", headers=BROWSER).text


def test_a_rule_page_names_the_policies_that_set_each_parameter(client):
    facts = client.get("/rules/authorization", headers=PROGRAM).json
    by = {row["policy"] for row in facts["values"] if row["parameter"] == "authorization.after_visits"}
    assert {"us-ms-wcc", "us-hi-dlir"} <= by
    assert "authorization.missing" in facts["findings"]


def test_a_policy_page_leads_from_a_parameter_to_the_rule_that_reads_it(client):
    page = client.get("/policies/us-la-owc", headers=BROWSER).text
    assert "/rules/plan-of-care#plan_of_care.review_days" in page
    assert 'id="plan_of_care.review_days"' in client.get("/rules/plan-of-care", headers=BROWSER).text


def test_every_id_that_a_rule_rests_on_is_explained(client):
    entries = {
        entry["id"]
        for section in client.get("/coding-rules", headers=PROGRAM).json["sections"]
        for entry in section["entries"]
    }
    ids = {source for rule in RULES for source in rule.sources if re.fullmatch(r"[A-Z-]+-\d+", source)}
    assert "T-1" in ids
    assert ids <= entries


def test_ids_on_a_rule_page_lead_to_what_they_stand_for(client):
    page = client.get("/rules/first-unit", headers=BROWSER).text
    assert 'href="/coding-rules#T-2"' in page
    assert 'id="T-2"' in client.get("/coding-rules", headers=BROWSER).text
    assert "Less than two hours" in page


def test_everything_that_a_rule_needs_and_every_moment_has_words():
    assert set(Fact) == set(WORDS_OF_FACTS)
    assert set(Moment) == set(WORDS_OF_MOMENTS)


@pytest.mark.parametrize("rule", ["documentation", "initial-evaluation"])
def test_a_rule_page_tells_what_the_short_names_of_its_values_mean(client, rule):
    facts = client.get(f"/rules/{rule}", headers=PROGRAM).json
    texts = (
        value["value"]
        for value in facts["values"]
        if value["parameter"] in {"documentation.required", "entry.criteria"}
    )
    used = {
        name for value in texts for names in (value.values() if isinstance(value, dict) else [value]) for name in names
    }
    assert used
    assert used <= facts["terms"].keys()


@pytest.mark.parametrize("name", ["topic", "override-reason"])
def test_a_code_system_is_valid_fhir_under_its_own_address(client, name):
    response = client.get(f"/CodeSystem/{name}", headers={"Accept": "application/fhir+json"})
    assert response.mimetype == "application/fhir+json"
    assert f"{PUBLIC_URL}/CodeSystem/{name}" == CodeSystem.model_validate_json(response.data).url


def test_the_code_system_of_topics_has_every_topic(client):
    concepts = client.get("/CodeSystem/topic", headers=PROGRAM).json["concept"]
    assert {concept["code"] for concept in concepts} == set(Topic)


@pytest.mark.parametrize("path", ["/rules/none", "/policies/none", "/CodeSystem/none"])
def test_an_unknown_page_is_not_found(client, path):
    outcome_of(client.get(path), 404)
