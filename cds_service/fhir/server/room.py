"""Room for what servers answer: how many bytes may be held at once."""

from threading import Lock


class Room:
    """So many bytes; with ``around`` they are part of a larger room, and taken there too."""

    def __init__(self, most: int, around: "Room | None" = None) -> None:
        self._most = most
        self._around = around
        self._taken = 0
        self._lock = Lock()

    @property
    def taken(self) -> int:
        """Bytes that are held."""
        return self._taken

    def take(self, count: int) -> bool:
        """Take so many bytes; False, and nothing is taken, where there is not so much room."""
        with self._lock:
            if self._taken + count > self._most:
                return False
            if self._around is not None and not self._around.take(count):
                return False
            self._taken += count
            return True

    def give_back(self, count: int) -> None:
        """Give back so many of the bytes that were taken."""
        with self._lock:
            self._taken -= count
            if self._around is not None:
                self._around.give_back(count)
