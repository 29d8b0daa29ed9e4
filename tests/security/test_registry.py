"""The registry file: what it says, and how it tells its mistakes."""

import json
import re

import pytest

from cds_service.errors import ConfigurationError
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.hooks.services import PERMITTED
from cds_service.security.clients import Client
from cds_service.security.registry import Registry
from tests.security.signing import ISSUER, Ehr, Signer, write_registry

WHOLE = """
clients:
  - issuer: https://ehr.example.org
    jwks_url: https://ehr.example.org/jwks.json
    fhir_servers: [https://ehr.example.org/fhir/]
    tenants: [north]
    services: [work-rehab-order]
    cors_origins: [https://ehr.example.org]
    mode: shadow
    cds_hooks: "3.0"
    crd: null
    system_actions: false
    charges: chargeitem
    max_cards: 3
    jurisdiction: US-TX
    source_label: Northern Clinics
  - issuer: https://other.example.org
    jwks_file: other.json
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clients.yaml"


def refusal(path, **options):
    with pytest.raises(ConfigurationError) as refused:
        Registry.load(path, **options)
    return refused.value.text


def test_a_registry_says_what_each_client_may_and_wants(path):
    keys = {"keys": [Signer().jwk()]}
    (path.parent / "other.json").write_text(json.dumps(keys))
    path.write_text(WHOLE)
    read = Registry.load(path, services=PERMITTED)
    first, second = read.client("https://ehr.example.org"), read.client("https://other.example.org")
    expected = Client.model_construct(
        issuer="https://ehr.example.org",
        jwks_url="https://ehr.example.org/jwks.json",
        jwks_file=None,
        jwks=None,
        fhir_servers=("https://ehr.example.org/fhir",),
        tenants=("north",),
        services=tuple(sorted(PERMITTED["work-rehab-order"])),
        cors_origins=("https://ehr.example.org",),
        mode="shadow",
        cds_hooks="3.0",
        charges="chargeitem",
        max_cards=3,
        jurisdiction="US-TX",
        source_label="Northern Clinics",
    )
    assert expected == first
    assert keys == second.jwks
    assert ("live", "2.0", "claim") == (second.mode, second.cds_hooks, second.charges)
    assert {"https://ehr.example.org"} == read.origins
    assert read.client("https://stranger.example.org") is None


def test_a_client_says_what_its_ehr_never_sends_and_which_quiet_cards_it_wants(path):
    members = {
        "not_available": {"authorizations": " adjuster portal ", "charges": "billing system"},
        "program_state": False,
        "not_checked": False,
    }
    write_registry(path, Ehr().entry(**members))
    client = Registry.load(path, prefetch_keys=PREFETCH_KEYS).client(ISSUER)
    assert {"authorizations": "adjuster portal", "charges": "billing system"} == client.not_available
    assert (False, False) == (client.program_state, client.not_checked)
    with pytest.raises(TypeError):
        client.not_available["charges"] = "elsewhere"


def test_a_client_with_a_listed_service_may_call_that_hook_only(path):
    write_registry(path, Ehr().entry(services=["work-rehab-order-sign"]))
    client = Registry.load(path, services=PERMITTED).client(ISSUER)
    called = ("work-rehab-order-sign", "work-rehab-order-select", "work-rehab-order")
    assert [True, False, False] == [client.may_call(service) for service in called]


def test_a_client_with_a_shared_service_may_call_all_its_ids(path):
    write_registry(path, Ehr().entry(services=["work-rehab-order"]))
    client = Registry.load(path, services=PERMITTED).client(ISSUER)
    assert all(client.may_call(service) for service in PERMITTED["work-rehab-order"])
    assert not client.may_call("work-rehab-encounter-start")


def test_a_client_may_call_what_is_listed_or_anything():
    listed, free = (Client.model_validate(Ehr().entry(services=services)) for services in (("a",), None))
    assert [True, False] == [listed.may_call("a"), listed.may_call("b")]
    assert free.may_call("b")


def test_a_client_cannot_be_changed(path):
    client = Registry.load(write_registry(path, Ehr().entry())).client(ISSUER)
    with pytest.raises(ValueError, match="frozen"):
        client.mode = "shadow"


@pytest.mark.parametrize(
    ("members", "key", "why"),
    [
        ({"jwks_uri": "https://ehr.example.org/jwks"}, "jwks_uri", "no such key"),
        ({"jwks_url": "https://ehr.example.org/jwks", "jwks": {"keys": [Signer().jwk()]}}, "keys", "exactly one of"),
        ({"jwks": None}, "keys", "exactly one of"),
        ({"jwks_url": "http://ehr.example.org/jwks"}, "jwks_url", "must be https"),
        ({"jwks_url": "ehr.example.org/jwks"}, "jwks_url", "must be an absolute https URL"),
        ({"jwks_url": "file:///keys"}, "jwks_url", "must be an absolute https URL"),
        ({"jwks_url": "https://user@ehr.example.org/jwks"}, "jwks_url", "must have no user"),
        ({"jwks_url": "https://ehr.example.org:port/jwks"}, "jwks_url", "Port"),
        ({"jwks_file": "absent.json"}, "jwks_file", "cannot be read"),
        ({"jwks": {"keys": []}}, "jwks", "no public key"),
        ({"jwks": {"keys": [Signer().jwk(kid=None)]}}, "jwks", "no public key"),
        ({"jwks": {"keys": [Signer().jwk(d="AAAA")]}}, "jwks", "private key"),
        ({"jwks": []}, "jwks", "object"),
        ({"fhir_servers": ["http://ehr.example.org/fhir"]}, "fhir_servers", "must be https"),
        ({"fhir_servers": ["https://ehr.example.org/fhir?x=1"]}, "fhir_servers", "no user, query"),
        ({"fhir_servers": ["https://ehr.example.org/a//fhir"]}, "fhir_servers", "read in one way only"),
        ({"fhir_servers": ["https://ehr.example.org/a/%2e%2e/fhir"]}, "fhir_servers", "read in one way only"),
        ({"fhir_servers": ["https://ehr.example.org/fhir;v=1"]}, "fhir_servers", "read in one way only"),
        ({"fhir_servers": ["https://ehr.example.org/fhir/"] * 2}, "fhir_servers", "twice"),
        ({"jwks_url": "https://ehr.example.org/a//jwks", "jwks": None}, "jwks_url", "read in one way only"),
        ({"fhir_servers": "https://ehr.example.org/fhir"}, "fhir_servers", "array"),
        ({"fhir_servers": ["https://a.example/f", "https://a.example/f/"]}, "fhir_servers", "twice"),
        ({"tenants": []}, "tenants", "at least 1"),
        ({"tenants": ["a b"]}, "tenants.0", "pattern"),
        ({"services": ["work-rehab-ordr"]}, "services", "no service work-rehab-ordr"),
        ({"cors_origins": ["*"]}, "cors_origins.0", "pattern"),
        ({"cors_origins": ["https://ehr.example.org/"]}, "cors_origins.0", "pattern"),
        ({"mode": "silent"}, "mode", "'live' or 'shadow'"),
        ({"cds_hooks": 2.0}, "cds_hooks", "'2.0'"),
        ({"crd": "2.1"}, "crd", "is not built yet: leave it out, or write null"),
        ({"crd": False}, "crd", "is not built yet"),
        ({"system_actions": True}, "system_actions", "is not built yet: leave it out, or write false"),
        ({"system_actions": None}, "system_actions", "is not built yet"),
        ({"charges": "invoice"}, "charges", "'claim' or 'chargeitem'"),
        ({"max_cards": 0}, "max_cards", "greater than or equal to 1"),
        ({"max_cards": "3"}, "max_cards", "integer"),
        ({"jurisdiction": "Texas"}, "jurisdiction", "pattern"),
        ({"source_label": " "}, "source_label", "at least 1"),
        ({"not_available": {"authorisations": "portal"}}, "not_available", "no prefetch key authorisations"),
        ({"not_available": {"authorizations": ""}}, "not_available.authorizations", "at least 1"),
        ({"not_available": {"authorizations": None}}, "not_available.authorizations", "string"),
        ({"not_available": {"authorizations": True}}, "not_available.authorizations", "string"),
        ({"not_available": {"authorizations": "x" * 81}}, "not_available.authorizations", "at most 80"),
        ({"not_available": ["authorizations"]}, "not_available", "object"),
        ({"not_available": None}, "not_available", "object"),
        ({"program_state": "no"}, "program_state", "boolean"),
        ({"not_checked": 0}, "not_checked", "boolean"),
        ({"app": {}}, "app.client_id", "is required"),
        ({"app": {"client_id": "a b"}}, "app.client_id", "pattern"),
        ({"app": {"client_id": "cds", "client_secret": "s"}}, "app.client_secret", "no such key"),
        ({"app": {"client_id": "cds", "client_secret_file": "absent"}}, "app.client_secret_file", "cannot be read"),
        ({"app": {"client_id": "cds", "scopes": ["openid"]}}, "app.scopes", "must contain launch"),
        ({"app": {"client_id": "cds", "scopes": ["launch launch"]}}, "app.scopes.0", "pattern"),
        ({"app": {"client_id": "cds", "frame_ancestors": ["*"]}}, "app.frame_ancestors.0", "pattern"),
        ({"app": {"client_id": "cds", "frame_ancestors": ["loopback"]}}, "app.frame_ancestors.0", "pattern"),
        (
            {"app": {"client_id": "cds", "authorization_servers": ["http://a.example"]}},
            "app.authorization_servers",
            "https",
        ),
        ({"app": {"client_id": "cds"}}, "app", "needs fhir_servers"),
    ],
)
def test_a_mistake_is_told_with_file_client_and_key(path, members, key, why):
    text = refusal(write_registry(path, Ehr().entry(**members)), services=PERMITTED, prefetch_keys=PREFETCH_KEYS)
    assert re.match(rf"{re.escape(str(path))}: client {ISSUER}: {re.escape(key)}: .*{re.escape(why)}", text), text


def test_a_secret_file_of_the_app_is_found_beside_the_registry_and_must_hold_a_secret(path):
    app = {"client_id": "cds", "client_secret_file": "secret.txt"}
    write_registry(path, Ehr().entry(fhir_servers=["https://ehr.example.org/fhir"], app=app))
    secret = path.parent / "secret.txt"
    for content, why in [(b"\n", "in one line"), (b"two\nlines", "in one line"), (b"\xff", "is not UTF-8")]:
        secret.write_bytes(content)
        assert why in refusal(path)
    secret.write_text("invented-secret\n")
    assert str(secret) == Registry.load(path).client(ISSUER).app.client_secret_file


def test_a_fhir_server_opens_the_app_of_a_single_client(path):
    members = {"fhir_servers": ["https://ehr.example.org/fhir"], "app": {"client_id": "cds"}}
    second = Ehr(issuer="https://other.example.org")
    for spelled in ("https://ehr.example.org/fhir", "https://EHR.example.org:443/fhir/"):
        assert "client https://other.example.org: app: client https://ehr.example.org has an app for" in refusal(
            write_registry(path, Ehr().entry(**members), second.entry(**members | {"fhir_servers": [spelled]}))
        )
    write_registry(path, Ehr().entry(**members), second.entry(fhir_servers=members["fhir_servers"]))
    assert (ISSUER,) == tuple(client.issuer for client in Registry.load(path).with_app)


def test_every_mistake_is_told_at_once(path):
    second_entry = Ehr(issuer="https://other.example.org").entry(mode="silent")
    lines = refusal(write_registry(path, Ehr().entry(max_cards=0, charges="none"), second_entry)).splitlines()
    assert 3 == len(lines)
    assert "client https://other.example.org: mode" in lines[2]


@pytest.mark.parametrize("issuer", [None, 7, "", "two words"])
def test_a_client_without_a_name_is_told_by_its_place(path, issuer):
    text = refusal(write_registry(path, Ehr().entry(), {**Ehr().entry(), "issuer": issuer}))
    assert re.search(r": client (2|two words|): issuer: ", text), text


def test_an_issuer_stands_once(path):
    text = refusal(write_registry(path, Ehr().entry(), Ehr().entry()))
    assert f"{path}: client {ISSUER}: issuer: stands twice" == text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "clients: the file has one key"),
        ("clients: []", "clients: must be a list"),
        ("clients: {}", "clients: must be a list"),
        ("client: []", "clients: the file has one key"),
        ("clients: []\nextra: 1", "clients: the file has one key"),
        ("clients: [", "not readable as YAML"),
        ("clients: []\nclients: []", "clients: duplicate key"),
        ("clients: !!python/object:os.system {}", "not readable as YAML"),
        ("clients: &a [*a]", "neither text, number, list nor table"),
        ("clients: [{1: x}]", "neither text, number, list nor table"),
        ("clients: [text]", "client 1: keys: "),
    ],
)
def test_a_file_that_is_no_registry_is_told(path, content, why):
    path.write_text(content)
    text = refusal(path)
    assert text.startswith(str(path))
    assert why in text


def test_a_file_that_is_not_there_or_no_text_is_told(path):
    assert (
        f"{path}: the file cannot be read: No such file or directory; let the user that runs the service read it"
        == refusal(path)
    )
    path.write_bytes(b"\xff\xfe")
    assert f"{path}: the file is not UTF-8 text; save it as UTF-8" == refusal(path)


def test_a_key_file_is_found_beside_the_registry_and_must_hold_keys(path):
    write_registry(path, Ehr().entry(jwks_file="keys.json"))
    for content, why in [("{", "is not JSON"), ("[]", "is not a JSON Web Key Set"), ("{}", "no public key")]:
        (path.parent / "keys.json").write_text(content)
        assert why in refusal(path)


def test_plain_http_is_for_sites_that_say_so(path):
    write_registry(
        path, Ehr().entry(jwks_url="http://ehr.example.org/jwks", fhir_servers=["http://ehr.example.org/fhir"])
    )
    assert "CDS_ALLOW_HTTP" in refusal(path)
    assert "http://ehr.example.org/jwks" == Registry.load(path, allow_http=True).client(ISSUER).jwks_url
