"""What the input of a look-back means: a folder, a glob or an fsspec URL of FHIR Bulk Data files, cut into blocks.

A block is what is read at once: byte ranges of plain NDJSON, or whole files where they are packed or small. Blocks do
not depend on the number of processes, and what comes out does not depend on blocks.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import fsspec
import msgspec

from cds_service.audit.steps.stopped import FileChanged, LookBackStopped

ENDINGS: Final = tuple(f"{name}{packed}" for name in (".ndjson", ".jsonl") for packed in ("", ".gz", ".zst"))
BLOCKS: Final = 16
"""Blocks that a small input is cut into, so that several processes have work; an eighth of the usual size at least."""
_STATES: Final = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "last_modified", "updated", "mtime")
"""What the kinds of storage say of the state of a file; those that it has are put together."""
_SAMPLE_BYTES: Final = 4096


class ExportFile(msgspec.Struct, frozen=True):
    """A file of the input.

    Attributes:
        name: Its name in messages: the path below the folder that was asked for.
        url: Where it is, with its protocol.
        size: Bytes, as stored.
        state: Size and time, or tag, of its content.
    """

    name: str
    url: str
    size: int
    state: str

    @property
    def packed(self) -> bool:
        """Whether it is compressed, so that it can only be read from its beginning."""
        return self.url.lower().endswith((".gz", ".zst"))


class FileRange(msgspec.Struct, frozen=True):
    """The lines of a file that begin in a range of bytes; ``end`` None for all."""

    source: ExportFile
    start: int = 0
    end: int | None = None

    @property
    def size(self) -> int:
        """Bytes to read, as stored."""
        return (self.source.size if self.end is None else self.end) - self.start


class InputBlock(msgspec.Struct, frozen=True):
    """What is read at once."""

    pieces: tuple[FileRange, ...]

    @property
    def size(self) -> int:
        """Bytes to read, as stored."""
        return sum(piece.size for piece in self.pieces)


def export_files(place: str) -> tuple[ExportFile, ...]:
    """The files of the input, by name.

    Raises:
        LookBackStopped: there is no such place, or it holds no NDJSON.
    """
    try:
        files, path = fsspec.url_to_fs(place)
        found = _found(files, path)
    except (OSError, ValueError, ImportError) as error:
        raise LookBackStopped(
            f"{place} cannot be read ({_cause(error)}).", "Check the address and its access."
        ) from None
    root = path.rstrip("/") + "/"
    for name, info in sorted(found.items()):
        if name.lower().endswith(ENDINGS) and info["type"] != "file":
            raise LookBackStopped(
                f"{name} is no file that can be read: a link that leads nowhere, or a device.",
                "Remove it, or name the files of the export by a glob.",
            )
    read = [
        ExportFile(name.removeprefix(root) if name.startswith(root) else name.rpartition("/")[2],
               files.unstrip_protocol(name), int(info.get("size") or 0), file_state(info))
        for name, info in sorted(found.items())
        if name.lower().endswith(ENDINGS)
    ]  # fmt: skip
    if not read:
        raise LookBackStopped(
            f"{place} holds no FHIR Bulk Data file.",
            "Name a folder, glob or URL of .ndjson files; .ndjson.gz and .ndjson.zst are read, too.",
        )
    return tuple(read)


def _found(files: Any, path: str) -> Mapping[str, Mapping[str, Any]]:  # noqa: ANN401 - fsspec has no types
    if files.isfile(path):
        return {path: files.info(path)}
    below: Mapping[str, Mapping[str, Any]]
    if files.isdir(path):
        below = files.find(path, detail=True)
        return below
    if not any(sign in path for sign in "*?["):
        raise FileNotFoundError(path)
    below = files.glob(path, detail=True)
    return {name: info for name, info in below.items() if info["type"] != "directory"}


def _cause(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__


def file_state(info: Mapping[str, Any]) -> str:
    """The state of a file, so written that another content has another text."""
    return " ".join([str(info.get("size")), *(str(info[name]) for name in _STATES if info.get(name) is not None)])


def check_unchanged(source: ExportFile) -> None:
    """Make sure that a file is what it was when it was listed.

    Raises:
        FileChanged: it is not.
    """
    files, path = fsspec.url_to_fs(source.url)
    files.invalidate_cache()
    try:
        state = file_state(files.info(path))
    except FileNotFoundError:
        raise FileChanged.of(source.name) from None
    if state != source.state:
        raise FileChanged.of(source.name)


def blocks_of(sources: Iterable[ExportFile], largest: int) -> tuple[InputBlock, ...]:
    """The blocks of an input, of so many bytes at most; small files share a block."""
    files = tuple(sources)
    room = min(largest, max(largest // 8, sum(source.size for source in files) // BLOCKS))
    blocks: list[InputBlock] = []
    small: list[FileRange] = []
    for piece in _pieces(files, room):
        if small and sum(kept.size for kept in small) + piece.size > room:
            blocks.append(InputBlock(tuple(small)))
            small = []
        small.append(piece)
    return (*blocks, InputBlock(tuple(small)))


def _pieces(sources: Iterable[ExportFile], room: int) -> Iterator[FileRange]:
    for source in sources:
        if source.packed or source.size <= room:
            yield FileRange(source)
            continue
        starts = range(0, source.size, room)
        for start in starts:
            yield FileRange(source, start, min(start + room, source.size))


def digest_of_input(sources: Iterable[ExportFile]) -> bytes:
    """A digest of names, sizes, beginnings and ends: the same for a copy, and unknown to who does not have the files.

    Raises:
        FileChanged: a file went away.
    """
    digest = sha256()
    for source in sources:
        digest.update(f"{source.name}\n{source.size}\n".encode())
        try:
            with fsspec.open(source.url, "rb") as file:
                digest.update(file.read(_SAMPLE_BYTES))
                if source.size > _SAMPLE_BYTES:
                    file.seek(max(_SAMPLE_BYTES, source.size - _SAMPLE_BYTES))
                    digest.update(file.read(_SAMPLE_BYTES))
        except FileNotFoundError:
            raise FileChanged.of(source.name) from None
    return digest.digest()
