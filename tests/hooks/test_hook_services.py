import re

import pytest

from cds_service.domain.case import Moment
from cds_service.domain.chart import Fact
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.hooks.services import PERMITTED, SERVICES, discovery, hooks_of, shared_id
from cds_service.rules.catalog import RULES
from tests.hooks.hook_requests import PUBLISHED, SERVICE_OF, SHARED_ID_OF

SUBSET = {
    # Search parameters of FHIR R4 by resource type, as far as the query subset of CDS Hooks allows them.
    "Coverage": {"patient"},
    "CarePlan": {"patient"},
    "Encounter": {"patient", "_sort", "_count"},
    "Procedure": {"patient", "_sort", "_count"},
    "Condition": {"patient"},
    "Goal": {"patient"},
    "Observation": {"patient", "category", "_sort", "_count"},
    "QuestionnaireResponse": {"patient", "_sort", "_count"},
    "ClaimResponse": {"patient", "use", "_sort", "_count"},
    "ServiceRequest": {"patient", "_sort", "_count"},
    "Claim": {"patient", "use", "_sort", "_count"},
}
PUBLISHED_VERSIONS = {hook: version for _, hook, version, _, _ in PUBLISHED}
MOMENTS = {
    "a program is ordered": Moment.ORDER,
    "a visit opens": Moment.VISIT_START,
    "a visit closes: the charges are proposed": Moment.VISIT_CLOSE,
    "visits are booked": Moment.BOOKING,
    "the state of the program": Moment.OVERVIEW,
}
FROM_CONTEXT = {Moment.ORDER: {Fact.ORDERS}, Moment.BOOKING: {Fact.APPOINTMENTS}}

entries = pytest.mark.parametrize("entry", discovery()["services"], ids=lambda entry: f"{entry['id']}@{entry['hook']}")


def test_each_hook_has_an_id_of_its_own_and_shares_one_with_the_hooks_of_its_moment():
    assert {service.hook: service.id for service in SERVICES} == SERVICE_OF
    assert {service.hook: service.shared_id for service in SERVICES} == SHARED_ID_OF


def test_no_id_is_listed_twice_since_clients_keep_services_by_url():
    listed = [entry["id"] for entry in discovery()["services"]]
    assert list(SERVICE_OF.values()) == listed
    assert len(set(listed)) == len(listed)


def test_shared_ids_are_listed_instead_where_the_site_has_it_so():
    listed = {entry["hook"]: entry["id"] for entry in discovery(shared=True)["services"]}
    assert SHARED_ID_OF == listed
    without_ids = [
        [entry | {"id": ""} for entry in listing["services"]] for listing in (discovery(), discovery(shared=True))
    ]
    assert without_ids[0] == without_ids[1]


@pytest.mark.parametrize("hook", SERVICE_OF)
def test_listed_and_shared_ids_answer_with_the_same_service(hook):
    assert hooks_of(SERVICE_OF[hook])[hook] is hooks_of(SHARED_ID_OF[hook])[hook]


@pytest.mark.parametrize("hook", SERVICE_OF)
def test_a_listed_id_answers_its_own_hook_only(hook):
    assert [hook] == list(hooks_of(SERVICE_OF[hook]))


@pytest.mark.parametrize("hook", SERVICE_OF)
def test_calls_of_both_ids_are_counted_under_the_shared_one(hook):
    assert {SHARED_ID_OF[hook]} == {shared_id(SERVICE_OF[hook]), shared_id(SHARED_ID_OF[hook])}


@pytest.mark.parametrize("hook", SERVICE_OF)
def test_a_shared_id_permits_those_of_its_hooks_and_a_listed_one_itself(hook):
    assert {SERVICE_OF[hook], SHARED_ID_OF[hook]} <= PERMITTED[SHARED_ID_OF[hook]]
    assert {SERVICE_OF[hook]} == PERMITTED[SERVICE_OF[hook]]


def test_each_hook_belongs_to_its_moment_in_the_workflow():
    assert set(MOMENTS.values()) == set(Moment)
    said = ""
    for service, (_, _, _, _, moment) in zip(SERVICES, PUBLISHED, strict=True):
        said = moment or said
        assert MOMENTS[said] is service.moment, service.hook


def test_no_pair_of_id_and_hook_is_listed_twice():
    assert len(SERVICES) == len({(service.id, service.hook) for service in SERVICES})


def test_an_unknown_service_has_no_hooks():
    assert hooks_of("work-rehab") == {}


@entries
def test_required_and_recommended_texts_are_never_blank(entry):
    assert all(entry[name].strip() for name in ("hook", "id", "title", "description", "usageRequirements"))


@entries
def test_an_id_needs_no_escaping_in_a_path(entry):
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", entry["id"])


@entries
def test_the_specification_version_is_the_common_one(entry):
    assert entry["version"] == "2.0.1"


@entries
def test_the_hook_version_is_the_published_one(entry):
    assert PUBLISHED_VERSIONS[entry["hook"]] == entry["hookVersion"]


@entries
def test_nothing_in_discovery_is_empty(entry):
    assert all(entry.values())
    assert all(isinstance(template, str) and template for template in entry["prefetch"].values())


@entries
def test_templates_use_only_root_level_tokens_that_the_hook_always_has(entry):
    tokens = {token for template in entry["prefetch"].values() for token in re.findall(r"{{(.*?)}}", template)}
    has_encounter = entry["hook"] in {"encounter-start", "encounter-discharge"}
    assert ({"context.patientId", "context.encounterId"} if has_encounter else {"context.patientId"}) == tokens


@pytest.mark.parametrize("template", [key.template for key in PREFETCH_KEYS.values()])
def test_a_template_is_a_read_or_a_search_of_the_subset(template):
    filled = re.sub(r"{{context\.(patientId|encounterId)}}", "1", template)
    assert not re.search(r"[{}%]", filled)
    if "?" not in filled:
        assert re.fullmatch(r"(Patient|Encounter)/1", filled)
        return
    resource_type, _, query = filled.partition("?")
    names = [part.partition("=")[0] for part in query.split("&")]
    assert SUBSET[resource_type] == set(names)
    assert len(names) == len(set(names))


def test_the_same_key_means_the_same_query_in_every_service():
    queries = {(key, template) for entry in discovery()["services"] for key, template in entry["prefetch"].items()}
    assert len(PREFETCH_KEYS) == len(queries)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.hook)
def test_every_fact_that_a_rule_declares_can_come_from_prefetch_or_context(service):
    by_key = (PREFETCH_KEYS[key].tells for key in service.prefetch)
    deliverable = set().union(*by_key, FROM_CONTEXT.get(service.moment, set()))
    declared = {fact for rule in RULES if service.moment in rule.moments for fact in rule.facts}
    assert set() == declared - deliverable - {Fact.POLICY}
