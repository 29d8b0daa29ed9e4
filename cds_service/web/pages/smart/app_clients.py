"""Whose EHR launches the app: the registered client that a FHIR server belongs to."""

from typing import Final, NamedTuple

from cds_service.security.clients import Client
from cds_service.security.registry import Registry
from cds_service.security.servers import Servers
from cds_service.security.smart_app import SmartApp
from cds_service.web.pages.smart.launch_stops import LaunchStop

_LOOPBACK: Final = "loopback"
"""Stands for origins on this machine among those that may call; a page cannot be framed by a word."""


class AppClient(NamedTuple):
    """A client with the app, and the FHIR server of a launch as the registry spells it."""

    client: Client
    app: SmartApp
    server: str


def client_of(registry: Registry, iss: str, *, allow_http: bool) -> AppClient:
    """The client whose FHIR server this is.

    Raises:
        LaunchStop: there is none, or it has no app.
    """
    registered = False
    for client in registry.clients.values():
        server = Servers(client.fhir_servers, allow_http).spelled(iss)
        if server is None:
            continue
        registered = True
        if client.app is not None:
            return AppClient(client, client.app, server)
    raise LaunchStop("app-off" if registered else "not-registered")


def framed_by(*clients: Client) -> tuple[str, ...]:
    """The origins whose pages may show the app of these clients in a frame."""
    origins = (
        origin
        for client in clients
        if client.app is not None
        for origin in client.app.frame_ancestors or client.cors_origins
        if origin != _LOOPBACK
    )
    return tuple(dict.fromkeys(origins))
