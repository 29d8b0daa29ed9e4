import os

import pytest

from cds_service.app.settings import Settings, load_settings
from cds_service.errors import ConfigurationError


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("CDS_")]:
        monkeypatch.delenv(name)


def test_defaults_serve_a_trial_on_this_machine():
    settings = load_settings()
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.max_body_bytes == 32 * 1024 * 1024
    assert (settings.max_cards, settings.source_label) == (5, "Work Rehab CDS")
    assert (settings.policy_dirs, settings.cors_origins, settings.jurisdiction) == ((), (), None)


def test_every_setting_is_described():
    assert [] == [name for name, field in Settings.model_fields.items() if not field.description]


def test_the_public_url_loses_its_trailing_slash(monkeypatch):
    monkeypatch.setenv("CDS_PUBLIC_URL", "https://cds.example/rehab/")
    assert load_settings().public_url == "https://cds.example/rehab"


@pytest.mark.parametrize("separator", [",", os.pathsep, " , "])
def test_policy_folders_are_a_list(monkeypatch, tmp_path, separator):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.setenv("CDS_POLICY_DIRS", f"{tmp_path / 'a'}{separator}{tmp_path / 'b'}")
    assert load_settings().policy_dirs == (tmp_path / "a", tmp_path / "b")


def test_origins_are_a_list(monkeypatch):
    monkeypatch.setenv("CDS_CORS_ORIGINS", "https://ehr.example, loopback")
    assert load_settings().cors_origins == ("https://ehr.example", "loopback")


def test_algorithms_are_a_list(monkeypatch):
    monkeypatch.setenv("CDS_JWT_ALGORITHMS", "ES384, PS384")
    assert load_settings().jwt_algorithms == ("ES384", "PS384")


def test_an_empty_variable_is_as_good_as_none(monkeypatch):
    monkeypatch.setenv("CDS_MAX_CARDS", "")
    assert load_settings().max_cards == 5


def test_what_is_given_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("CDS_MAX_CARDS", "3")
    assert load_settings(max_cards=2).max_cards == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CDS_PUBLIC_URL", "cds.example"),
        ("CDS_PUBLIC_URL", "https://cds.example?x=1"),
        ("CDS_POLICY_DIRS", "/no/such/folder"),
        ("CDS_MAX_BODY_BYTES", "much"),
        ("CDS_MAX_CARDS", "0"),
        ("CDS_SOURCE_LABEL", " "),
        ("CDS_JURISDICTION", "Texas"),
        ("CDS_CORS_ORIGINS", "*"),
        ("CDS_CORS_ORIGINS", "https://ehr.example/path"),
        ("CDS_CLIENTS", "/no/such/file"),
        ("CDS_DISCOVERY_OPEN", "perhaps"),
        ("CDS_JWT_ALGORITHMS", "HS256"),
        ("CDS_JWT_ALGORITHMS", "ES384,none"),
        ("CDS_JWT_ALGORITHMS", ","),
        ("CDS_ALLOW_HTTP", "perhaps"),
        ("CDS_STRICT_FHIR", "perhaps"),
        ("CDS_CPT_DESCRIPTORS", "/no/such/file"),
        ("CDS_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_variable(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=f"^{variable}: "):
        load_settings()


def test_a_missing_policy_folder_is_named_with_what_to_do(monkeypatch, tmp_path):
    missing = tmp_path / "nowhere"
    monkeypatch.setenv("CDS_POLICY_DIRS", f"{tmp_path},{missing}")
    with pytest.raises(ConfigurationError) as refusal:
        load_settings()
    message = f"CDS_POLICY_DIRS: {missing}: there is no such policy folder; make it, or correct CDS_POLICY_DIRS"
    assert message == str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CDS_CLIENTS", "/no/such/file", "there is no file /no/such/file; put it there, or correct the path"),
        ("CDS_MAX_CARDS", "many", "'many' is not a whole number"),
        ("CDS_MAX_CARDS", "99", "99 is too much: at most 50"),
        ("CDS_STRICT_FHIR", "perhaps", "'perhaps' is neither true nor false"),
        ("CDS_JURISDICTION", "Texas", "'Texas' is not written like US-TX"),
        ("CDS_TIME_ZONE", "Central", "'Central' is not the name of a time zone, like America/Chicago"),
        ("CDS_PUBLIC_URL", "cds.example", "'cds.example' is not an absolute http or https URL without query"),
        ("CDS_FHIR_NETWORKS", "home", "'home' is not a network like 10.20.0.0/16"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_what_would_be_right(monkeypatch, variable, value, message):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as refusal:
        load_settings()
    assert f"{variable}: {message}" == str(refusal.value)


@pytest.mark.parametrize("variable", ["CDS_PATIENT_KEY", "CDS_METRICS_TOKEN", "CDS_INSIGHTS_TOKEN"])
def test_a_secret_that_cannot_be_used_is_not_told(monkeypatch, variable):
    monkeypatch.setenv(variable, "hidden-word")
    with pytest.raises(ConfigurationError, match=r"at least \d+ characters are needed") as refusal:
        load_settings()
    assert "hidden-word" not in str(refusal.value)


def test_every_wrong_variable_is_named_at_once(monkeypatch):
    monkeypatch.setenv("CDS_MAX_CARDS", "0")
    monkeypatch.setenv("CDS_JURISDICTION", "Texas")
    with pytest.raises(ConfigurationError, match=r"CDS_JURISDICTION: .*; CDS_MAX_CARDS: "):
        load_settings()


def test_private_networks_of_fhir_servers_are_a_list(monkeypatch):
    monkeypatch.setenv("CDS_FHIR_NETWORKS", "10.20.0.0/16, fd00::/8")
    assert [str(network) for network in load_settings().fhir_networks] == ["10.20.0.0/16", "fd00::/8"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CDS_FHIR_NETWORKS", "10.20.0.1/16"), ("CDS_FHIR_SECONDS", "0"), ("CDS_FHIR_SECONDS", "nan")],
)
def test_settings_of_fhir_servers_that_cannot_be_used_stop_the_start(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        load_settings()


OIDC = {
    "CDS_OIDC_ISSUER": "https://id.example.org",
    "CDS_OIDC_CLIENT_ID": "work-rehab",
    "CDS_OIDC_CLIENT_SECRET": "not-a-real-secret",
    "CDS_OIDC_ALLOWED": "lead@clinic.example, billing leads",
}


def test_sign_in_by_openid_connect_has_four_settings(monkeypatch):
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)
    assert ("lead@clinic.example", "billing leads") == load_settings().oidc_allowed


@pytest.mark.parametrize("left_out", OIDC)
def test_a_part_of_them_stops_the_start_and_names_what_is_missing(monkeypatch, left_out):
    for name, value in OIDC.items():
        if name != left_out:
            monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"needs {left_out}") as refusal:
        load_settings()
    assert OIDC["CDS_OIDC_CLIENT_SECRET"] not in str(refusal.value)


@pytest.mark.parametrize("issuer", ["http://id.example.org", "id.example.org", "https://id.example.org?x=1"])
def test_the_provider_is_an_https_url(monkeypatch, issuer):
    for name, value in {**OIDC, "CDS_OIDC_ISSUER": issuer}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=r"CDS_OIDC_ISSUER: .* is not an https URL without query"):
        load_settings()
