"""A launch of the app, step by step as a browser takes it: the EHR, the way to sign in, and the way back."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from werkzeug.test import TestResponse

from cds_service.app.assembly import answerer_for
from cds_service.app.settings import Settings
from cds_service.records.keeping import Keeps
from cds_service.security.clients import Client
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.stories import load
from cds_service.web.application import create_app
from tests.authserver.auth_server import RegisteredApp
from tests.authserver.smart_ehr import SmartEhr
from tests.playing import bundled_policies
from tests.security.signing import client, registry

PUBLIC_URL = "https://cds.example.org/rehab"
LAUNCH = "/app/launch"
CALLBACK = "/app/callback"
APP_ID = "work-rehab-cds"
SECRET = "secret-of-nobody-5e1f"  # noqa: S105 - invented
TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
STORY = "past-six-weeks-without-approval"

story_of = cache(lambda name: load(name, TODAY))


def ehr_with(
    story: str = STORY, *, secret: str | None = None, public_url: str = PUBLIC_URL, **options: Any
) -> SmartEhr:
    """An EHR that has the patient of a story and knows the app."""
    app = RegisteredApp(APP_ID, f"{public_url}{CALLBACK}", secret)
    return SmartEhr(app, resources=deepcopy(story_of(story).material.resources), **options)


def client_of(ehr: SmartEhr, *, members: dict[str, Any] | None = None, **app: Any) -> Client:
    """The EHR's entry in the registry, with the app turned on."""
    entry = {"client_id": APP_ID, "authorization_servers": [ehr.auth.url], **app}
    return client(fhir_servers=[ehr.url], app=entry, **(members or {}))


def service_for(
    *clients: Client,
    gate: Gate | None = None,
    records: Keeps | None = None,
    public_url: str = PUBLIC_URL,
    **settings: Any,
) -> Flask:
    """The service with these clients, or with a gate; with neither it is a demo."""
    site = Settings(public_url=public_url, allow_http=True, **{"fhir_seconds": 5.0, **settings})
    answerer = answerer_for(site, bundled_policies(), lambda: NOW)
    return create_app(site, answerer, bundled_policies(), gate or (gate_for(clients) if clients else None), records)


def gate_for(clients: Sequence[Client]) -> Gate:
    """A gate that lets in these clients, as they are when it is loaded."""
    return Gate(lambda: registry(*clients), MemoryReplay())


@dataclass
class Browser:
    """A browser in front of the service; it keeps cookies of the service only."""

    app: Flask
    public_url: str = PUBLIC_URL
    replies: list[TestResponse] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def open(self, address: str) -> TestResponse:
        """A page of the service; what a proxy takes off the public address is taken off."""
        path = address.removeprefix(self.public_url)
        reply = self.client.get(path, base_url=self.public_url, headers={"Accept": "text/html"})
        self.replies.append(reply)
        return reply

    def sign_in(self, leaving: TestResponse) -> str:
        """Where the EHR sends the browser back to."""
        assert leaving.status_code == 302, leaving.text
        back = requests.get(leaving.headers["Location"], allow_redirects=False, timeout=5)
        assert back.status_code == 302, back.text
        return back.headers["Location"]

    def launched(self, ehr: SmartEhr, patient: str | None = None, **context: Any) -> TestResponse:
        """A whole launch: the last page."""
        leaving = self.open(ehr.opens_app(LAUNCH, patient or story_of(STORY).material.patient, **context))
        return self.open(self.sign_in(leaving))


def said_in(address: str) -> dict[str, str]:
    """What an address says in its query, each name once."""
    said = parse_qs(urlsplit(address).query, strict_parsing=True)
    assert all(len(values) == 1 for values in said.values())
    return {name: values[0] for name, values in said.items()}


def cookie_value(reply: TestResponse) -> str:
    """What a reply has the browser keep."""
    return reply.headers["Set-Cookie"].partition("=")[2].partition(";")[0].strip('"')


def written_secret(folder: Path) -> str:
    """A file with the app's secret."""
    file = folder / "secret.txt"
    file.write_text(f"{SECRET}\n")
    return str(file)
