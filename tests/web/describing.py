"""The description of the API and what is checked against it."""

from datetime import date
from functools import cache
from typing import Any

import orjson
from flask import Flask, request_started
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.routing import Map, Rule

from cds_service.app.settings import Settings
from cds_service.policies.stack import PolicyStack
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.stories import Story, bundled, load
from cds_service.web.application import create_app
from tests.playing import bundled_policies
from tests.security.signing import PUBLIC_URL, registry

TODAY = date(2026, 3, 16)


def application(*, gated: bool = False, policies: PolicyStack | None = None, **settings: Any) -> Flask:
    """The whole service; ``gated`` asks for tokens as the production server does."""
    gate = Gate(registry, MemoryReplay()) if gated else None
    site = Settings(public_url=PUBLIC_URL, **settings)
    return create_app(site, policies=policies if policies is not None else bundled_policies(), gate=gate)


def described(app: Flask) -> dict[str, Any]:
    """The document that the application answers with."""
    document: dict[str, Any] = app.test_client().get("/openapi.json").json
    return document


@cache
def document_of(*, gated: bool = False) -> dict[str, Any]:
    return described(application(gated=gated))


def schema_errors(name: str, value: Any, document: dict[str, Any] | None = None) -> list[str]:
    """What is not as the component says."""
    schemas = (document or document_of())["components"]["schemas"]
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    validator = Draft202012Validator(schema, format_checker=FormatChecker(["date", "uuid"]))
    plain = orjson.loads(orjson.dumps(value))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(plain)]


def request_name(hook: str) -> str:
    return "".join(part.capitalize() for part in hook.split("-")) + "Request"


def stories_and_hooks() -> list[tuple[Story, str]]:
    """Each bundled story with each of its hooks."""
    return [(story, hook) for name in bundled() for story in [load(name, TODAY)] for hook in story.hooks]


def routes_of(app: Flask) -> set[tuple[str, str]]:
    """Method and path of all that the service answers, pages included."""
    apps = [app]

    def note(sender: Flask, **_: object) -> None:
        apps.append(sender)

    with request_started.connected_to(note):
        app.test_client().get("/openapi.json")
    return {(method, rule.rule) for part in apps for rule in part.url_map.iter_rules() for method in _methods(rule)}


def _methods(rule: Rule) -> set[str]:
    return (rule.methods or set()) - {"HEAD", "OPTIONS"}


def matches(path: str, routes: set[str]) -> set[str]:
    """The routes that a path of the document belongs to."""
    urls = Map([Rule(route, endpoint=route) for route in routes], merge_slashes=False)
    concrete = path.replace("{", "").replace("}", "")
    return {urls.bind("localhost").match(concrete)[0]}
