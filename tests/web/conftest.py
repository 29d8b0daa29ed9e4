from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.hooks.answer import Answerer
from cds_service.policies.stack import PolicyStack
from cds_service.web.application import create_app
from tests.web.talking import PUBLIC_URL


@pytest.fixture(scope="session")
def policies() -> PolicyStack:
    return PolicyStack.load()


@pytest.fixture(scope="session")
def app(policies) -> Flask:
    answerer = Answerer(
        policies=policies,
        clock=lambda: datetime(2026, 3, 16, 12, tzinfo=UTC),
        public_url=PUBLIC_URL,
        source_label="Example Rehab",
    )
    settings = Settings(
        public_url=PUBLIC_URL, cors_origins="loopback,https://ehr.example", source_label="Example Rehab"
    )
    return create_app(settings, answerer, policies)


@pytest.fixture
def client(app) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def demo(policies) -> FlaskClient:
    """A browser at a demo."""
    client = create_app(Settings(public_url="http://127.0.0.1:8000"), policies=policies).test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return client


@pytest.fixture
def order_sign() -> dict[str, Any]:
    """An order for something else than work rehabilitation."""
    draft = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": "ibuprofen"},
        "subject": {"reference": "Patient/p1"},
    }
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/17",
            "patientId": "p1",
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]},
        },
    }


@pytest.fixture
def discharge() -> dict[str, Any]:
    """The end of a visit, without any prefetch."""
    return {
        "hook": "encounter-discharge",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/17", "patientId": "p1", "encounterId": "e1"},
    }
