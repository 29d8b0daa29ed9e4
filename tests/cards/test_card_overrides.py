import pytest
from fhir.resources.R4B.codesystem import CodeSystem

from cards.overrides import NON_ADHERENCE, REASONS, override_reason_system, override_reasons, topic_system
from cds_service.domain.findings import Topic
from tests.cards.card_examples import PUBLIC_URL

PUBLISHED = {
    "patient-ineligible",
    "action-completed",
    "need-more-info",
    "policy-contradicts",
    "patient-refuses",
    "service-not-available",
    "too-costly-uncovered",
}


@pytest.mark.parametrize("topic", list(Topic))
def test_every_topic_offers_a_handful_of_reasons_that_end_with_other(topic):
    offered = override_reasons(topic, PUBLIC_URL)

    assert 4 <= len(offered) <= 9
    assert "other" == offered[-1].code


def test_every_offered_reason_is_in_the_code_system():
    listed = {concept["code"] for concept in override_reason_system(PUBLIC_URL)["concept"]}
    offered = {reason.code for topic in Topic for reason in override_reasons(topic, PUBLIC_URL)}

    assert listed == offered


def test_reasons_point_only_to_published_codes():
    assert {reason.standard for reason in REASONS if reason.standard} <= PUBLISHED


@pytest.mark.parametrize("system", [override_reason_system(PUBLIC_URL), topic_system(PUBLIC_URL)])
def test_code_systems_are_valid_fhir_under_the_address_of_the_codings(system):
    assert f"{PUBLIC_URL}/CodeSystem/{system['id']}" == CodeSystem.model_validate(system).url


def test_the_standard_code_of_a_reason_is_a_coding_of_the_published_system():
    concepts = {concept["code"]: concept for concept in override_reason_system(PUBLIC_URL)["concept"]}
    codings = [parent["valueCoding"] for parent in concepts["patient-ineligible"]["property"]]

    assert {"system": NON_ADHERENCE, "code": "patient-ineligible"} in codings


def test_the_topics_are_those_of_the_findings():
    assert {topic.value for topic in Topic} == {concept["code"] for concept in topic_system(PUBLIC_URL)["concept"]}
