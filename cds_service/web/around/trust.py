"""Who calls: each CDS Hooks request is let in by the gate before anything of it is read (CH-X)."""

import logging
from collections.abc import Iterable
from typing import Final

from flask import Blueprint, g, request

from cds_service.errors import Forbidden, Unauthenticated
from cds_service.hooks.profile import DEMO, Profile
from cds_service.security.gate import Gate
from cds_service.security.tokens import Caller
from cds_service.web.around.access import access

_log: Final = logging.getLogger(__name__)


def guard(routes: Blueprint, gate: Gate, public_url: str, *, discovery_open: bool) -> None:
    """Let only registered clients call these endpoints; ``g.client`` and ``g.tenant`` say who calls.

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
        g.client, g.tenant = caller
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
    client = g.get("client")
    return gate.registry.origins if client is None else client.cors_origins


def profile_of_caller() -> Profile:
    """What the caller of the request at hand may expect; without a gate that is the demo's profile."""
    return DEMO if "client" not in g else profile_of(Caller(g.client, g.tenant))


def profile_of(caller: Caller) -> Profile:
    """The caller's entry in the registry as the pipeline sees it."""
    client = caller.client
    return Profile(
        client=client.issuer,
        tenant=caller.tenant,
        mode=client.mode,
        max_cards=client.max_cards,
        source_label=client.source_label,
        jurisdiction=client.jurisdiction,
        time_zone=client.time_zone,
        fhir_servers=client.fhir_servers,
        cds_hooks=client.cds_hooks,
        crd=client.crd,
        system_actions=client.system_actions,
        charges=client.charges,
        not_available=client.not_available,
        program_state=client.program_state,
        not_checked=client.not_checked,
    )
