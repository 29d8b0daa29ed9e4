"""Each token is taken once: what remembers the identifiers of tokens that were used (CH-X-09)."""

import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class Replay(Protocol):
    """Memory of used token identifiers. One memory is shared by every process that answers for one public URL."""

    def seen(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether this identifier of this issuer was used before; remembers it in the same step.

        Atomic: of several callers at once exactly one gets False.

        Args:
            issuer: ``iss`` of the token, as registered.
            jti: Identifier of the token, at most 256 printable characters.
            until: When the token is refused for its age anyway, leeway included, and may be forgotten.
        """
        ...


class MemoryReplay:
    """A memory for one process. ``clock`` gives the present moment with its zone, ``elapsed`` seconds.

    A token is forgotten when it has expired by both: a clock that jumps ahead and back again must not open a second
    call.
    """

    def __init__(self, clock: Callable[[], datetime] = utc_now, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._elapsed = elapsed
        self._used: set[tuple[str, str]] = set()
        self._ends: list[tuple[float, datetime, str, str]] = []
        self._lock = Lock()

    def seen(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether the identifier was used before; remembers it. See ``Replay``."""
        with self._lock:
            now, elapsed = self._clock(), self._elapsed()
            self._forget(now, elapsed)
            if (issuer, jti) in self._used:
                return True
            self._used.add((issuer, jti))
            heapq.heappush(self._ends, (elapsed + (until - now).total_seconds(), until, issuer, jti))
            return False

    def __len__(self) -> int:
        return len(self._used)

    def _forget(self, now: datetime, elapsed: float) -> None:
        while self._ends and self._ends[0][0] < elapsed and self._ends[0][1] < now:
            _, _, issuer, jti = heapq.heappop(self._ends)
            self._used.discard((issuer, jti))
