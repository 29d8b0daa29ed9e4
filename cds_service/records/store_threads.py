"""Work on the store with a time limit: done by threads of its own, for which callers wait only so long."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

StoreResult = TypeVar("StoreResult")

THREADS: Final = 4


class StoreTooSlowError(SQLAlchemyError):
    """The store did not answer in time."""


class _Task:
    """Work that a caller waits for. ``over`` is locked until the work is done."""

    __slots__ = ("error", "given_up", "over", "result", "work")

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.given_up = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.over = threading.Lock()
        self.over.acquire()

    def do(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the caller waits
            self.error = error
        self.over.release()


class StoreThreads:
    """A few threads, started when they are needed. They are daemons: one that hangs does not keep the program."""

    def __init__(self, most: int = THREADS) -> None:
        self._most = most
        self._tasks: deque[_Task] = deque()
        self._change = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self._at_hand = threading.local()

    def within(self, seconds: float, work: Callable[[], StoreResult]) -> StoreResult:
        """The result of work that is done by then.

        Raises:
            StoreTooSlowError: it is not. Work that has not begun is not done then; what has is left to itself, and
                may ask ``check`` whether anybody still waits.
        """
        task = _Task(work)
        self._hand_over(task)
        if not task.over.acquire(timeout=seconds):
            task.given_up = True
            with self._change, suppress(ValueError):
                self._tasks.remove(task)
            raise StoreTooSlowError("no answer in time")
        if task.error is not None:
            raise task.error
        result: StoreResult = task.result
        return result

    def later(self, work: Callable[[], object]) -> None:
        """Have work done for which nobody waits; how it ends is not told."""
        self._hand_over(_Task(work))

    def check(self) -> None:
        """Raise ``StoreTooSlowError`` where the caller of the work at hand has stopped waiting."""
        task: _Task | None = getattr(self._at_hand, "task", None)
        if task is not None and task.given_up:
            raise StoreTooSlowError("nobody waits any more")

    def close(self, seconds: float) -> None:
        """End the threads, and wait at most so long for each to finish what it does."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join(seconds)

    def _hand_over(self, task: _Task) -> None:
        with self._change:
            self._tasks.append(task)
            if self._idle < len(self._tasks) and len(self._threads) < self._most:
                thread = threading.Thread(target=self._run, name="store", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._change.notify()

    def _run(self) -> None:
        while True:
            with self._change:
                self._idle += 1
                while not self._tasks:
                    if self._closed:
                        return
                    self._change.wait()
                self._idle -= 1
                task = self._tasks.popleft()
            self._at_hand.task = task
            task.do()
            del task
            self._at_hand.task = None
