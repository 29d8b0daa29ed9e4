"""Pages that cards link to: what a rule does, each policy value with date and source, what is modelled per payer.

Each page is one set of facts, shown as HTML to people and as JSON to programs that prefer it (``Accept``).
"""

from collections.abc import Mapping
from dataclasses import asdict
from inspect import cleandoc
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, render_template, request

from cards.overrides import override_reason_system, topic_system
from cds_service.errors import UnknownRoute
from cds_service.hooks.services import SERVICES
from cds_service.policies.describe import CoverageRow, ValueRow, applies_to, coverage_of, describe
from cds_service.policies.model import Policy
from cds_service.policies.stack import PoliciesInUse, PolicyStack
from cds_service.rules.catalogue import RULES
from cds_service.rules.rule import Rule

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
    "Vary": "Accept",
}
_FHIR_JSON: Final = "application/fhir+json"
_OFFERED: Final = ("text/html", "application/json", _FHIR_JSON)


def blueprint(policies: PoliciesInUse, public_url: str, title: str) -> Blueprint:
    """The pages about these policies, headed by ``title``; links keep to the path of ``public_url``."""
    routes = Blueprint("knowledge", __name__, template_folder="templates")
    root = urlsplit(public_url).path
    routes.context_processor(lambda: {"site": title, "root": root, "plain": plain})
    _add_home(routes)
    _add_rules(routes, policies)
    _add_policies(routes, policies)
    _add_code_systems(routes, public_url)
    return routes


def _add_home(routes: Blueprint) -> None:
    services = [
        {"id": one.id, "hook": one.hook, "title": one.title, "description": one.description} for one in SERVICES
    ]

    @routes.get("/")
    def home() -> Response:
        return _page("home", {"services": services})


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
        return _page("rule", {**_rule(rule), "values": _values_for(rule, policies.current)})


def _add_policies(routes: Blueprint, policies: PoliciesInUse) -> None:
    @routes.get("/policies")
    @routes.get("/coverage")
    def coverage() -> Response:
        return _page("coverage", {"policies": [_coverage(row) for row in coverage_of(policies.current)]})

    @routes.get("/policies/<policy_id>")
    def one_policy(policy_id: str) -> Response:
        policy = policies.current.policy(policy_id)
        if policy is None:
            raise UnknownRoute
        return _page("policy", _policy(policy))


def _add_code_systems(routes: Blueprint, public_url: str) -> None:
    systems = {"topic": topic_system(public_url), "override-reason": override_reason_system(public_url)}

    @routes.get("/CodeSystem/<name>")
    def code_system(name: str) -> Response:
        if name not in systems:
            raise UnknownRoute
        return _page("code_system", systems[name], _FHIR_JSON)


def _page(template: str, facts: Mapping[str, Any], json_type: str = "application/json") -> Response:
    if _wants_html():
        html = render_template(f"knowledge/{template}.html", **facts)
        return Response(html, mimetype="text/html", headers=HEADERS)
    return Response(orjson.dumps(facts), mimetype=json_type, headers=HEADERS)


def plain(value: object) -> str:
    """A policy value for reading: text and numbers as they are, tables as JSON."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _wants_html() -> bool:
    return request.accept_mimetypes.best_match(_OFFERED, default="application/json") == "text/html"


def _rule_row(rule: Rule) -> dict[str, Any]:
    return {"id": rule.id, "topic": rule.topic, "title": rule.title}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        **_rule_row(rule),
        "law": cleandoc(rule.law),
        "moments": sorted(rule.moments),
        "facts": list(rule.facts),
        "parameters": [{"name": one.name, "unit": one.unit, "meaning": one.meaning} for one in rule.parameters],
        "sources": list(rule.sources),
    }


def _values_for(rule: Rule, policies: PolicyStack) -> list[dict[str, Any]]:
    names = {parameter.name for parameter in rule.parameters}
    return [
        {"policy": policy.id, **_value(row)}
        for policy in policies.policies
        for row in describe(policy)
        if row.parameter in names
    ]


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "id": policy.id,
        "title": policy.title,
        "appliesTo": applies_to(policy),
        "status": policy.status,
        "notModelled": list(policy.not_modelled),
        "values": [_value(row) for row in describe(policy)],
    }


def _value(row: ValueRow) -> dict[str, Any]:
    shown = {"from" if name == "since" else name: value for name, value in asdict(row).items()}
    return {name: value for name, value in shown.items() if value is not None}


def _coverage(row: CoverageRow) -> dict[str, Any]:
    return {
        "id": row.policy,
        "title": row.title,
        "appliesTo": row.applies_to,
        "status": row.status,
        "values": dict(row.counts),
        "notModelled": list(row.not_modelled),
    }
