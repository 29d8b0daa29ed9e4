"""Why a look-back stopped before its end, in words for a terminal."""

import errno
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from cds_service.errors import CdsError

GO_ON: Final = "Run the same command with --resume to go on from here."
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LookBackStopped(CdsError):  # noqa: N818 - says what happened
    """The look-back cannot go on; what is done stays done."""

    def __str__(self) -> str:
        return f"{self.text} {self.hint}"

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Raised in a process of its own, it arrives whole."""
        return type(self), (self.text, self.hint)


class FileChanged(LookBackStopped):
    """A file is not what it was when the look-back began."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text, hint or "Wait until the export is complete, then run the same command with --resume.")

    @classmethod
    def of(cls, name: str) -> Self:
        """The stop for a file by its name."""
        return cls(f"{name} changed, or went away, while it was read.")


def stopped_by(error: OSError) -> LookBackStopped:
    """The stop that a failure to read or write comes to."""
    where = f": {error.filename}" if error.filename else ""
    if error.errno in _NO_ROOM:
        return LookBackStopped(f"There is no room for what the look-back writes{where}.", f"Make room. {GO_ON}")
    cause = error.strerror or type(error).__name__
    return LookBackStopped(f"A file cannot be read or written ({cause}){where}.", f"Put that right. {GO_ON}")


@contextmanager
def stopped_by_person() -> Iterator[None]:
    """Ctrl-C, or a request of the system to end (SIGTERM), told with how to go on; pressed again, Ctrl-C does no more.

    Raises:
        LookBackStopped: somebody stopped it.
    """
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _stop) if main else None
    try:
        yield
    except KeyboardInterrupt:
        if main:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command is ending, and has to say so
        raise LookBackStopped("Stopped; what is done is kept.", GO_ON) from None
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: object) -> None:  # noqa: ARG001 - as signal handlers are called
    raise KeyboardInterrupt
