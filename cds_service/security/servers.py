"""Whom we may call: the servers a client is registered with, and the addresses their names may lead to.

A call names the FHIR server it wants to be asked; only one that the client's registration names is (CH-R-16). The name
is resolved once for each connection, the addresses are checked, and the connection goes to a checked address, so that
a name cannot lead elsewhere between check and use.
"""

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

Network: TypeAlias = IPv4Network | IPv6Network
Resolve: TypeAlias = Callable[[str, int], Iterable[str]]

MOST_CONNECTIONS: Final = 64
"""Connections kept open to one server."""
_PORTS: Final = {"https": 443, "http": 80}
_PLAIN: Final = re.compile(r"[!-~]+", re.ASCII)
_SURPRISING: Final = re.compile(r"\\|[\"<>^`{|}]")
_SURPRISING_PATH: Final = re.compile(r"//|(?:^|/)\.{1,2}(?:/|$)|;|%(?:2e|2f|5c|25|00)", re.IGNORECASE)
_PLAINLY: Final = "must have no user, query, fragment or unusual characters"
_THIS_MACHINE: Final = "localhost"
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")


class _Place(NamedTuple):
    """Where a URL leads, in a form that can be compared."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Servers:
    """The FHIR servers that may be called for one client.

    ``allowed`` are base URLs as registered; with ``allow_http`` they may be plain http (sandboxes and tests, CH-R-07).
    """

    allowed: tuple[str, ...]
    allow_http: bool = False

    def permits(self, url: str) -> bool:
        """Whether the URL is one of these servers or below it: same scheme, host and port, same path or deeper."""
        try:
            place = _place(url, allow_http=self.allow_http)
            return any(_leads_into(_place(base, allow_http=self.allow_http), place) for base in self.allowed)
        except ValueError:
            return False


def registered_url(url: str, *, allow_http: bool = False) -> str:
    """The URL, when it may be registered: what calls are judged by, and without query.

    Raises:
        ValueError: it could never be called; says why.
    """
    if "?" in url:
        raise ValueError(_PLAINLY)
    _place(url, allow_http=allow_http)
    return url


def _leads_into(base: _Place, place: _Place) -> bool:
    return base[:3] == place[:3] and (place.path == base.path or place.path.startswith(f"{base.path}/"))


def _place(url: str, *, allow_http: bool) -> _Place:
    """Where a URL leads.

    Raises:
        ValueError: two readers might understand the URL differently, or it is no web address that may be called.
    """
    if not _PLAIN.fullmatch(url) or _SURPRISING.search(url) or "#" in url:
        raise ValueError(_PLAINLY)
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_http:
        raise ValueError("must be https; CDS_ALLOW_HTTP=1 allows http in tests and sandboxes")
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must be an absolute https URL")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise ValueError(_PLAINLY)
    if _SURPRISING_PATH.search(parts.path):
        raise ValueError("must have a path that is read in one way only: no //, no . or .. segments, no ; and no %2F")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    return _Place(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))


class AddressRefusedError(OSError):
    """A name leads to an address that may not be called."""


def _resolved(host: str, port: int) -> Iterable[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return dict.fromkeys(str(answer[4][0]) for answer in found)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses that may be called: public ones, and private ones that somebody named.

    A private address is named when the URL itself has it as host (or ``localhost``), because only registered URLs are
    called, or when it lies in one of ``networks``. ``allow_any`` leaves out the check (sandboxes and tests).
    """

    networks: tuple[Network, ...] = ()
    allow_any: bool = False
    resolve: Resolve = _resolved

    def of(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of a host, all checked.

        Raises:
            AddressRefusedError: one of them is private, local to the machine or link, or otherwise not public.
            OSError: the name cannot be resolved.
        """
        found = tuple(self.resolve(host, port))
        if not (self.allow_any or _names_an_address(host) or all(self._permitted(address) for address in found)):
            raise AddressRefusedError("the name leads to an address that may not be called")
        return found

    def _permitted(self, written: str) -> bool:
        address = ip_address(written.partition("%")[0])
        return any(address in network for network in self.networks) or _is_public(address)


def _names_an_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == _THIS_MACHINE
    return True


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return _is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def outgoing_session(addresses: Addresses, authorities: str | None = None) -> requests.Session:
    """A session for all calls of the process: connections are shared, cookies and credentials are not kept.

    Args:
        addresses: What may be connected to.
        authorities: File with the certificates of the authorities to trust, instead of the usual ones.
    """
    session = requests.Session()
    session.trust_env = False
    session.verify = authorities or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers["User-Agent"] = "work-rehab-cds"
    adapter = _CheckedAdapter(addresses)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _CheckedAdapter(HTTPAdapter):
    """Transport whose connections go to checked addresses only; redirects and retries are left to the caller."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        super().__init__(pool_maxsize=MOST_CONNECTIONS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: ANN401, FBT001, FBT002 - the signature of the library
        super().init_poolmanager(connections, maxsize, block, **more)
        self.poolmanager.pool_classes_by_scheme = _pools(self._addresses)


def _pools(addresses: Addresses) -> dict[str, type[HTTPConnectionPool]]:
    class Http(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, addresses)

    class Https(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, addresses)

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = Https

    return {"http": HttpPool, "https": HttpsPool}


def _connected(connection: HTTPConnection, addresses: Addresses) -> socket.socket:
    """A socket to the first checked address that answers; certificates are still checked against the name."""
    host, port = connection.host.strip("[]"), connection.port or _PORTS["http"]
    try:
        checked = addresses.of(host, port)
    except socket.gaierror as unknown:
        raise NameResolutionError(host, connection, unknown) from unknown
    except OSError as refused:
        raise NewConnectionError(connection, str(refused)) from refused
    failure: OSError = OSError("the name has no address")
    for address in checked:
        try:
            return create_connection((address, port), connection.timeout, socket_options=connection.socket_options)
        except TimeoutError as slow:
            raise ConnectTimeoutError(connection, "connecting took too long") from slow
        except OSError as wrong:
            failure = wrong
    raise NewConnectionError(connection, str(failure)) from failure
