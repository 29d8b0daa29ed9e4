"""A running service and an EHR that opens its app: for browsers, and for launches that several workers answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cds_service.stories import load
from tests.authserver.auth_server import RegisteredApp
from tests.authserver.smart_ehr import SmartEhr
from tests.security.signing import Ehr, write_registry
from tests.serving import Running, free_port, running

APP_ID = "work-rehab-cds"


class Opened(NamedTuple):
    """The service, the EHR, and the address that the EHR opens for the patient of the story."""

    service: Running
    ehr: SmartEhr
    launch: str


@contextmanager
def app_in_ehr(
    folder: Path, story: str = "past-six-weeks-without-approval", *, asks: bool = False, workers: int = 1
) -> Iterator[Opened]:
    """A service for registered clients, and an EHR that has a story of today.

    Args:
        folder: Where the registry and the database are.
        story: Name of the bundled story.
        asks: Whether the EHR asks its user before it lets the app in.
        workers: Processes that answer.
    """
    port = str(free_port())
    material = load(story, datetime.now(UTC).astimezone().date()).material
    app = RegisteredApp(APP_ID, f"http://127.0.0.1:{port}/app/callback")
    with SmartEhr(app, resources=json.loads(json.dumps(material.resources)), asks=asks) as ehr:
        entry = {"client_id": APP_ID, "authorization_servers": [ehr.auth.url]}
        registry = write_registry(folder / "clients.yaml", Ehr().entry(fhir_servers=[ehr.url], app=entry))
        settings = {
            "CDS_CLIENTS": str(registry),
            "CDS_ALLOW_HTTP": "1",
            "CDS_FHIR_SECONDS": "10",
            "CDS_DATABASE_URL": f"sqlite:///{folder / 'records.sqlite3'}",
        }
        with running("serve", "--workers", str(workers), port=port, **settings) as service:
            yield Opened(service, ehr, ehr.opens_app(f"{service.url}/app/launch", material.patient))
