"""Where a look-back keeps what is between input and result: a folder, or an fsspec URL that all workers reach.

A file counts when it is there whole: on disk it is written under a temporary name and renamed; object storage shows
a file only once all of it has arrived.
"""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

import fsspec

TEMPORARY: Final = ".half-written-"
SORTED_FOLDER: Final = "sorted/"
PART_FOLDER: Final = "parts/"
_OURS: Final = re.compile(
    rf"(?:{SORTED_FOLDER}|{PART_FOLDER})[0-9a-f]+\.(?:lines|rows|done)(?:{re.escape(TEMPORARY)}\d+)?"
)


class WorkFolder:
    """Files by name, below one place."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._files, self._root = fsspec.url_to_fs(place)
        self._local = _is_local(self._files)

    def url(self, name: str) -> str:
        """The whole address of a file."""
        return f"{self._root.rstrip('/')}/{name}"

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A new file, which is there under its name once it is whole.

        Raises:
            OSError: it cannot be written; nothing of it stays.
        """
        final = self.url(name)
        self._files.makedirs(final.rpartition("/")[0], exist_ok=True)
        if not self._local:
            with self._files.open(final, "wb") as file:
                yield file
            return
        temporary = Path(f"{final}{TEMPORARY}{os.getpid()}")
        try:
            with temporary.open("wb") as file:
                yield file
            temporary.replace(final)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise

    def read(self, name: str) -> bytes | None:
        """The whole of a small file; None where there is none."""
        try:
            content: bytes = self._files.cat_file(self.url(name))
        except FileNotFoundError:
            return None
        return content

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A file to read from, at any place in it.

        Raises:
            FileNotFoundError: it is not there.
        """
        options: dict[str, Any] = {} if self._local else {"cache_type": "none"}
        with self._files.open(self.url(name), "rb", **options) as file:
            yield file

    def kept(self) -> dict[str, int]:
        """The files of look-backs by name, with their sizes in bytes; whatever else lies there is not looked at."""
        self._files.invalidate_cache()
        found = self._files.find(self._root, detail=True)
        sizes = {self._name(place): int(info["size"]) for place, info in found.items()}
        return {name: size for name, size in sizes.items() if _OURS.fullmatch(name) is not None}

    def _name(self, place: str) -> str:
        return place.removeprefix(self._root.rstrip("/") + "/")

    def tidy(self, keep: Collection[str] | None = None) -> None:
        """Remove what look-backs left here: all, or what is half written and all sorted lines but those to keep.

        Parts stay with ``keep``: each rests on what its name says, so that a later run may find it again.
        """
        for name in self.kept():
            sorted_lines = name.startswith(SORTED_FOLDER)
            if keep is None or TEMPORARY in name or (sorted_lines and name not in keep):
                with suppress(FileNotFoundError):
                    self._files.rm_file(self.url(name))
        if keep is None and self._local:
            for folder in (SORTED_FOLDER, PART_FOLDER):
                with suppress(OSError):  # it has a file of somebody else, or was never made
                    Path(self.url(folder)).rmdir()


def _is_local(files: Any) -> bool:  # noqa: ANN401 - fsspec has no types
    names = files.protocol
    return "file" in ((names,) if isinstance(names, str) else names)
