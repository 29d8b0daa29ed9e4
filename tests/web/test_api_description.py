import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from cds_service.hooks.services import PERMITTED, SERVICES
from cds_service.policies.stack import PolicyStack
from cds_service.web.pages.api_description.api_document import description
from cds_service.web.pages.api_description.api_site import ApiSite, HtmlRoute
from tests.playing import bundled_policies
from tests.security.signing import PUBLIC_URL
from tests.web.describing import TODAY, application, described, document_of, matches, routes_of, schema_errors

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def app():
    return application()


@pytest.fixture(scope="module")
def routes(app):
    return routes_of(app)


def operations(document):
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_is_described_and_everything_described_is_a_route(routes):
    paths = {route for _, route in routes}
    described_routes = {(method, route) for method, path in operations(document_of()) for route in matches(path, paths)}
    assert routes == described_routes


def test_every_service_is_described_under_each_of_its_ids():
    calls = {
        path.removeprefix("/cds-services/") for path in document_of()["paths"] if path.startswith("/cds-services/w")
    }
    assert set(PERMITTED) == calls


def test_pages_that_are_switched_off_are_not_described():
    assert any(path.startswith("/try") for path in document_of()["paths"])
    assert not any("try" in path or "<" in path for path in document_of(gated=True)["paths"])


@pytest.mark.parametrize("gated", [False, True])
def test_the_document_is_valid_openapi(gated):
    document = document_of(gated=gated)
    jsonschema.validators.validator_for(OPENAPI_31)(OPENAPI_31).validate(document)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_what_refers_to_a_component_finds_it():
    document = document_of()
    references = set(named(document, "$ref"))
    assert references
    for reference in references:
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def named(value, name):
    if isinstance(value, dict):
        yield from (part for key, part in value.items() if key == name and isinstance(part, str))
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from named(part, name)


def test_a_page_that_is_read_and_sent_to_by_two_routes_is_one_path():
    routes = (
        HtmlRoute("/try", ("GET",), "Try"),
        HtmlRoute("/try", ("POST",), "Send"),
        HtmlRoute("/", ("GET",), "Home"),
    )
    site = ApiSite(PUBLIC_URL, "Example Rehab", "1.0", 1024, bundled_policies(), TODAY, pages=routes)
    paths = description(site)["paths"]
    assert {"get": "Try", "post": "Send"} == {
        method: operation["summary"] for method, operation in paths["/try"].items()
    }
    assert ["What this service is"] == [operation["summary"] for operation in paths["/"].values()]


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for operation in operations(document_of()).values()]
    assert sorted(set(names)) == sorted(names)


def test_a_demo_asks_for_no_token_and_says_so():
    document = document_of()
    assert "securitySchemes" not in document["components"]
    assert "demo" in document["info"]["description"]


def test_where_a_gate_is_calls_and_feedback_need_the_token_of_a_client():
    secured = {path for (_, path), operation in operations(document_of(gated=True)).items() if "security" in operation}
    assert {*(f"/cds-services/{name}" for name in PERMITTED), "/cds-services/{service_id}/feedback"} == secured
    scheme = document_of(gated=True)["components"]["securitySchemes"]["clientToken"]
    assert ("bearer", "JWT") == (scheme["scheme"], scheme["bearerFormat"])
    call = operations(document_of(gated=True))["POST", "/cds-services/work-rehab-order-sign"]
    assert {"401", "403"} < call["responses"].keys()


def test_closed_discovery_and_metrics_with_a_token_are_described_so():
    document = described(application(gated=True, discovery_open=False, metrics_token="t" * 16))
    assert [{"clientToken": []}] == document["paths"]["/cds-services"]["get"]["security"]
    assert [{"metricsToken": []}] == document["paths"]["/metrics"]["get"]["security"]


def test_the_document_is_for_everybody_and_can_be_kept():
    client = application(gated=True).test_client()
    first = client.get("/openapi.json")
    assert (200, "public, max-age=300") == (first.status_code, first.headers["Cache-Control"])
    again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (304, b"") == (again.status_code, again.data)


def test_the_page_can_be_kept_and_is_not_taken_for_the_document(app):
    client = app.test_client()
    document, page = client.get("/openapi.json"), client.get("/openapi.json", headers=BROWSER)
    assert document.headers["ETag"] != page.headers["ETag"]
    assert "Accept" in page.headers["Vary"]
    again = client.get("/openapi.json", headers=BROWSER | {"If-None-Match": page.headers["ETag"]})
    assert (304, b"") == (again.status_code, again.data)


def test_where_a_gate_is_what_needs_a_token_is_refused_without_one():
    client = application(gated=True).test_client()
    for (method, path), operation in operations(document_of(gated=True)).items():
        if "security" in operation:
            reply = client.open(path.replace("{service_id}", "work-rehab-order"), method=method, json={})
            assert (401, "Bearer") == (reply.status_code, reply.headers["WWW-Authenticate"]), path
            assert [] == schema_errors("OperationOutcome", reply.json)


def test_other_policies_make_another_document(app):
    assert described(application(policies=PolicyStack(bundled_policies().policies[:3]))) != described(app)


def test_people_get_a_page_with_every_operation_and_type(app):
    page = app.test_client().get("/openapi.json", headers=BROWSER)
    assert "text/html" == page.mimetype
    for _, path in operations(document_of()):
        assert f"<code>{path}</code>" in page.text
    for name in document_of()["components"]["schemas"]:
        assert f'id="type-{name}"' in page.text
    linked = {part.partition('"')[0] for part in page.text.split('href="#')[1:]}
    assert all(f'id="{target}"' in page.text for target in linked)


def test_a_browser_can_download_the_document(app):
    client = app.test_client()
    assert client.get("/openapi.json").data == client.get("/openapi.json?format=json", headers=BROWSER).data


def test_pages_lead_to_the_description(app):
    assert 'href="/openapi.json"' in app.test_client().get("/rules", headers=BROWSER).text


def test_each_hook_is_shown_with_a_story_and_its_cards():
    examples = document_of()["components"]["examples"]
    for service in SERVICES:
        assert service.hook == examples[f"{service.hook}-call"]["value"]["hook"]
        assert examples[f"{service.hook}-answer"]["value"]["cards"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0.5, application/json", None])
@pytest.mark.parametrize("path", ["/openapi.json", "/rules/authorization", "/fhir/Questionnaire/us-tx-dwc"])
def test_a_program_that_takes_anything_gets_what_programs_read(app, path, accept):
    reply = app.test_client().get(path, headers={"Accept": accept} if accept is not None else {})
    assert reply.mimetype.endswith("json"), "curl sends */*"
