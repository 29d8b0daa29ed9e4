"""Bodies that come in at the same time, without a network: each chunk is let in by the test."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cds_service.web.bodies import Bodies, SlowBody

STILL = 3
"""Turns of the event loop after which nothing more happens by itself."""


class Sender:
    """A body in chunks that a test sends."""

    def __init__(self) -> None:
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.awaited: list[Sender] = []
        """This sender, once for each time that its whole body was awaited."""

    async def __call__(self) -> bytes:
        self.awaited.append(self)
        return b"".join([chunk async for chunk in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (chunk := await self.chunks.get()) is not None:
            yield chunk

    async def sends(self, *chunks: bytes | None) -> None:
        for chunk in chunks:
            self.chunks.put_nowait(chunk)
        await still()


async def still() -> None:
    for _ in range(STILL):
        await asyncio.sleep(0)


def reading(bodies: Bodies, sender: Sender) -> "asyncio.Task[bytes]":
    return asyncio.create_task(bodies.read(sender))


def test_a_body_is_read_whole():
    async def go() -> bytes:
        bodies, sender = Bodies(100), Sender()
        body = reading(bodies, sender)
        await sender.sends(b"one ", b"two", None)
        return await body

    assert b"one two" == asyncio.run(go())


def test_no_more_than_the_largest_body_is_read():
    async def go() -> int:
        bodies, sender = Bodies(100), Sender()
        body = reading(bodies, sender)
        await sender.sends(b"x" * 60, b"x" * 60, b"x" * 60)
        return len(await body)

    assert 120 == asyncio.run(go())


def test_a_body_without_end_is_given_up_in_time():
    async def go() -> None:
        await Bodies(100, seconds=0.01).read(Sender())

    with pytest.raises(SlowBody):
        asyncio.run(go())


def test_beyond_the_room_the_body_that_is_longest_under_way_is_given_up():
    async def go() -> list[bool]:
        bodies = Bodies(100, room=150)
        senders = [Sender() for _ in range(3)]
        tasks = []
        for sender in senders:
            tasks.append(reading(bodies, sender))
            await still()
        for sender in senders:
            await sender.sends(b"x" * 60)
        await senders[2].sends(None)
        assert isinstance(tasks[0].exception(), SlowBody)
        assert 60 == len(await tasks[2])
        await senders[1].sends(None)
        return [60 == len(await tasks[1])]

    assert [True] == asyncio.run(go())


def test_the_body_that_is_longest_under_way_may_be_the_one_that_fills_the_room():
    async def go() -> None:
        bodies = Bodies(100, room=150)
        first, second = Sender(), Sender()
        old, new = reading(bodies, first), reading(bodies, second)
        await second.sends(b"x" * 90)
        await first.sends(b"x" * 90)
        assert isinstance(old.exception(), SlowBody)
        await second.sends(None)
        assert 90 == len(await new)

    asyncio.run(go())


def test_of_too_many_bodies_the_oldest_is_given_up():
    async def go() -> None:
        bodies = Bodies(100, most=2)
        senders = [Sender() for _ in range(3)]
        tasks = [reading(bodies, sender) for sender in senders]
        await still()
        await senders[2].sends(b"x")
        assert isinstance(tasks[0].exception(), SlowBody)
        for sender in senders[1:]:
            await sender.sends(None)
        assert [b"", b"x"] == [await task for task in tasks[1:]]

    asyncio.run(go())


def test_whole_bodies_that_wait_for_an_answer_keep_the_next_back():
    async def go() -> None:
        bodies = Bodies(100, room=50)
        sender = Sender()
        first = reading(bodies, sender)
        await sender.sends(b"x" * 50, None)
        late = Sender()
        second = reading(bodies, late)
        await late.sends(b"y", None)
        assert not second.done()
        bodies.answered(await first)
        assert b"y" == await second

    asyncio.run(go())


def awaiting(bodies: Bodies, sender: Sender, length: int) -> "asyncio.Task[bytes]":
    return asyncio.create_task(bodies.read(sender, length))


def test_a_body_that_says_its_length_is_awaited_whole():
    async def go() -> bytes:
        bodies, sender = Bodies(100), Sender()
        body = awaiting(bodies, sender, 7)
        await sender.sends(b"one ", b"two", None)
        assert [sender] == sender.awaited
        return await body

    assert b"one two" == asyncio.run(go())


def test_a_body_that_says_its_length_has_no_more_time_than_others():
    async def go() -> None:
        await Bodies(100, seconds=0.01).read(Sender(), 7)

    with pytest.raises(SlowBody):
        asyncio.run(go())


def test_once_as_much_is_announced_as_one_body_may_have_others_come_by_the_piece():
    async def go() -> list[int]:
        bodies = Bodies(100)
        senders = [Sender() for _ in range(3)]
        tasks = [awaiting(bodies, sender, 60) for sender in senders]
        await still()
        counts = [len(sender.awaited) for sender in senders]
        for sender in senders:
            await sender.sends(b"x" * 60, None)
        assert [b"x" * 60] * 3 == [await task for task in tasks]
        await senders[0].sends(b"y", None)
        assert b"y" == await awaiting(bodies, senders[0], 60)
        return [*counts, len(senders[0].awaited)]

    assert [1, 0, 0, 2] == asyncio.run(go())


def test_an_announced_body_takes_its_room_from_the_beginning():
    async def go() -> None:
        bodies, first, second = Bodies(100, room=150), Sender(), Sender()
        announced, pieces = awaiting(bodies, first, 100), reading(bodies, second)
        await second.sends(b"x" * 60)
        assert isinstance(announced.exception(), SlowBody)
        await second.sends(None)
        assert 60 == len(await pieces)

    asyncio.run(go())
