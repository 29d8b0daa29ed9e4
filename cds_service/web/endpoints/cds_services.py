"""The CDS Hooks endpoints: discovery, hook call, feedback."""

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeAlias

import orjson
from flask import Blueprint, Response

from cards.card import NO_CARDS
from cds_service.errors import DataNeeded, TooDeep
from cds_service.hooks.answer import Answered
from cds_service.hooks.call import HookCall, read_call
from cds_service.hooks.feedback import read_feedback
from cds_service.hooks.services import discovery, shared_id
from cds_service.records.keeping import Keeps
from cds_service.security.clients import Caller
from cds_service.web.around.access import Access, access
from cds_service.web.around.replies import json_body, json_reply
from cds_service.web.around.trust import caller_at_hand

Keep: TypeAlias = Callable[[], None]
"""Keeps the record of an answered call; never fails."""


class Answers(Protocol):
    """Who answers hook calls."""

    def answered(self, call: HookCall, caller: Caller) -> Answered:
        """The response to a call of this caller, and what led to it; raises ``DataNeeded`` when it lacks some data."""
        ...


def blueprint(answerer: Answers, records: Keeps, *, shared_ids: bool = False) -> Blueprint:
    """The endpoints, answering hook calls with ``answerer`` and keeping what happened in ``records``.

    With ``shared_ids`` discovery lists those.
    """
    routes = Blueprint("cds_services", __name__)
    listed = orjson.dumps(discovery(shared=shared_ids))

    @routes.get("/cds-services")
    def discover() -> Response:
        return Response(listed, mimetype="application/json")

    @routes.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        reply, keep = answered_call(answerer, records, service_id, json_body(), access(), caller_at_hand())
        keep()
        return Response(reply, mimetype="application/json")

    @routes.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        entries = read_feedback(json_body(), service_id)
        records.feedback(shared_id(service_id), entries, caller_at_hand())
        access().feedback = tuple(entry.outcome for entry in entries)
        return json_reply({"status": "ok"})

    return routes


def answered_call(
    answerer: Answers, records: Keeps, service_id: str, body: bytes, notes: Access, caller: Caller
) -> tuple[bytes, Keep]:
    """The body of the answer, and what keeps its record, which may follow it: the clinician waits for the answer alone.

    In shadow mode the call is evaluated and recorded, and nothing is shown.
    """
    call = read_call(body, service_id)
    notes.service = call.service.shared_id
    notes.hook = call.hook
    notes.tolerated = call.tolerated
    try:
        answered = answerer.answered(call, caller)
    except Exception as error:
        outcome = "data-needed" if isinstance(error, DataNeeded) else "failed"
        records.refused(call, outcome, caller, body=body, milliseconds=notes.milliseconds)
        if isinstance(error, RecursionError):
            raise TooDeep from None
        raise
    shadow = caller.client.mode == "shadow"
    reply = NO_CARDS.encoded if shadow else answered.body
    notes.cards = 0 if shadow else len(answered.composition.cards)
    notes.answered = answered
    notes.shadow = shadow
    took = notes.milliseconds
    return reply, partial(records.answered, call, answered, caller, body=body, reply=reply, milliseconds=took)
