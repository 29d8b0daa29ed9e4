"""The lines of a piece of a file, plain or packed, without more of the file in memory than a chunk and a line."""

import gzip
import zlib
from collections.abc import Iterator
from typing import IO, Final, NamedTuple, cast

import fsspec
import zstandard

from cds_service.audit.line_heads import LONGEST_RESOURCE
from cds_service.audit.steps.inputs import FileRange, check_unchanged
from cds_service.audit.steps.stopped import FileChanged

CHUNK: Final = 1024 * 1024
PACKED_CHUNK: Final = 4096
"""Bytes of a .zst file that are unpacked at once: they may come to many thousand times as much."""
WIDEST_WINDOW: Final = 128 * 1024 * 1024
"""Bytes that a .zst file may look back: what ``zstd --long`` writes; more would not fit in the memory of a process."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_DAMAGED: Final = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)


class DamagedFile(Exception):  # noqa: N818 - says what is wrong
    """The rest of a packed file cannot be unpacked; the lines before came whole."""


class TextLine(NamedTuple):
    """A line without its end, and the bytes that it takes with it; ``raw`` None where it is too long to be read."""

    raw: bytes | None
    size: int


def raw_lines(piece: FileRange) -> Iterator[bytes | None]:
    """The lines that begin in a piece; None stands for a line that is too long to be read.

    Raises:
        FileChanged: the file is not what it was when it was listed.
        DamagedFile: what follows cannot be unpacked.
    """
    try:
        opened = fsspec.open(piece.source.url, "rb").open()
    except FileNotFoundError:
        raise FileChanged.of(piece.source.name) from None
    with opened as file:
        position = max(piece.start - 1, 0)
        file.seek(position)
        lines = _split(_chunks(file, piece.source.url))
        if piece.start:  # what begins before belongs to the piece before
            position += next(lines, TextLine(b"", 0)).size
        try:
            for line in lines:
                if piece.end is not None and position >= piece.end:
                    break
                marked = position == 0 and line.raw is not None
                yield cast("bytes", line.raw).removeprefix(_BYTE_ORDER_MARK) if marked else line.raw
                position += line.size
        except _DAMAGED as error:
            check_unchanged(piece.source)
            raise DamagedFile from error
    check_unchanged(piece.source)


def _chunks(file: IO[bytes], url: str) -> Iterator[bytes]:
    if url.lower().endswith(".zst"):
        yield from _unpacked(file)
        return
    reader = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if url.lower().endswith(".gz") else file
    while chunk := reader.read(CHUNK):
        yield chunk


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """The content of a .zst file; a reader of the package would take one that was cut off for a whole one."""
    context = zstandard.ZstdDecompressor(max_window_size=WIDEST_WINDOW)
    frame = None
    while packed := file.read(PACKED_CHUNK):
        while packed:
            frame = frame or context.decompressobj()
            yield frame.decompress(packed)
            packed = b""
            if frame.eof:
                packed, frame = frame.unused_data, None
    if frame is not None:
        raise EOFError


def _split(chunks: Iterator[bytes]) -> Iterator[TextLine]:
    begun = b""
    dropped = 0  # bytes of a line that is too long already
    for chunk in chunks:
        first, *rest = chunk.split(b"\n")
        if not rest:
            begun, dropped = _more(begun, first, dropped)
            continue
        *whole, last = rest
        begun, dropped = _more(begun, first, dropped)
        yield TextLine(None, dropped + 1) if dropped else TextLine(begun, len(begun) + 1)
        for raw in whole:
            yield TextLine(raw, len(raw) + 1)
        begun, dropped = last, 0
    if begun or dropped:
        yield TextLine(None, dropped) if dropped else TextLine(begun, len(begun))


def _more(begun: bytes, more: bytes, dropped: int) -> tuple[bytes, int]:
    if dropped or len(begun) + len(more) > LONGEST_RESOURCE:
        return b"", dropped + len(begun) + len(more)
    return begun + more, 0
