import logging

import pytest

from cds_service.errors import ConfigurationError, Unauthenticated
from cds_service.security.gate import Gate
from cds_service.security.registry import Registry
from cds_service.security.replay import MemoryReplay
from tests.security.signing import AUDIENCE, ISSUER, Ehr, Signer, write_registry

OLD = Ehr()
NEW = Ehr(Signer(kid="key-2", name="second"))


@pytest.fixture
def path(tmp_path):
    return write_registry(tmp_path / "clients.yaml", OLD.entry())


@pytest.fixture
def gate(path):
    return Gate(lambda: Registry.load(path), MemoryReplay())


def admitted(gate, ehr):
    try:
        return ISSUER == gate.admit(ehr.headers(AUDIENCE)["Authorization"], (AUDIENCE,)).client.issuer
    except Unauthenticated:
        return False


def test_a_reload_brings_new_keys_and_ends_old_ones(gate, path):
    assert [True, False] == [admitted(gate, OLD), admitted(gate, NEW)]
    write_registry(path, NEW.entry())
    gate.reload()
    assert [False, True] == [admitted(gate, OLD), admitted(gate, NEW)]


def test_a_registry_with_a_mistake_changes_nothing_and_is_logged(gate, path, caplog):
    write_registry(path, NEW.entry(mode="silent"))
    with caplog.at_level(logging.INFO, "cds_service"):
        gate.reload()
    assert [True, False] == [admitted(gate, OLD), admitted(gate, NEW)]
    (record,) = caplog.records
    assert ("ERROR", "clients-not-reloaded") == (record.levelname, record.getMessage())
    assert f"{path}: client {ISSUER}: mode: " in record.fields["why"]


def test_a_token_used_before_a_reload_is_used_after_it(gate):
    header = OLD.headers(AUDIENCE)["Authorization"]
    gate.admit(header, (AUDIENCE,))
    gate.reload()
    with pytest.raises(Unauthenticated):
        gate.admit(header, (AUDIENCE,))


def test_a_gate_without_a_right_registry_does_not_come_to_be(tmp_path):
    with pytest.raises(ConfigurationError):
        Gate(lambda: Registry.load(tmp_path / "absent.yaml"), MemoryReplay())
