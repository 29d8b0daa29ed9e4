"""The connections of all calls that leave: to checked addresses only, and each request with one time for all of it.

The name is resolved once for each connection, the addresses are checked, and the connection goes to a checked address,
so that a name cannot lead elsewhere between check and use.
"""

import socket
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import Timeout
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

from cds_service.security.addresses import Addresses
from cds_service.security.timed_sockets import TimedSocket, TimedTlsSocket, wait_until

MOST_CONNECTIONS: Final = 64
"""Connections kept open to one server."""
_PORT: Final = 80


def outgoing_session(
    addresses: Addresses, authorities: str | None = None, *, by_environment: bool = False
) -> requests.Session:
    """A session for all calls of the process: connections are shared, cookies and credentials are not kept.

    A request with ``Timeout(total=...)`` ends when that time is over: connection, head and body together.

    Args:
        addresses: What may be connected to.
        authorities: File with the certificates of the authorities to trust, instead of the usual ones.
        by_environment: Whether proxies and authorities that the environment names are used.
    """
    session = requests.Session()
    session.trust_env = by_environment
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
        self._pools = _pools(addresses)
        super().__init__(pool_maxsize=MOST_CONNECTIONS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: ANN401, FBT001, FBT002 - the signature of the library
        super().init_poolmanager(connections, maxsize, block, **more)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **more: Any) -> ProxyManager:  # noqa: ANN401 - the signature of the library
        manager: ProxyManager = super().proxy_manager_for(proxy, **more)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(addresses: Addresses) -> dict[str, type[HTTPConnectionPool]]:
    class Http(_Timed, HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, addresses)

    class Https(_Timed, HTTPSConnection):
        def __init__(self, *where: Any, **how: Any) -> None:  # noqa: ANN401 - the signature of the library
            super().__init__(*where, **how)
            self.ssl_context = self.ssl_context or create_urllib3_context()
            self.ssl_context.sslsocket_class = TimedTlsSocket

        def _new_conn(self) -> socket.socket:
            return _connected(self, addresses)

    class HttpPool(_TimedPool, HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(_TimedPool, HTTPSConnectionPool):
        ConnectionCls = Https

    return {"http": HttpPool, "https": HttpsPool}


class _Timed(HTTPConnection):
    """A connection; ``deadline`` is the last moment of the request that it is used for."""

    deadline: float | None = None

    def connect(self) -> None:
        super().connect()
        self.be_done_by(self.deadline)

    def be_done_by(self, deadline: float | None) -> None:
        """Set the last moment of the next request."""
        self.deadline = deadline
        if isinstance(self.sock, TimedSocket | TimedTlsSocket):
            self.sock.deadline = deadline


class _TimedPool(HTTPConnectionPool):
    """Connections of which each gets the whole time of a request as its last moment."""

    def _make_request(self, conn: Any, *what: Any, **more: Any) -> BaseHTTPResponse:  # noqa: ANN401 - the signature of the library
        limit = more.get("timeout")
        total = limit.total if isinstance(limit, Timeout) else None
        conn.be_done_by(time.monotonic() + total if isinstance(total, int | float) else None)
        return super()._make_request(conn, *what, **more)


def _connected(connection: _Timed, addresses: Addresses) -> socket.socket:
    """A socket to the first checked address that answers; certificates are still checked against the name."""
    host, port = connection.host.strip("[]"), connection.port or _PORT
    try:
        checked = addresses.of(host, port)
    except socket.gaierror as unknown:
        raise NameResolutionError(host, connection, unknown) from unknown
    except OSError as refused:
        raise NewConnectionError(connection, str(refused)) from refused
    failure: OSError = OSError("the name has no address")
    for address in checked:
        try:
            plain = create_connection((address, port), connection.timeout, socket_options=connection.socket_options)
            return _timed(plain, connection.deadline)
        except TimeoutError as slow:
            raise ConnectTimeoutError(connection, "connecting took too long") from slow
        except OSError as wrong:
            failure = wrong
    raise NewConnectionError(connection, str(failure)) from failure


def _timed(plain: socket.socket, deadline: float | None) -> TimedSocket:
    """The same connection as a socket with a last moment; what is left until then is the time of a TLS handshake."""
    waits = plain.gettimeout()
    timed = TimedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    timed.settimeout(waits)
    timed.deadline = deadline
    try:
        wait_until(timed, deadline)
    except TimeoutError:
        timed.close()
        raise
    return timed
