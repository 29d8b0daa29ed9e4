"""The CDS Hooks endpoints: discovery, hook call, feedback."""

from typing import Any, Protocol

import orjson
from flask import Blueprint, Response

from cds_service.errors import FeedbackNotStored, TooDeep
from cds_service.hooks.call import HookCall, read_call
from cds_service.hooks.feedback import read_feedback
from cds_service.hooks.services import discovery
from cds_service.web.access import access
from cds_service.web.replies import json_body, json_reply


class Answers(Protocol):
    """Who answers hook calls."""

    def answer(self, call: HookCall) -> dict[str, Any]:
        """The CDS Hooks response to a call; raises ``DataNeeded`` when nothing can be said without some data."""
        ...


def blueprint(answerer: Answers) -> Blueprint:
    """The endpoints, answering hook calls with ``answerer``."""
    routes = Blueprint("cds_services", __name__)
    listed = orjson.dumps(discovery())

    @routes.get("/cds-services")
    def discover() -> Response:
        return Response(listed, mimetype="application/json")

    @routes.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        return json_reply(_answer(answerer, read_call(json_body(), service_id)))

    @routes.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        read_feedback(json_body(), service_id)
        raise FeedbackNotStored

    return routes


def _answer(answerer: Answers, call: HookCall) -> dict[str, Any]:
    notes = access()
    notes.service = call.service.id
    notes.hook = call.hook
    notes.tolerated = call.tolerated
    try:
        answer = answerer.answer(call)
    except RecursionError:
        raise TooDeep from None
    notes.cards = len(answer["cards"])
    return answer
