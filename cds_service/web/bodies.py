"""Bodies of requests as they come in: each in limited time, and all of a worker together in limited room."""

import asyncio
from collections.abc import AsyncIterable
from typing import Final, cast

BODY_SECONDS: Final = 30.0
"""Time for a whole body, from its head to its last byte: 18 MB take 15 s at 10 Mbit/s."""
MOST_UNDERWAY: Final = 1_000
"""Bodies that a worker receives at the same time."""


class SlowBody(Exception):  # noqa: N818 - says what is wrong
    """A body that was not whole in its time, or that had to make room for others."""


class Bodies:
    """The bodies that a worker receives.

    Who sends slowly takes room from nobody else: beyond ``room`` bytes, or ``most`` bodies, the one that has been under
    way longest is given up. Bodies that are whole count until they are answered; while they fill the room, the network
    keeps the others back.

    Args:
        largest: Bytes of a body that are read; what comes after them is not.
        room: Bytes of all bodies under way together, and of all that wait for their answer.
        seconds: Time of a body.
        most: Bodies at the same time.
    """

    def __init__(
        self, largest: int, room: int | None = None, seconds: float = BODY_SECONDS, most: int = MOST_UNDERWAY
    ) -> None:
        self._largest = largest
        self._room = room if room is not None else 3 * largest
        self._seconds = seconds
        self._most = most
        self._underway: dict[asyncio.Task[object], int] = {}
        self._coming = 0
        self._whole = 0
        self._answered = asyncio.Event()

    async def read(self, chunks: AsyncIterable[bytes]) -> bytes:
        """A body; ``answered`` has to follow.

        Raises:
            SlowBody: it did not come in time.
        """
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._underway[task] = 0
        limit = asyncio.get_running_loop().call_later(self._seconds, task.cancel)
        try:
            body = await self._read(task, chunks)
        except asyncio.CancelledError:
            task.uncancel()
            raise SlowBody from None
        finally:
            limit.cancel()
            self._coming -= self._underway.pop(task)
        self._whole += len(body)
        return body

    async def _read(self, task: "asyncio.Task[object]", chunks: AsyncIterable[bytes]) -> bytes:
        while self._whole >= self._room:
            self._answered.clear()
            await self._answered.wait()
        parts = []
        async for chunk in chunks:
            parts.append(chunk)
            self._coming += len(chunk)
            self._underway[task] += len(chunk)
            if self._underway[task] > self._largest:
                break
            if self._coming > self._room or len(self._underway) > self._most:
                oldest = next(iter(self._underway))
                if oldest is task:
                    raise SlowBody
                oldest.cancel()
        return b"".join(parts)

    def answered(self, body: bytes) -> None:
        """A body is not needed any more."""
        self._whole -= len(body)
        self._answered.set()
