"""The address a server listens on: free to take, and known to clients under the public URL."""

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from cds_service.errors import ConfigurationError

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS: Final = {"http": 80, "https": 443}


@contextmanager
def claimed(host: str, port: int) -> Iterator[None]:
    """Keep an address for this process to listen on.

    The server shares its port among its workers, and so with any other server of the same user: calls would be
    answered by one or the other. A server that has begun to start but does not listen yet is seen by its claim.

    Raises:
        ConfigurationError: another program has it, or it cannot be listened on; says what to do.
    """
    with socket.socket(socket.AF_UNIX) as claim:
        try:
            if sys.platform == "linux":
                claim.bind(f"\0work-rehab-cds {host} {port}")
            _try(host, port)
        except PermissionError:
            raise ConfigurationError(f"Port {port} is not for this user: choose one from 1024 with --port.") from None
        except socket.gaierror:
            raise ConfigurationError(_NO_ADDRESS.format(host=host)) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigurationError(
                    f"Port {port} on {host} is in use by another program: stop that one, or choose another port with "
                    "--port."
                ) from None
            if error.errno == errno.EADDRNOTAVAIL:
                raise ConfigurationError(_NO_ADDRESS.format(host=host)) from None
            raise ConfigurationError(f"Port {port} on {host} cannot be listened on: {error.strerror}.") from None
        yield


_NO_ADDRESS: Final = "{host} is no address of this machine: correct --host; 0.0.0.0 stands for all of them."


def _try(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)


def doubts_about_url(public_url: str, host: str, port: int, *, is_set: bool) -> Iterator[str]:
    """What does not fit between the address that clients know and the one that is listened on.

    A token is made for the public URL, so that clients who call another address get 401. ``is_set`` is false where
    nobody chose the URL. Behind a proxy, which ends TLS, another host and port are as they should be.
    """
    parts = urlsplit(public_url)
    known_port = parts.port or _PORTS[parts.scheme]
    on_loopback = parts.hostname in LOOPBACK_HOSTS
    if not is_set and host not in LOOPBACK_HOSTS:
        yield (
            f"CDS_PUBLIC_URL is not set, so clients are known to call {public_url}; those on other machines call "
            "another address and get 401: set CDS_PUBLIC_URL to it"
        )
    elif parts.scheme == "https" and on_loopback and known_port == port:
        yield f"CDS_PUBLIC_URL is {public_url}, and port {port} speaks plain http: a proxy has to end TLS"
    elif (parts.scheme == "http" or on_loopback) and known_port != port:
        yield (
            f"CDS_PUBLIC_URL is {public_url}, and the port is {port}: clients who call another address than the public "
            f"URL get 401. Set CDS_PUBLIC_URL to what they call, like {parts.scheme}://{parts.hostname}:{port}, unless "
            "a proxy or container maps the port"
        )
