"""Reading files again while the service runs: what is refused is logged, and what is in use stays."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import Final

from cds_service.policies.files.document import PolicyError
from cds_service.policies.stack import PolicyStack

_log: Final = logging.getLogger(__name__)


class ReloadablePolicies:
    """The policies in use, exchanged as a whole.

    Args:
        load: Reads them; raises ``PolicyError`` when they are refused.
        observe: Is told after each reading whether the policies in use are outdated.

    Raises:
        PolicyError: they are refused.
    """

    def __init__(self, load: Callable[[], PolicyStack], observe: Callable[[bool], None] = lambda _: None) -> None:
        self._load = load
        self._observe = observe
        self.current = load()
        self.outdated = False
        observe(self.outdated)

    def reload(self) -> None:
        """Read the policies again; when they are refused this is logged, and the present ones stay."""
        try:
            self.current = self._load()
        except PolicyError as problem:
            self.outdated = True
            _log.error("policies-not-reloaded", extra={"fields": {"why": str(problem)}})
        else:
            self.outdated = False
            _log.info("policies-reloaded", extra={"fields": {"policies": len(self.current.policies)}})
        self._observe(self.outdated)


def on_hangup(*reloads: Callable[[], None]) -> None:
    """Call these, one after the other, each time this process gets SIGHUP.

    Signals may interrupt each other, so that the older reading would come last: they only leave word for a thread.
    """
    word: SimpleQueue[int] = SimpleQueue()

    def go_on() -> None:
        while True:
            word.get()
            for reload in reloads:
                _guarded(reload)

    Thread(target=go_on, name="reload", daemon=True).start()
    signal.signal(signal.SIGHUP, lambda number, _: word.put(number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


@contextmanager
def hangups_held_back() -> Iterator[None]:
    """SIGHUP waits while processes are started, and in those until they listen with ``on_hangup``."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _guarded(reload: Callable[[], None]) -> None:
    """Reload; a fault in one neither ends the thread nor keeps the others from it."""
    try:
        reload()
    except Exception:  # noqa: BLE001 - whatever it is, the next reload must come
        _log.exception("fault")
