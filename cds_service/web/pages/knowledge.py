"""Pages that cards link to: what a rule does, each policy value with date and source, what is modeled per payer.

Each page is one set of facts, shown as HTML to people and as JSON to programs that prefer it (``Accept``).
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from inspect import cleandoc
from typing import Any, Final

from flask import Blueprint, Response, request

from cards.numbers import capital
from cards.overrides import TOPIC_DISPLAYS, override_reason_system, topic_system
from cards.policy_values import as_table, how_sure, value_in_words
from cards.wording import kinds
from cds_service.billing.bills import BILL_PARAMETERS
from cds_service.domain.values import Parameter
from cds_service.errors import NotADate, UnknownRoute
from cds_service.policies.model import Policy
from cds_service.policies.owners.capabilities import CAPABILITIES
from cds_service.policies.owners.describe import STATUS_MEANS, applies_to, picture, value_row
from cds_service.policies.owners.facts import facts_of
from cds_service.policies.owners.matrix import coverage_matrix
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PoliciesInUse, PolicyStack
from cds_service.rules.catalog import RULES
from cds_service.rules.rule import Rule
from cds_service.web.pages.coding_rules import ENTRIES, SECTIONS, with_linked_ids
from cds_service.web.pages.kept_pages import KeptPages, OneReading
from cds_service.web.pages.page import PUBLIC, page
from cds_service.web.pages.page_words import (
    SHOWN_STATUSES,
    WORDS_OF_MOMENTS,
    date_in_words,
    facts_in_words,
    moments_in_words,
)
from cds_service.web.pages.rule_cards import RuleCards
from cds_service.web.site import Site

_FHIR_JSON: Final = "application/fhir+json"


def blueprint(site: Site) -> Blueprint:
    """The pages about the policies of a deployment."""
    policies, cards = OneReading(site.policies), RuleCards(site)
    routes = Blueprint("knowledge", __name__)

    def words() -> dict[str, Any]:
        titles = {policy.id: policy.title for policy in policies.current.policies}
        return {**_WORDS, "titles": titles, "spoken_stories": cards.stories, "card_of_rule": cards.card}

    routes.context_processor(words)
    KeptPages(policies, _today, PUBLIC).add_to(routes)
    _add_rules(routes, policies)
    _add_coding_rules(routes)
    _add_policies(routes, policies)
    _add_code_systems(routes, site.settings.public_url)
    return routes


def _add_rules(routes: Blueprint, policies: PoliciesInUse) -> None:
    rules = {rule.id: rule for rule in RULES}

    @routes.get("/rules")
    def all_rules() -> Response:
        return _page("rules", {"rules": [_rule_row(rule) for rule in RULES]})

    @routes.get("/rules/<rule_id>")
    def one_rule(rule_id: str) -> Response:
        rule = rules.get(rule_id)
        if rule is None:
            raise UnknownRoute
        return _page("rule", _rule(rule, policies.current))


def _add_coding_rules(routes: Blueprint) -> None:
    named_by = {id_: [_rule_row(rule) for rule in RULES if id_ in rule.sources] for id_ in ENTRIES}

    @routes.get("/coding-rules")
    def coding_rules() -> Response:
        sections = [
            {"title": title, "entries": [{**asdict(entry), "rules": named_by[entry.id]} for entry in entries]}
            for title, entries in SECTIONS.items()
        ]
        return _page("coding_rules", {"sections": sections})


def _add_policies(routes: Blueprint, policies: PoliciesInUse) -> None:
    @routes.get("/policies")
    def all_policies() -> Response:
        listed = [_policy_row(policy) for policy in policies.current.policies]
        return _page("policies", {"policies": listed, "statuses": dict(STATUS_MEANS)})

    @routes.get("/coverage")
    def matrix() -> Response:
        return _page("coverage", facts_of(coverage_matrix(policies.current, _day())))

    @routes.get("/policies/<policy_id>")
    def one_policy(policy_id: str) -> Response:
        stack = policies.current
        policy = stack.policy(policy_id)
        if policy is None:
            raise UnknownRoute
        facts = facts_of(picture(stack, policy, _day()))
        return _page("policy", {**facts, "capabilities": _CAPABILITIES, "readBy": _READ_BY})


def _today() -> date:
    return datetime.now().astimezone().date()


def _day() -> date:
    """The date of service that the reader asks about with ``on``, by default today.

    Raises:
        NotADate: it is none (400).
    """
    asked = request.args.get("on")
    if asked is None:
        return _today()
    try:
        return date.fromisoformat(asked)
    except ValueError:
        raise NotADate("on") from None


def _add_code_systems(routes: Blueprint, public_url: str) -> None:
    systems = {"topic": topic_system(public_url), "override-reason": override_reason_system(public_url)}

    @routes.get("/CodeSystem/<name>")
    def code_system(name: str) -> Response:
        if name not in systems:
            raise UnknownRoute
        return _page("code_system", systems[name], _FHIR_JSON)


def _page(template: str, facts: Mapping[str, Any], json_type: str = "application/json") -> Response:
    return page(f"knowledge/{template}.html", facts, json_type=json_type)


def _rule_row(rule: Rule) -> dict[str, Any]:
    about = cleandoc(rule.law).partition("\n\n")[0]
    return {"id": rule.id, "topic": rule.topic, "title": rule.title, "about": about, "moments": _moments(rule)}


def _moments(rule: Rule) -> list[str]:
    """In the order in which they come."""
    return [moment for moment in WORDS_OF_MOMENTS if moment in rule.moments]


def _rule(rule: Rule, stack: PolicyStack) -> dict[str, Any]:
    """What a rule says, reads and is based on, and for each parameter the policies that set it."""
    return {
        **_rule_row(rule),
        "law": cleandoc(rule.law),
        "facts": list(rule.facts),
        "sources": list(rule.sources),
        "terms": dict(rule.terms),
        "findings": [kind for kind in kinds() if kind.split(".")[0] == rule.id],
        "parameters": [_parameter(parameter) for parameter in rule.parameters],
        "bill": [_parameter(parameter) for parameter in _of_bill(rule)],
        "values": [
            facts_of(value_row(value))
            for parameter in dict.fromkeys((*rule.parameters, *_of_bill(rule)))
            for policy in stack.policies
            for value in policy.values.get(parameter.name, ())
        ],
    }


def _of_bill(rule: Rule) -> tuple[Parameter[Any], ...]:
    """What the bill reads, of which the rule speaks."""
    return BILL_PARAMETERS if rule.uses_bill else ()


def _parameter(parameter: Parameter[Any]) -> dict[str, str]:
    return {
        "name": parameter.name,
        "label": parameter.label,
        "unit": parameter.unit,
        "meaning": parameter.meaning,
    }


def _policy_row(policy: Policy) -> dict[str, Any]:
    return {
        "id": policy.id,
        "title": policy.title,
        "appliesTo": applies_to(policy),
        "status": policy.status,
        "notModelled": list(policy.not_modelled),
    }


_WORDS: Final = {
    "as_table": as_table,
    "capital": capital,
    "date_in_words": date_in_words,
    "entries_of_coding_rules": ENTRIES,
    "facts_in_words": facts_in_words,
    "how_sure": how_sure,
    "in_words": value_in_words,
    "moments_in_words": moments_in_words,
    "shown_statuses": SHOWN_STATUSES,
    "topics": TOPIC_DISPLAYS,
    "with_linked_ids": with_linked_ids,
}
"""What the templates of these pages say things with."""
_CAPABILITIES: Final = [{"id": capability.id, "title": capability.title} for capability in CAPABILITIES]
_READ_BY: Final = {
    name: [rule.id for rule in RULES if name in rule.declared]
    or [rule.id for rule in RULES if any(name == parameter.name for parameter in _of_bill(rule))]
    for name in PARAMETERS
}
"""Where a value is explained: the rules that read it, else those that speak of the bill it goes into."""
