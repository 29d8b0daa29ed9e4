"""Who has come in: sessions and forms, proven by signatures that every worker can check."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Final, NamedTuple

SESSION_HOURS: Final = timedelta(hours=8)
"""A day of work; then the user signs in again."""
FORM_HOURS: Final = timedelta(hours=1)
"""Longest time from a form to what it sends."""
SIGN_IN_MINUTES: Final = timedelta(minutes=10)
"""Longest time at a provider of identities."""


class Ticket(NamedTuple):
    """What a cookie proves: a random id, and until when."""

    id: str
    until: datetime


class Tickets:
    """Makes and checks signed tickets of several purposes; one of another purpose or past its time is none.

    Args:
        key: Shared by all workers.
        clock: The present moment.
    """

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock

    def begin(self, purpose: str, lasts: timedelta) -> str:
        """A new ticket, as it stands in a cookie."""
        written = f"{token_hex(16)}.{int((self._clock() + lasts).timestamp())}"
        return f"{written}.{self.derived(purpose, written)}"

    def read(self, purpose: str, cookie: str | None) -> Ticket | None:
        """The ticket of a cookie; None where it is not ours, is for another purpose, or its time is over."""
        written, _, signature = (cookie or "").rpartition(".")
        if not hmac.compare_digest(signature.encode(), self.derived(purpose, written).encode()):
            return None
        name, _, until = written.partition(".")
        ticket = Ticket(name, datetime.fromtimestamp(int(until), UTC))
        return ticket if self._clock() < ticket.until else None

    def derived(self, purpose: str, text: str) -> str:
        """What only a holder of the key can derive from a text, as 64 hexadecimal digits."""
        return hmac.digest(self._key, f"{purpose}\0{text}".encode("utf-8", "replace"), "sha256").hex()

    def proves(self, purpose: str, text: str, sent: str) -> bool:
        """Whether ``sent`` is what is derived, compared in constant time."""
        return hmac.compare_digest(self.derived(purpose, text).encode(), sent.encode("utf-8", "replace"))
