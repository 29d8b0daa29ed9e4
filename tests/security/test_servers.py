"""Whom we may call: which URLs are the registered servers, and where their names may lead."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.util import Timeout

from cds_service.security.addresses import Addresses, AddressRefusedError
from cds_service.security.outgoing import outgoing_session
from cds_service.security.servers import Servers, registered_url
from tests import hosts
from tests.fhir_host import FhirHost

REGISTERED = Servers(("https://ehr.example.org/fhir", "https://other.example:8443"))
NAME = "ehr.example.org"
LOOPBACK = ip_network("127.0.0.0/8")


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/",
        "https://EHR.example.org/fhir/tenant/r4",
        "https://ehr.example.org:443/fhir?_getpages=7&_page=2",
        "https://other.example:8443/anything",
    ],
)
def test_a_registered_server_and_what_is_below_it_may_be_called(url):
    assert REGISTERED.permits(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ehr.example.org/fhir",
        "//ehr.example.org/fhir",
        "http://ehr.example.org/fhir",
        "ftp://ehr.example.org/fhir",
        "https://ehr.example.org",
        "https://ehr.example.org/fhirelse",
        "https://ehr.example.org/FHIR",
        "https://ehr.example.org:8443/fhir",
        "https://ehr.example.org:port/fhir",
        "https://ehr.example.org:99999/fhir",
        "https://ehr.example.org.evil.test/fhir",
        "https://evil.ehr.example.org/fhir",
        "https://ehr.example.org./fhir",
        "https://ehr.example.org@evil.test/fhir",
        "https://user:word@ehr.example.org/fhir",
        "https://@ehr.example.org/fhir",
        "https://evil.test#@ehr.example.org/fhir",
        "https://evil.test\\@ehr.example.org/fhir",
        "https://ehr.example.org/fhir/../admin",
        "https://ehr.example.org/fhir/..",
        "https://ehr.example.org/fhir/%2e%2e/admin",
        "https://ehr.example.org/fhir/..%2fadmin",
        "https://ehr.example.org/fhir/.",
        "https://ehr.example.org/fhir//x",
        "https://ehr.example.org/fhir;x",
        "https://ehr.example.org/fhir#part",
        "https://ehr.example.org/fhir#",
        "https://ehr.example.org/fh\tir",
        "https://ehr.example.org/fhir ",
        "https://ehr.example.org/fhir\n",
        "https://\u0435hr.example.org/fhir",
        "https://ehr%2eexample.org/fhir",
        "https://[::1/fhir",
        "https://127.0.0.1/fhir",
        "https://169.254.169.254/fhir",
        "file:///etc/passwd",
    ],
)
def test_nothing_else_may_be_called(url):
    assert not REGISTERED.permits(url)


@pytest.mark.parametrize("url", ["https://ehr.example.org/fhir/", "https://EHR.example.org:443/fhir"])
def test_a_server_is_known_by_its_other_spellings(url):
    assert "https://ehr.example.org/fhir" == REGISTERED.spelled(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example.org/fhir/tenant",
        "https://ehr.example.org/fhir?x=1",
        "https://ehr.example.org/FHIR",
        "https://ehr.example.org//fhir",
        "https://ehr.example.org/x/../fhir",
        "https://ehr.example.org/%66hir",
        "https://ehr.example.org@evil.example.org/fhir",
        "http://ehr.example.org/fhir",
        " https://ehr.example.org/fhir",
        "https://ehr.example.org:port/fhir",
        "",
    ],
)
def test_another_server_is_not_taken_for_it(url):
    assert REGISTERED.spelled(url) is None


def test_without_registered_servers_nobody_may_be_called():
    assert not Servers((), allow_http=True).permits("https://ehr.example.org/fhir")


def test_plain_http_needs_the_switch():
    base = ("http://ehr.example.org/fhir",)
    assert [False, True] == [Servers(base, allow_http=switch).permits(base[0]) for switch in (False, True)]


@pytest.mark.parametrize("url", ["https://ehr.example.org/fhir", "https://10.1.2.3:8443", "https://ehr.example.org/"])
def test_a_server_that_may_be_registered_may_be_called(url):
    assert Servers((registered_url(url),)).permits(url)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://ehr.example.org/fhir", "must be https"),
        ("ehr.example.org/fhir", "must be an absolute https URL"),
        ("https://ehr.example.org/fhir?tenant=1", "must have no user, query"),
        ("https://ehr.example.org/fhir#part", "must have no user, query, fragment"),
        ("https://user@ehr.example.org/fhir", "must have no user"),
        ("https://ehr.example.org:port/fhir", "Port"),
        ("https://[::1/fhir", "IPv6"),
        ("https://ehr.example.org/a/../b", "read in one way only"),
        ("https://ehr.example.org/a//fhir", "read in one way only"),
        ("https://ehr.example.org/a/%2e%2e/fhir", "read in one way only"),
        ("https://ehr.example.org/%2E%2E/fhir", "read in one way only"),
        ("https://ehr.example.org/fhir;v=1", "read in one way only"),
        ("https://ehr.example.org/fhir//", "read in one way only"),
    ],
)
def test_a_server_that_could_never_be_called_is_told_at_registration(url, problem):
    with pytest.raises(ValueError, match=problem):
        registered_url(url)
    assert not Servers((url,)).permits(url) or "?" in url


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0",  # noqa: S104
        "10.0.0.8", "172.16.3.4", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::",
        "fec0::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "3fff::1", "4000::1",
    ],
)  # fmt: skip
def test_a_name_may_not_lead_to_an_address_that_is_not_public(address):
    with pytest.raises(AddressRefusedError):
        Addresses(resolve=lambda *_: (address,)).of(NAME, 443)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_a_name_may_lead_to_a_public_address(address):
    assert (address,) == Addresses(resolve=lambda *_: (address,)).of(NAME, 443)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(AddressRefusedError):
        Addresses(resolve=lambda *_: ("93.184.215.14", "10.0.0.8")).of(NAME, 443)


def test_a_private_network_that_the_site_names_may_be_called():
    addresses = Addresses((ip_network("10.20.0.0/16"),), resolve=lambda *_: ("10.20.3.4",))
    assert addresses.of(NAME, 443) == ("10.20.3.4",)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "10.0.0.8"])
def test_a_registered_private_address_may_be_called(host):
    assert Addresses(resolve=lambda *_: ("127.0.0.1",)).of(host, 443) == ("127.0.0.1",)


@pytest.fixture
def ehr():
    with FhirHost([{"resourceType": "Patient", "id": "p1"}]) as running:
        yield running


def test_a_name_that_leads_to_this_machine_sees_no_request(ehr):
    with (
        outgoing_session(Addresses(resolve=lambda *_: ("127.0.0.1",))) as session,
        pytest.raises(requests.ConnectionError),
    ):
        session.get(f"http://{NAME}:{ehr.port}/r4/Patient/p1", timeout=5)
    assert ehr.seen == []


def test_an_unknown_name_is_a_connection_error():
    def unknown(*_):
        raise socket.gaierror(-2, "unknown")

    with outgoing_session(Addresses(resolve=unknown)) as session, pytest.raises(requests.ConnectionError):
        session.get(f"https://{NAME}/", timeout=5)


def test_the_connection_goes_to_the_checked_address_and_the_name_is_asked_for_once(ehr):
    asked = []

    def resolve(host, _port):
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("203.0.113.9",)

    with outgoing_session(Addresses((LOOPBACK,), resolve=resolve)) as session:
        reply = session.get(f"http://{NAME}:{ehr.port}/r4/Patient/p1", timeout=5)
        again = session.get(f"http://{NAME}:{ehr.port}/r4/Patient/p1", timeout=5)
    assert ({"resourceType": "Patient", "id": "p1"}, 200) == (reply.json(), again.status_code)
    assert asked == [NAME]
    assert [request.headers["host"] for request in ehr.seen] == [f"{NAME}:{ehr.port}"] * 2


def test_of_several_addresses_the_first_that_answers_is_taken(ehr):
    with socket.create_server(("127.0.0.2", 0)) as closed:
        dead = closed.getsockname()[0]
    with outgoing_session(Addresses((LOOPBACK,), resolve=lambda *_: (dead, "127.0.0.1"))) as session:
        assert session.get(f"http://{NAME}:{ehr.port}/r4/Patient/p1", timeout=5).status_code == 200


def test_the_certificate_is_checked_against_the_name(ehr, tmp_path):
    authorities = certificate_for(NAME, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authorities, tmp_path / "key.pem")
    ehr.with_tls(context)
    with outgoing_session(Addresses((LOOPBACK,), resolve=lambda *_: ("127.0.0.1",)), str(authorities)) as session:
        assert session.get(f"https://{NAME}:{ehr.port}/r4/Patient/p1", timeout=5).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://else.example.org:{ehr.port}/r4/Patient/p1", timeout=5)
    with (
        outgoing_session(Addresses((LOOPBACK,), resolve=lambda *_: ("127.0.0.1",))) as stranger,
        pytest.raises(requests.exceptions.SSLError),
    ):
        stranger.get(f"https://{NAME}:{ehr.port}/r4/Patient/p1", timeout=5)


def test_over_tls_a_host_that_drips_is_left_when_the_time_of_the_request_is_over(ehr, tmp_path):
    authorities = certificate_for(NAME, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authorities, tmp_path / "key.pem")
    ehr.with_tls(context)
    ehr.faults["Patient"] = hosts.drip_head
    addresses = Addresses((LOOPBACK,), resolve=lambda *_: ("127.0.0.1",))
    with outgoing_session(addresses, str(authorities)) as session, pytest.raises(requests.exceptions.ReadTimeout):
        session.get(f"https://{NAME}:{ehr.port}/r4/Patient/p1", timeout=Timeout(total=1.0))


@pytest.mark.parametrize("fault", [hosts.drip_head, hosts.continue_for_ever, hosts.hang])
def test_a_host_without_end_is_left_when_the_time_of_the_request_is_over(ehr, fault):
    with outgoing_session(Addresses()) as session:
        url = f"{ehr.url}/Patient/p1"
        assert session.get(url, timeout=Timeout(total=5.0)).ok
        ehr.faults["Patient"] = fault
        with pytest.raises(requests.exceptions.ReadTimeout):
            session.get(url, timeout=Timeout(total=0.3))
        ehr.faults.clear()
        assert session.get(url, timeout=Timeout(total=5.0)).ok


def test_a_body_without_end_is_left_when_the_time_of_the_request_is_over(ehr):
    ehr.faults["Patient"] = hosts.drip
    with outgoing_session(Addresses()) as session, pytest.raises(requests.exceptions.ConnectionError):
        session.get(f"{ehr.url}/Patient/p1", timeout=Timeout(total=0.3))


def test_the_environment_brings_no_proxy_and_no_password(ehr, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with outgoing_session(Addresses()) as session:
        assert session.get(f"{ehr.url}/Patient/p1", timeout=5).status_code == 200
    assert "authorization" not in ehr.seen[0].headers


def certificate_for(name, folder):
    """A certificate of its own authority, good for a day; returns the file, with the key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    return folder / "certificate.pem"
