"""A launch between leaving for the EHR and coming back: kept in the user's browser, sealed, for ten minutes."""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from secrets import token_bytes
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PURPOSE: Final = "smart app launch"
"""What the secret of the seal is made for."""
MARKS_PURPOSE: Final = "smart app state"
"""What the secret of the marks is made for."""
OPEN_SECONDS: Final = 600
MARK_LETTERS: Final = 32
_NONCE_BYTES: Final = 12


class OpenLaunch(msgspec.Struct, frozen=True):
    """What the way back needs: the FHIR server, where its tokens come from, and the two secrets of this launch.

    ``state`` shows that an answer belongs to this browser, ``verifier`` that the code was asked for here (PKCE).
    ``issuer`` is the name that the answer has to bear, None where the EHR has promised none.
    """

    server: str
    token_endpoint: str
    state: str
    verifier: str
    issuer: str | None = None


class _Sealed(msgspec.Struct, frozen=True):
    launch: OpenLaunch
    until: float


class LaunchSeal:
    """Seals open launches (AES-256 in GCM) with a secret that all processes of the service share.

    Args:
        secret: 32 bytes.
        clock: Seconds since the epoch.
    """

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._cipher = AESGCM(secret)
        self._clock = clock

    def closed(self, launch: OpenLaunch) -> str:
        """The launch so that nobody can read or change it."""
        nonce = token_bytes(_NONCE_BYTES)
        content = msgspec.json.encode(_Sealed(launch, self._clock() + OPEN_SECONDS))
        return urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, content, None)).decode()

    def opened(self, sealed: str | None, state: str) -> OpenLaunch | None:
        """The launch of this state; None when it was sealed by somebody else, too long ago or for another state."""
        try:
            raw = urlsafe_b64decode(sealed or "")
            content = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)
        except (InvalidTag, ValueError):
            return None
        found = msgspec.json.decode(content, type=_Sealed)
        return found.launch if found.launch.state == state and self._clock() < found.until else None


class StateMarks:
    """Marks at the end of states: whose launch it was is known from the state alone, to us and nobody else.

    So an answer whose cookie the browser did not keep is explained in the frame of the EHR that began the launch, and a
    stranger who makes up an answer learns of no EHR. ``secret`` is shared by all processes of the service.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def marked(self, state: str, issuer: str) -> str:
        """The state of a launch of this client."""
        return f"{state}{self._mark(state, issuer)}"

    def is_of(self, state: str, issuer: str) -> bool:
        """Whether a launch of this client had the state."""
        expected = self._mark(state[:-MARK_LETTERS], issuer)
        return hmac.compare_digest(expected.encode(), state[-MARK_LETTERS:].encode("utf-8", "replace"))

    def _mark(self, state: str, issuer: str) -> str:
        text = f"{state}\0{issuer}".encode("utf-8", "replace")
        return hmac.digest(self._secret, text, "sha256").hex()[:MARK_LETTERS]
