"""Key sets: what of them is used, and how they are fetched from a real host."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from cds_service.security import key_store as module
from cds_service.security.key_store import KeyStore
from cds_service.security.keys import read_key_set
from tests import hosts
from tests.hosts import KeyHost
from tests.security.signing import Signer, client

SIGNER = Signer()
NEXT = Signer(kid="key-2", name="second")


class Clock:
    """A clock that goes on when told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return KeyStore(clock)


def has(store, known, signer):
    return store.find(known, signer.kid, signer.algorithm) is not None


def usable(*rows):
    return sorted(read_key_set({"keys": list(rows)}).keys)


def test_a_key_serves_the_algorithm_it_is_published_for():
    assert [("key-1", "ES384")] == usable(SIGNER.jwk())


def test_an_rsa_key_without_algorithm_serves_all_of_its_kind():
    algorithms = ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]
    assert [("key-1", algorithm) for algorithm in algorithms] == usable(Signer("RS384").jwk(alg=None))


def test_a_curve_decides_the_algorithm():
    assert [("key-1", "ES256")] == usable(Signer("ES256").jwk(alg=None))


@pytest.mark.parametrize("members", [{"use": None}, {"key_ops": ["verify"]}, {"use": None, "key_ops": ["verify", "x"]}])
def test_use_and_operations_may_be_absent_or_fitting(members):
    assert [("key-1", "ES384")] == usable(SIGNER.jwk(**members))


@pytest.mark.parametrize(
    "members",
    [
        {"alg": "ES256"},
        {"alg": "HS256"},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"kid": None},
        {"kid": ""},
        {"kid": 7},
        {"kty": "RSA"},
        {"kty": None},
        {"crv": "P-256"},
        {"x": "not a number"},
        {"x": None},
    ],
)
def test_a_key_that_disagrees_with_itself_is_not_used(members):
    assert [] == usable(SIGNER.jwk(**members))


def test_one_bad_key_does_not_spoil_the_others():
    assert [("key-2", "ES384")] == usable(SIGNER.jwk(x=None), NEXT.jwk(), {"kty": "oct", "kid": "s", "k": "c2VjcmV0"})


def test_a_short_rsa_key_is_not_used():
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point of this test
    short = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    assert [] == usable({**short, "kid": "key-1"})


def test_a_private_key_is_not_used_and_noticed():
    found = read_key_set({"keys": [{**SIGNER.jwk(), "d": "AAAA"}]})
    assert (True, frozenset()) == (found.private, found.ids)


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, {"keys": ["key", None]}])
def test_a_document_without_keys_has_none(document):
    assert frozenset() == read_key_set(document).ids


def test_keys_are_fetched_once_and_kept(host, store, clock):
    known = client(jwks_url=host.jwks_url)
    for _ in range(50):
        assert has(store, known, SIGNER)
        clock.wait(60)
    assert 1 == host.asked


def test_keys_are_fetched_again_after_an_hour(host, store, clock):
    known = client(jwks_url=host.jwks_url)
    has(store, known, SIGNER)
    clock.wait(3600)
    host.publish(NEXT.jwk())
    assert not has(store, known, SIGNER)
    assert 2 == host.asked


def test_a_new_key_is_found_when_a_token_names_it(host, store, clock):
    known = client(jwks_url=host.jwks_url)
    assert has(store, known, SIGNER)
    host.publish(SIGNER.jwk(), NEXT.jwk())
    clock.wait(60)
    assert has(store, known, NEXT)
    assert has(store, known, SIGNER)
    assert 2 == host.asked


def test_a_flood_of_unknown_key_ids_costs_one_fetch_a_minute(host, store, clock):
    known = client(jwks_url=host.jwks_url)
    for number in range(100):
        assert store.find(known, f"made-up-{number}", "ES384") is None
    assert 1 == host.asked
    clock.wait(60)
    for number in range(100):
        store.find(known, f"made-up-{number}", "ES384")
    assert 2 == host.asked


def test_a_flood_against_one_client_leaves_another_alone(host, store):
    with KeyHost() as second_host:
        second_host.publish(NEXT.jwk())
        for number in range(10):
            store.find(client(jwks_url=host.jwks_url), f"made-up-{number}", "ES384")
        assert has(store, client(issuer="https://other.example.org", jwks_url=second_host.jwks_url), NEXT)


def test_callers_that_come_at_once_share_one_fetch(host, store):
    known = client(jwks_url=host.jwks_url)
    with ThreadPoolExecutor(max_workers=16) as pool:
        assert all(pool.map(lambda _: has(store, known, SIGNER), range(64)))
    assert 1 == host.asked


def test_keys_serve_on_for_a_day_while_their_host_fails(host, store, clock):
    known = client(jwks_url=host.jwks_url)
    has(store, known, SIGNER)
    host.status = 500
    clock.wait(24 * 3600 - 60)
    assert has(store, known, SIGNER)
    clock.wait(60)
    assert not has(store, known, SIGNER)


def test_a_key_that_was_withdrawn_is_not_used_again(host, store, clock):
    known = client(jwks_url=host.jwks_url)
    has(store, known, SIGNER)
    host.publish()
    clock.wait(3600)
    assert not has(store, known, SIGNER)


def test_a_client_that_was_registered_anew_starts_with_new_keys(host, store):
    assert has(store, client(jwks_url=host.jwks_url), SIGNER)
    host.publish(NEXT.jwk())
    assert has(store, client(jwks_url=host.jwks_url), NEXT)


def test_keys_exchanged_out_of_band_need_no_host(store):
    assert has(store, client(), SIGNER)
    assert not has(store, client(), NEXT)


def test_keys_are_asked_for_at_the_very_url_that_is_registered(host, store):
    assert has(store, client(jwks_url=f"{host.url}/keys/"), SIGNER)
    assert ["keys/"] == host.queries


def test_keys_are_asked_for_by_way_of_the_proxy_of_the_environment(host, monkeypatch):
    monkeypatch.setenv("http_proxy", host.url)
    assert has(KeyStore(), client(jwks_url="http://keys.ehr.example/jwks.json"), SIGNER)
    assert ["http://keys.ehr.example/jwks.json"] == host.queries


def why(host_url, store, caplog):
    """What the log tells of a fetch that brings nothing."""
    with caplog.at_level(logging.WARNING, "cds_service"):
        assert not has(store, client(jwks_url=host_url), SIGNER)
    (record,) = caplog.records
    assert "keys-not-fetched" == record.getMessage()
    return record.fields["why"]


def test_a_redirect_is_not_followed(host, store, caplog):
    with KeyHost() as second_host:
        second_host.publish(SIGNER.jwk())
        host.status, host.headers = 302, {"Location": second_host.jwks_url}
        assert "status-302" == why(host.jwks_url, store, caplog)
        assert 0 == second_host.asked


def test_a_body_without_end_is_cut_off(host, store, caplog):
    host.body = json.dumps({"keys": [SIGNER.jwk()], "padding": "x" * module.MAX_BYTES}).encode()
    assert "too-large" == why(host.jwks_url, store, caplog)


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"<html>", "not-json"), (b"", "not-json"), (b"[]", "not-a-key-set"), (b'{"error": 1}', "not-a-key-set")],
)
def test_what_is_no_key_set_is_told_in_the_log(host, store, caplog, body, reason):
    host.body = body
    assert reason == why(host.jwks_url, store, caplog)


def test_half_a_body_is_not_used(host, store, caplog):
    host.headers = {"Content-Length": str(len(host.body) + 10), "Connection": "close"}
    assert "ProtocolError" == why(host.jwks_url, store, caplog)


def test_a_host_that_is_not_there_is_told_in_the_log(store, caplog):
    with KeyHost() as gone:
        pass
    assert "ConnectionError" == why(gone.jwks_url, store, caplog)


def under_way():
    """Whether keys are being fetched."""
    return any(thread.name == "keys" for thread in threading.enumerate())


def until_done():
    for thread in threading.enumerate():
        if thread.name == "keys":
            thread.join()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 1.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [hosts.hang, hosts.drip_head, hosts.drip, hosts.continue_for_ever])
def test_for_a_host_without_end_nobody_waits_longer_than_for_its_first_moment(host, store, clock, fault):
    known = client(jwks_url=host.jwks_url)
    host.faults["jwks"] = fault
    assert not any(has(store, known, SIGNER) for _ in range(100))
    assert under_way()
    until_done()
    clock.wait(60)
    assert not any(has(store, known, SIGNER) for _ in range(100))
    assert under_way()
    until_done()
    assert 2 == host.asked
    host.released.set()


@pytest.mark.usefixtures("impatient")
def test_the_last_good_keys_serve_while_a_host_hangs(host, store, clock):
    known = client(jwks_url=host.jwks_url)
    assert has(store, known, SIGNER)
    clock.wait(3600)
    host.faults["jwks"] = hosts.hang
    assert all(has(store, known, SIGNER) for _ in range(100))
    assert under_way()
    host.released.set()
    until_done()
    assert 2 == host.asked


@pytest.mark.usefixtures("impatient")
def test_a_host_that_is_slow_is_believed_when_it_comes_to_an_end(host, store, clock):
    known = client(jwks_url=host.jwks_url)
    host.gate = lambda: host.released.wait(0.8)
    assert not has(store, known, SIGNER)
    host.released.set()
    until_done()
    assert has(store, known, SIGNER)
    clock.wait(3600)
    host.publish(NEXT.jwk())
    has(store, known, NEXT)
    until_done()
    assert has(store, known, NEXT)
    assert not has(store, known, SIGNER)
