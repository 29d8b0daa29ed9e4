"""The metrics endpoint, and what each request adds to the metrics."""

from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Flask, Response, request

from cds_service.app.metrics import CONTENT_TYPE, NONE, Metrics
from cds_service.errors import Unauthenticated
from cds_service.hooks.answer import Answered
from cds_service.hooks.services import hooks_of, shared_id
from cds_service.web.around.access import Access, access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cds_service.app.metrics import MetricKey

CALL: Final = "cds_services.call"


def init_app(app: Flask, metrics: Metrics) -> None:
    """Count every request of the application."""

    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule is not None else NONE
        is_call = request.endpoint == CALL and request.method == "POST"
        asked = (request.view_args or {}).get("service_id", NONE) if is_call else None
        count_request(metrics, access(), route, response.status_code, asked)
        return response

    app.after_request(count)


def count_request(metrics: Metrics, notes: Access, route: str, status: int, asked: str | None) -> None:
    """Count an answered request; ``asked`` is the service that a hook call names."""
    keys: list[MetricKey] = [("cds_requests_total", route, str(status))]
    if asked is not None:
        hook = notes.hook or NONE
        service = _service(notes, asked)
        keys.append(("cds_calls_total", service, hook, str(status)))
        if notes.hook is not None:
            metrics.time(("cds_call_seconds", service, hook), notes.milliseconds / 1e3)
    if notes.refused is not None:
        keys.append(("cds_refusals_total", notes.refused))
    if notes.answered is not None:
        keys.extend(_of_answer(notes.answered, shadow=notes.shadow))
    keys.extend(("cds_feedback_total", outcome) for outcome in notes.feedback)
    metrics.count(keys)


def blueprint(metrics: Metrics, token: str | None) -> Blueprint:
    """The metrics, for who has the token, where there is one."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def show() -> Response:
        if token is not None:
            sent = request.headers.get("Authorization", "")
            if not compare_digest(sent.encode(), f"Bearer {token}".encode()):
                access().refused = "metrics-token"
                raise Unauthenticated("metrics-token")
        return Response(metrics.text(), content_type=CONTENT_TYPE)

    return routes


def _service(notes: Access, asked: str) -> str:
    """The shared id of the service that was called; ``none`` for an id that is not ours."""
    if notes.service is not None:
        return notes.service
    return shared_id(asked) if hooks_of(asked) else NONE


def _of_answer(answered: Answered, *, shadow: bool) -> "Iterator[MetricKey]":
    state = "shadow" if shadow else "shown"
    for group in answered.composition.shown:
        yield "cds_cards_total", group.host.finding.rule, group.severity, state
    for withheld in answered.composition.withheld:
        yield "cds_cards_total", withheld.group.host.finding.rule, withheld.group.severity, "withheld"
    evaluation = answered.evaluation
    if evaluation is not None:
        for rule in evaluation.rules:
            yield "cds_rule_outcomes_total", rule.rule, rule.outcome
        for gap in evaluation.gaps:
            yield "cds_gaps_total", gap.fact
