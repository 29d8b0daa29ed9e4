"""Who calls: each CDS Hooks request is let in by the gate before anything of it is read (CH-X)."""

import logging
from collections.abc import Iterable
from typing import Final

from flask import Blueprint, g, request

from cds_service.errors import Forbidden, Unauthenticated
from cds_service.security.clients import DEMO, Caller
from cds_service.security.gate import Gate
from cds_service.web.around.access import access

_log: Final = logging.getLogger(__name__)


def guard(routes: Blueprint, gate: Gate, public_url: str, *, discovery_open: bool) -> None:
    """Let only registered clients call these endpoints; ``g.caller`` says who calls.

    Preflight requests carry no token and are answered (CH-X-16); so is discovery, where the site has it open.
    """

    def admit() -> None:
        service = (request.view_args or {}).get("service_id")
        if request.method == "OPTIONS" or (service is None and discovery_open):
            return
        try:
            caller = gate.admit(request.headers.get("Authorization"), _audiences(public_url, service), service)
        except (Unauthenticated, Forbidden) as refused:
            access().refused = refused.reason
            fields = {"request": access().request_id, "reason": refused.reason, "client": refused.issuer}
            _log.warning("refused", extra={"fields": fields})
            raise
        g.caller = caller
        access().client = caller.client.issuer

    routes.before_request(admit)


def _audiences(public_url: str, service: str | None) -> tuple[str, ...]:
    """URLs that a token for the request at hand may name; for feedback that of the service does too (CH-F-07)."""
    discovery = f"{public_url}/cds-services"
    if service is None:
        return (discovery,)
    call = f"{discovery}/{service}"
    return (call, f"{call}/feedback") if request.endpoint == "cds_services.feedback" else (call,)


def origins_of_clients(gate: Gate) -> Iterable[str]:
    """Origins allowed for the request at hand: those of the client that calls, of all while it is not known."""
    return g.caller.client.cors_origins if "caller" in g else gate.registry.origins


def caller_at_hand() -> Caller:
    """Who makes the request at hand; without a gate that is the demo."""
    caller: Caller = g.get("caller", DEMO)
    return caller
