"""Sockets with a last moment: nothing is received after it, however often a little comes before it.

The time limits of requests and urllib3 are limits of a single wait. A host that sends a byte at a time, or promises an
answer for ever, would hold its caller without end; here each wait gets what is left of the whole time, and no more.
"""

import socket
import ssl
import time
from typing import Any


class TimedSocket(socket.socket):
    """A socket; ``deadline`` is its last moment on the monotonic clock, in seconds, None for none."""

    deadline: float | None = None

    def recv_into(self, *buffer_and_sizes: Any) -> int:  # noqa: ANN401 - whatever the reader wants
        """Receive, within what is left of the time."""
        wait_until(self, self.deadline)
        return super().recv_into(*buffer_and_sizes)


class TimedTlsSocket(ssl.SSLSocket):
    """A socket with TLS; ``deadline`` as in ``TimedSocket``. A record that comes in drops is one wait."""

    deadline: float | None = None

    def recv_into(self, *buffer_and_sizes: Any) -> int:  # noqa: ANN401 - whatever the reader wants
        """Receive, within what is left of the time."""
        wait_until(self, self.deadline)
        return super().recv_into(*buffer_and_sizes)


def wait_until(waiting: socket.socket, deadline: float | None) -> None:
    """Let the next wait of a socket end at this moment at the latest.

    Raises:
        TimeoutError: the moment is past.
    """
    if deadline is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        waiting.settimeout(left)
