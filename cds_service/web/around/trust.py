"""Who calls: each CDS Hooks request is let in by the gate before anything of it is read (CH-X)."""

import logging
from collections.abc import Iterable
from typing import Final

from flask import Blueprint, g, request

from cds_service.errors import Forbidden, Unauthenticated
from cds_service.security.clients import DEMO, Caller
from cds_service.security.gate import Gate
from cds_service.web.around.access import Access, access

_log: Final = logging.getLogger(__name__)


def guard(routes: Blueprint, gate: Gate, public_url: str, *, discovery_open: bool) -> None:
    """Let only registered clients call these endpoints; ``g.caller`` says who calls.

    Preflight requests carry no token and are answered (CH-X-16); so is discovery, where the site has it open.
    """

    def admit() -> None:
        service = (request.view_args or {}).get("service_id")
        if request.method == "OPTIONS" or (service is None and discovery_open):
            return
        audiences = _audiences(public_url, service)
        if request.endpoint == "cds_services.feedback":
            audiences = (*audiences, f"{audiences[0]}/feedback")
        g.caller = admitted(gate, access(), request.headers.get("Authorization"), audiences, service)

    routes.before_request(admit)


def call_admitted(gate: Gate, notes: Access, authorization: str | None, public_url: str, service: str) -> Caller:
    """Who makes a hook call.

    Raises:
        Unauthenticated: nobody that is registered.
        Forbidden: who may not call this service.
    """
    return admitted(gate, notes, authorization, _audiences(public_url, service), service)


def admitted(
    gate: Gate, notes: Access, authorization: str | None, audiences: tuple[str, ...], service: str | None
) -> Caller:
    """Who makes a request, also for log and metrics.

    Raises:
        Unauthenticated: nobody that is registered.
        Forbidden: who may not call this service.
    """
    try:
        caller = gate.admit(authorization, audiences, service)
    except (Unauthenticated, Forbidden) as refused:
        notes.refused = refused.reason
        fields = {"request": notes.request_id, "reason": refused.reason, "client": refused.issuer}
        _log.warning("refused", extra={"fields": fields})
        raise
    notes.client = caller.client.issuer
    return caller


def _audiences(public_url: str, service: str | None) -> tuple[str, ...]:
    """The URL that a token may name; for feedback that of the service does too (CH-F-07)."""
    discovery = f"{public_url}/cds-services"
    return (discovery,) if service is None else (f"{discovery}/{service}",)


def origins_of_clients(gate: Gate) -> Iterable[str]:
    """Origins allowed for the request at hand: those of the client that calls, of all while it is not known."""
    return g.caller.client.cors_origins if "caller" in g else gate.registry.origins


def caller_at_hand() -> Caller:
    """Who makes the request at hand; without a gate that is the demo."""
    caller: Caller = g.get("caller", DEMO)
    return caller
