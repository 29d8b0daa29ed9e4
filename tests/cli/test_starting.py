"""What the commands say before they work: settings that are none, a port that is taken, records that are not there."""

import os
import socket
import sys
from unittest import mock

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.cli.naming import typed
from cds_service.errors import ConfigurationError
from cds_service.web.listening import claimed, doubts_about_url

HERE, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - what people type


def run(*words, **environment):
    return CliRunner().invoke(main, [*words], env=environment)


@pytest.fixture(autouse=True)
def environment_given_back():
    """The demo sets variables for the server that it starts in the same process."""
    with mock.patch.dict(os.environ):
        yield


def hold(host, port):
    """Claim an address, and give it back."""
    with claimed(host, port):
        pass


@pytest.fixture
def taken():
    """A port that another program listens on, in the way that a server with several workers does."""
    with socket.socket() as occupant:
        occupant.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        occupant.bind((HERE, 0))
        occupant.listen()
        yield occupant.getsockname()[1]


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A folder in which no service has run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CDS_DATABASE_URL", raising=False)
    return tmp_path


@pytest.mark.parametrize("host", [HERE, EVERYWHERE, "localhost"])
def test_a_port_that_another_server_listens_on_is_refused_in_one_sentence(taken, host):
    with pytest.raises(ConfigurationError, match=rf"^Port {taken} on {host} is in use by another program: stop that "):
        hold(host, taken)


def test_the_demo_does_not_share_a_port(taken):
    done = run("demo", "--port", str(taken))
    assert 1 == done.exit_code
    assert done.output.startswith(f"Error: Port {taken} on 127.0.0.1 is in use by another program")
    assert 1 == done.output.count("\n")


@pytest.mark.skipif(sys.platform != "linux", reason="claims before listening need Linux")
def test_a_server_that_does_not_listen_yet_has_claimed_its_port_already():
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        free = probe.getsockname()[1]
    with claimed(HERE, free), pytest.raises(ConfigurationError, match="is in use by another program"):
        hold(HERE, free)
    hold(HERE, free)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_refused_in_one_sentence(host):
    with pytest.raises(ConfigurationError, match=f"^{host} is no address of this machine: correct --host"):
        hold(host, 8000)


@pytest.mark.parametrize(
    ("url", "host", "port", "is_set", "message"),
    [
        ("http://127.0.0.1:8000", HERE, 8000, False, None),
        ("http://127.0.0.1:8000", HERE, 8009, False, "like http://127.0.0.1:8009"),
        ("http://localhost:8000", HERE, 8009, True, "like http://localhost:8009"),
        ("http://127.0.0.1:8000", EVERYWHERE, 8000, False, "CDS_PUBLIC_URL is not set"),
        ("http://127.0.0.1:8000", EVERYWHERE, 8000, True, None),
        ("http://cds.example.org:9000", EVERYWHERE, 8000, True, "the port is 8000"),
        ("http://cds.example.org", EVERYWHERE, 80, True, None),
        ("https://cds.example.org", EVERYWHERE, 8000, True, None),
        ("https://cds.example.org:8443/rehab", HERE, 8000, True, None),
        ("https://127.0.0.1:8000", HERE, 8000, True, "speaks plain http"),
        ("http://[::1]:8000", "::1", 8000, True, None),
    ],
)
def test_a_public_url_that_does_not_fit_is_pointed_out(url, host, port, is_set, message):
    doubts = list(doubts_about_url(url, host, port, is_set=is_set))
    assert (message is not None) == bool(doubts)
    assert message is None or message in doubts[0]


@pytest.mark.parametrize(
    ("name", "near"),
    [("CDS_POLICY_DIR", "CDS_POLICY_DIRS"), ("CDS_MAXCARDS", "CDS_MAX_CARDS"), ("cds_Client", "CDS_CLIENTS")],
)
def test_a_variable_that_is_no_setting_is_pointed_out_with_the_nearest_one(name, near):
    done = run("rules", **{name: "anything"})
    assert 0 == done.exit_code
    assert f"Note: {name} is no setting, so it changes nothing; did you mean {near}?\n" in done.stderr


def test_settings_are_not_pointed_out():
    assert "Note:" not in run("rules", CDS_MAX_CARDS="3", cds_log_level="INFO", PATH="/usr/bin").stderr


@pytest.mark.parametrize("words", [["insights"], ["insights", "--json"], ["records", "purge"]])
def test_looking_for_records_where_there_are_none_makes_no_database(empty, words):
    done = run(*words)
    assert 1 == done.exit_code
    assert f"There are no records here: no file {empty / 'work-rehab-cds.sqlite3'}." in done.output
    assert [] == list(empty.iterdir())


def test_commands_to_copy_have_the_path_that_leads_to_the_program(tmp_path, monkeypatch):
    program = tmp_path / ".venv" / "bin" / "cds-service"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin")
    assert ".venv/bin/cds-service rules" == typed("rules")
    monkeypatch.chdir(program.parent)
    assert "./cds-service rules" == typed("rules")
    monkeypatch.chdir("/")
    assert f"{str(program)[1:]} rules" == typed("rules")
    monkeypatch.setenv("PATH", str(program.parent))
    assert "cds-service rules" == typed("rules")


def test_a_path_with_blanks_is_quoted(tmp_path, monkeypatch):
    program = tmp_path / "my tools" / "cds-service"
    program.parent.mkdir()
    program.write_text("")
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.chdir(tmp_path)
    assert "'my tools/cds-service' rules" == typed("rules")
