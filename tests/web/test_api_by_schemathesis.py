"""Requests made of the description: answers are as described, and no input is a fault of the service."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from cds_service.app.assembly import open_records
from cds_service.app.settings import Settings
from cds_service.web.application import create_app
from tests.playing import bundled_policies
from tests.security.signing import PUBLIC_URL
from tests.web.describing import schema_errors

pytestmark = pytest.mark.slow
SAME_AS_LISTED = [
    "/cds-services/work-rehab-order",
    "/cds-services/work-rehab-schedule",
    "/cds-services/work-rehab-program",
]
"""Shared ids: what is sent to them is what their hooks take; one of them is tried."""
CONFIG = {
    "checks": {
        "negative_data_rejection": {"enabled": False},  # what is sent is read leniently
        "positive_data_acceptance": {"expected-statuses": ["200", "404", "412"]},
    },
}
a_few = settings(
    deadline=None, database=None, derandomize=True, max_examples=8, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    database = f"sqlite:///{tmp_path_factory.mktemp('records')}/records.sqlite3"
    site = Settings(public_url=PUBLIC_URL, database_url=database, log_level="ERROR")
    records = open_records(site)
    yield create_app(site, policies=bundled_policies(), records=records)
    records.close()


@pytest.fixture(scope="module")
def operations(app):
    config = schemathesis.Config.from_dict(CONFIG)
    api = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
    tried = api.exclude(tag="Pages").exclude(path=SAME_AS_LISTED)
    return [found.ok() for found in tried.get_all_operations()]


def try_out(operation, mode):
    """Statuses of a few answers; each is checked."""
    statuses = []

    @a_few
    @given(case=operation.as_strategy(generation_mode=mode))
    def answer(case):
        statuses.append(case.call_and_validate().status_code)

    answer()
    return statuses


def test_what_is_sent_as_described_is_answered_as_described(operations):
    statuses = {operation.label: try_out(operation, GenerationMode.POSITIVE) for operation in operations}
    assert {200, 404, 412} == {status for found in statuses.values() for status in found}
    assert all(200 in found for found in statuses.values())


def test_whatever_else_is_sent_is_no_fault_and_refused_as_described(operations):
    taking = [part for part in operations if part.body or part.path_parameters or part.query]
    statuses = {status for operation in taking for status in try_out(operation, GenerationMode.NEGATIVE)}
    assert {400, 404} <= statuses
    assert all(status < 500 for status in statuses)


def test_every_example_is_answered_as_described(app):
    client = app.test_client()
    document = client.get("/openapi.json").json
    examples = document["components"]["examples"]
    for path, methods in document["paths"].items():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            sent = examples[f"{name}-call"] if "$ref" in example else example
            reply = client.post(path.replace("{service_id}", "work-rehab-order-sign"), json=sent["value"])
            assert (200, path) == (reply.status_code, path)
            assert [] == schema_errors("HookResponse", reply.json) or path.endswith("/feedback")
