"""A service with records, talked to over HTTP without a network; stories are its calls."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy import text

from cds_service.app.assembly import answerer_for
from cds_service.app.settings import Settings
from cds_service.hooks.services import SERVICES
from cds_service.policies.stack import PolicyStack
from cds_service.records.database import Database
from cds_service.records.keeping import Records
from cds_service.records.pseudonyms import pseudonyms_with
from cds_service.records.writer import Writer
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.stories import load
from cds_service.web.application import create_app
from tests.security.signing import Ehr, client, registry

PUBLIC_URL = "https://cds.example.org"
TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
OVERDUE = "reassessment-overdue"
POLICIES = PolicyStack.load()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@dataclass
class Kept:
    """A running service, its records, and the EHR that calls."""

    records: Records
    clock: Clock
    web: FlaskClient
    ehr: Ehr

    def call(self, story: str = OVERDUE, hook: str | None = None, ehr: Ehr | None = None, **changed: Any) -> Any:
        """The answer to a story's call, a new one each time; ``changed`` replaces members of the request."""
        patient_story = load(story, TODAY)
        request = patient_story.request(hook or patient_story.hook) | {"hookInstance": str(uuid4())} | changed
        service = next(service.id for service in SERVICES if service.hook == request["hook"])
        return self.post(f"/cds-services/{service}", request, ehr)

    def cards(self, *arguments: Any, **options: Any) -> list[str]:
        """Kinds of the cards that a call shows."""
        reply = self.call(*arguments, **options)
        assert reply.status_code == 200, reply.text
        return [card["extension"]["work-rehab-cds.finding"]["kind"] for card in reply.json["cards"]]

    def feedback(self, *entries: dict[str, Any], ehr: Ehr | None = None, service: str = "work-rehab-program") -> Any:
        return self.post(f"/cds-services/{service}/feedback", {"feedback": list(entries)}, ehr)

    def post(self, path: str, body: Any, ehr: Ehr | None = None) -> Any:
        headers = (ehr or self.ehr).headers(f"{PUBLIC_URL}{path}")
        return self.web.post(path, data=json.dumps(body), content_type="application/json", headers=headers)

    def written(self) -> "Kept":
        """The same, once everything that waits is written."""
        self.records.writer.flush(30)
        return self

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.records.database.single() as connection:
            return list(connection.execute(text(query), values))

    def count(self, table: str) -> int:
        return self.rows(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608 - the tests' own words


def keeping(database: Database, *, suppress_days: int = 7, clients: tuple[Any, ...] = (), **options: Any) -> Kept:
    """A service that keeps its records in this database."""
    clock = Clock()
    writer = Writer(database, linger_seconds=0.01)
    records = Records(database, pseudonyms_with(options.pop("key", None), database), writer, clock)
    settings = Settings(public_url=PUBLIC_URL, suppress_days=suppress_days, **options)
    known = registry(*(clients or (client(program_state=False),)))
    app = create_app(
        settings,
        answerer_for(settings, POLICIES, clock, records),
        POLICIES,
        Gate(lambda: known, records.replay(MemoryReplay())),
        records,
    )
    return Kept(records, clock, app.test_client(), Ehr())


def overridden(card: dict[str, Any], reason: str | None = None, **changed: Any) -> dict[str, Any]:
    """Feedback that overrides a card."""
    entry = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-03-16T15:00:01Z"}
    if reason is not None:
        system = f"{PUBLIC_URL}/CodeSystem/override-reason"
        entry["overrideReason"] = {"reason": {"system": system, "code": reason}}
    return entry | changed


def accepted(card: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Feedback that accepts a card's first suggestion, or an invented one."""
    suggestion = card.get("suggestions", [{"uuid": "invented-suggestion"}])[0]["uuid"]
    entry = {"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-03-16T15:00:01Z"}
    return entry | {"acceptedSuggestions": [{"id": suggestion}]} | changed
