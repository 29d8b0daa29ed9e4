"""The address a server listens on: free to take, and known to clients under the public URL."""

import errno
import socket
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from cds_service.errors import ConfigurationError

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS: Final = {"http": 80, "https": 443}


def refuse_unusable(host: str, port: int) -> None:
    """Refuse an address that another program listens on, or that is not ours to listen on.

    The server itself shares its port among its workers, and so with any other server of the same user: calls would be
    answered by one or the other.

    Raises:
        ConfigurationError: says why, and what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except PermissionError:
        raise ConfigurationError(
            f"Port {port} may not be used by this user: choose one from 1024 with --port."
        ) from None
    except socket.gaierror:
        raise ConfigurationError(f"{host} is no address of this machine: correct --host.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"Port {port} on {host} is in use by another program: stop that one, or choose another with --port."
            ) from None
        raise ConfigurationError(f"{host} port {port} cannot be listened on: {error.strerror}.") from None


def doubts_about_url(public_url: str, host: str, port: int, *, is_set: bool) -> Iterator[str]:
    """What does not fit between the address that clients know and the one that is listened on.

    A token is made for the public URL, so that clients who call another address get 401. ``is_set`` is false where
    nobody chose the URL. Behind a proxy, which ends TLS, another host and port are as they should be.
    """
    parts = urlsplit(public_url)
    known_port = parts.port or _PORTS[parts.scheme]
    here = parts.hostname in LOOPBACK
    if not is_set and host not in LOOPBACK:
        yield (
            f"CDS_PUBLIC_URL is not set, so clients are known to call {public_url}; those on other machines call "
            "another address and get 401: set CDS_PUBLIC_URL to it"
        )
    elif parts.scheme == "https" and here and known_port == port:
        yield f"CDS_PUBLIC_URL is {public_url}, and port {port} speaks plain http: a proxy has to end TLS"
    elif (parts.scheme == "http" or here) and known_port != port:
        yield (
            f"CDS_PUBLIC_URL is {public_url}, and the port is {port}: calls of another address than the public URL get "
            f"401. Set CDS_PUBLIC_URL to the address that clients call, like {parts.scheme}://{parts.hostname}:{port}, "
            "unless a proxy or container maps the port"
        )
