"""The addresses that may be called: public ones, and private ones that somebody named."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
Resolve: TypeAlias = Callable[[str, int], Iterable[str]]

_THIS_MACHINE: Final = "localhost"
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""IPv4 behind a translator that everybody may use (RFC 6052)."""
_UNICAST: Final = IPv6Network("2000::/3")
"""All of IPv6 that is given out for the public network: IANA, IPv6 Global Unicast Address Assignments."""
_DOCUMENTATION: Final = IPv6Network("3fff::/20")
"""Addresses of examples (RFC 9637), which the standard library does not know everywhere."""
_LAST_32_BITS: Final = 0xFFFF_FFFF


class AddressRefusedError(OSError):
    """A name leads to an address that may not be called."""


def _resolved(host: str, port: int) -> Iterable[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return dict.fromkeys(str(answer[4][0]) for answer in found)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses that may be called.

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
        return any(address in network for network in self.networks) or is_public(address)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public network, and so is the IPv4 address that it stands for.

    Of IPv6 only what is given out for it counts. So all that is local, was never given out or carries an IPv4 address
    in a form of a single site is refused: site-local ``fec0::/10``, IPv4-compatible ``::/96``, translated within a site
    (``::ffff:0:0:0/96`` and ``64:ff9b:1::/48``).
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & _LAST_32_BITS)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST or address in _DOCUMENTATION or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def _names_an_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == _THIS_MACHINE
    return True
