"""The packets that a chart makes, carried by the browser from page to page, sealed: so nothing of them is kept here."""

import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_bytes
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cds_service.domain.packet import Packet, PacketUse
from cds_service.web.pages.packets.plain_records import as_plain, from_plain

SEAL_PURPOSE: Final = "authorization packet"
"""What the secret of the seal is made for."""
SEALED_SECONDS: Final = 12 * 60 * 60
"""A working day: so long a page that was opened can be edited."""
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Drafted:
    """Packets by what they are for. ``usual`` is the use that fits; ``client`` the issuer whose EHR opened the app."""

    packets: Mapping[PacketUse, Packet]
    usual: PacketUse
    client: str | None = None


class PacketSeal:
    """Seals packets (AES-256 in GCM) with a secret that all processes of the service share.

    Args:
        secret: 32 bytes.
        clock: Seconds since the epoch.
        program: The version of the program: another one may have other records, and does not open what this one sealed.
    """

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time, program: str = "") -> None:
        self._cipher = AESGCM(secret)
        self._clock = clock
        self._program = program.encode()

    def closed(self, drafted: Drafted) -> str:
        """The packets so that nobody can change them."""
        content = [
            self._clock() + SEALED_SECONDS,
            [as_plain(packet) for packet in drafted.packets.values()],
            drafted.usual.value,
            drafted.client,
        ]
        nonce = token_bytes(_NONCE_BYTES)
        packed = zlib.compress(orjson.dumps(content))
        return urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, packed, self._program)).decode()

    def opened(self, sealed: str) -> Drafted | None:
        """The packets; None when they were sealed by somebody else, by another version, or too long ago."""
        try:
            raw = urlsafe_b64decode(sealed)
            packed = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._program)
        except (InvalidTag, ValueError):
            return None
        until, packets, usual, client = orjson.loads(zlib.decompress(packed))
        if self._clock() >= until:
            return None
        found: list[Packet] = [from_plain(packet) for packet in packets]
        return Drafted({packet.use: packet for packet in found}, PacketUse(usual), client)
