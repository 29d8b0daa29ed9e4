"""Bodies of requests as they come in: each in limited time, and all of a worker together in limited room."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Final, Protocol, cast

BODY_SECONDS: Final = 30.0
"""Time for a whole body, from its head to its last byte: 18 MB take 15 s at 10 Mbit/s."""
MOST_UNDERWAY: Final = 1_000
"""Bodies that a worker receives at the same time."""


class SlowBody(Exception):  # noqa: N818 - says what is wrong
    """A body that was not whole in its time, or that had to make room for others."""


class Incoming(Protocol):
    """A body that comes in: all of it at once, or piece by piece."""

    def __call__(self) -> Awaitable[bytes]:
        """All of it."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Its pieces."""
        ...


class Bodies:
    """The bodies that a worker receives.

    Who sends slowly takes room from nobody else: beyond ``room`` bytes, or ``most`` bodies, the one that has been under
    way longest is given up. Bodies that are whole count until they are answered; while they fill the room, the network
    keeps the others back.

    A body that says its length is awaited as a whole, without a turn of the event loop for each piece, and counts with
    its length from the beginning; once such bodies have announced as much as one may have, others come by the piece.

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
        self._awaited = 0
        self._whole = 0
        self._answered = asyncio.Event()

    async def read(self, incoming: Incoming, length: int | None = None) -> bytes:
        """A body, which has at most so many bytes where a ``length`` is given; ``answered`` has to follow.

        Raises:
            SlowBody: it did not come in time.
        """
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._underway[task] = 0
        limit = asyncio.get_running_loop().call_later(self._seconds, task.cancel)
        try:
            await self._turn()
            if length is not None and self._awaited + length <= self._largest:
                body = await self._whole_of(task, incoming, length)
            else:
                body = await self._pieces_of(task, incoming)
        except asyncio.CancelledError:
            task.uncancel()
            raise SlowBody from None
        finally:
            limit.cancel()
            self._coming -= self._underway.pop(task)
        self._whole += len(body)
        return body

    async def _turn(self) -> None:
        while self._whole >= self._room:
            self._answered.clear()
            await self._answered.wait()

    async def _whole_of(self, task: "asyncio.Task[object]", incoming: Incoming, length: int) -> bytes:
        self._awaited += length
        try:
            self._take_in(task, length)
            return await incoming()
        finally:
            self._awaited -= length

    async def _pieces_of(self, task: "asyncio.Task[object]", incoming: Incoming) -> bytes:
        parts = []
        async for piece in incoming:
            parts.append(piece)
            self._take_in(task, len(piece))
            if self._underway[task] > self._largest:
                break
        return b"".join(parts)

    def _take_in(self, task: "asyncio.Task[object]", size: int) -> None:
        """Count bytes of a body, and give up the one that is longest under way where there is no room for them."""
        self._coming += size
        self._underway[task] += size
        if self._coming > self._room or len(self._underway) > self._most:
            oldest = next(iter(self._underway))
            if oldest is task:
                raise SlowBody
            oldest.cancel()

    def answered(self, body: bytes) -> None:
        """A body is not needed any more."""
        self._whole -= len(body)
        self._answered.set()
