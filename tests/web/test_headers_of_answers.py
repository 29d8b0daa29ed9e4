"""What every answer tells a browser, whoever asked for what: nothing in it runs, is framed, guessed at or kept."""

import pytest

from cds_service.app.settings import Settings
from cds_service.policies.stack import PolicyStack
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.web.application import create_app
from tests.security.signing import registry
from tests.web.talking import PUBLIC_URL, client_of, outcome_of

CALL = "/cds-services/work-rehab-order"
REQUESTS = [
    ("GET", "/cds-services", 200),
    ("OPTIONS", "/cds-services", 200),
    ("POST", CALL, 200),
    ("POST", f"{CALL}/feedback", 400),
    ("PUT", CALL, 405),
    ("TRACE", CALL, 405),
    ("TRACE", "/", 405),
    ("GET", "/health/live", 200),
    ("GET", "/health/ready", 200),
    ("GET", "/metrics", 200),
    ("GET", "/nowhere", 404),
    ("GET", "/policies/generic?on=never", 400),
]
PAGES = ["/", "/rules", "/rules/visit-charges", "/policies", "/policies/generic", "/coverage", "/CodeSystem/topic"]


def directives(response):
    return {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}


def says_nothing_runs(response):
    assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= directives(response)
    assert "nosniff" == response.headers["X-Content-Type-Options"]
    assert "no-referrer" == response.headers["Referrer-Policy"]
    assert "Set-Cookie" not in response.headers
    return True


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_an_answer_for_machines_cannot_run_be_framed_or_be_kept(client, order_sign, method, path, status):
    response = client.open(path, method=method, json=order_sign if status == 200 and method == "POST" else None)
    assert status == response.status_code
    assert says_nothing_runs(response)
    assert "sandbox" in directives(response)
    assert "no-store" == response.headers["Cache-Control"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_page_cannot_run_or_be_framed_and_has_nothing_of_a_patient_to_keep(client, path, accept):
    response = client.get(path, headers={"Accept": accept})
    assert says_nothing_runs(response)
    assert response.headers["Cache-Control"] == f"public, max-age={10 if path == '/' else 300}"
    if accept == "text/html":
        assert "text/html; charset=utf-8" == response.content_type


def test_a_refusal_says_so_too(order_sign):
    gate = Gate(registry, MemoryReplay())
    guarded = create_app(Settings(public_url=PUBLIC_URL), policies=PolicyStack(()), gate=gate).test_client()
    response = guarded.post(CALL, json=order_sign)
    outcome_of(response, 401)
    assert says_nothing_runs(response)


def test_a_fault_says_so_too(order_sign):
    def fail(_call):
        raise RuntimeError("anything")

    response = client_of(fail).post(CALL, json=order_sign)
    outcome_of(response, 500)
    assert says_nothing_runs(response)
