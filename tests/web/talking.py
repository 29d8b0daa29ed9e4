"""Talking to the application over HTTP, without a network."""

from datetime import date
from typing import Any

from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask.testing import FlaskClient

from cards.composition import Composition
from cards.envelope import CardSettings
from cds_service.app.settings import Settings
from cds_service.hooks.answer import Answered
from cds_service.hooks.call import HookCall
from cds_service.policies.stack import PolicyStack
from cds_service.security.clients import DEMO, Caller
from cds_service.web.application import create_app

PUBLIC_URL = "https://cds.example"
SITE_POLICY = """\
policy: {id}
title: {title} (invented)
match: {{payer_class: workers-compensation, jurisdiction: US-GA}}
status: partial
not_modelled: [fee amounts]
values:
  program.max_weeks:
    - from: 2026-01-01
      value: {{conditioning: 4, hardening: 8}}
      source: {{title: Invented agreement, retrieved: 2026-01-02}}
      confidence: verified
"""


class AnswersWith:
    """Answers every call without cards, unless the function raises an error."""

    def __init__(self, function) -> None:
        self.function = function

    def answered(self, call: HookCall, _caller: Caller = DEMO) -> Answered:
        settings = CardSettings(
            public_url=PUBLIC_URL,
            source_label="Example Rehab",
            hook_instance=call.hook_instance,
            service=call.service.id,
            today=date(2026, 3, 16),
        )
        self.function(call)
        return Answered(Composition(), settings)


def client_of(function, **settings) -> FlaskClient:
    """A client of an application that answers every call without cards, unless the function raises an error."""
    app = create_app(Settings(public_url=PUBLIC_URL, **settings), AnswersWith(function), PolicyStack(()))
    return app.test_client()


def outcome_of(response, status: int) -> dict[str, Any]:
    """The single issue of an error answer, after checking that it is what every error answer must be."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    outcome = OperationOutcome.model_validate_json(response.data)
    (issue,) = outcome.issue
    assert issue.severity in {"error", "fatal"}
    assert issue.details.text.strip()
    assert response.headers["X-Request-Id"] in issue.diagnostics
    return response.json["issue"][0]
