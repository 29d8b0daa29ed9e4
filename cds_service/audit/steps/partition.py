"""The first step: the lines of a block, sorted into buckets by patient, in one file a block.

The patients of a bucket are those whose digest lies in its range, so that buckets in their order hold patients in the
order of their digests, however many buckets there are. Of a block's file each bucket reads its own ranges.
"""

import struct
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b, sha256
from typing import Final

import msgspec
import zstandard

from cds_service.audit.line_heads import OF_PATIENTS, READ, TOO_LONG, BadHead, LineHead, line_head
from cds_service.audit.rows import BadLineRow
from cds_service.audit.steps.inputs import FileRange, InputBlock
from cds_service.audit.steps.raw_lines import DamagedFile, raw_lines
from cds_service.audit.steps.sizes import Sizes
from cds_service.audit.steps.work_folder import SORTED_FOLDER, WorkFolder

FORMAT: Final = 3
"""Counts up when the files between the steps, or the sense of what is in them, change."""
LISTED_BAD_LINES: Final = 20
"""Bad lines of one kind in one file and block that are listed one by one; all are counted."""
FRAME: Final = struct.Struct(">IHBHHI")
"""Before each line: its number in the piece, which piece of the block, which type; bytes of the ids of patient and
resource, and of the line; then these three."""
KINDS: Final = tuple(sorted(READ))
LONGEST_ID: Final = 1024
_CODE_OF: Final = {kind: code for code, kind in enumerate(KINDS)}
_DAMAGED: Final = BadHead("broken", "The file is damaged from here on: it cannot be unpacked.")


class BadCount(msgspec.Struct, frozen=True):
    """How many lines of a file are bad in one way."""

    file: str
    kind: str
    why: str
    lines: int


class Sorted(msgspec.Struct, frozen=True):
    """What became of a block; kept beside its file as the mark that it is done.

    Attributes:
        key: Digest of all that the file rests on.
        size: Bytes of the file.
        segments: For each segment where the bytes of each bucket begin, then where those of the last end; the last
            bucket holds what all patients share.
        lines: Lines of each piece, from which the number of a line in its file is counted.
        read: Resources that are used, by type.
        shared_bytes: Bytes of the lines that all patients share.
        bad: Bad lines, counted.
        lost: Types of which a line is bad, or may be: where a bad line does not tell its type, those of its file.
        listed: The first of them; the number of a line counts from the beginning of its piece.
    """

    key: str
    size: int
    segments: tuple[tuple[int, ...], ...]
    lines: tuple[int, ...]
    read: dict[str, int]
    shared_bytes: int
    bad: tuple[BadCount, ...]
    listed: tuple[tuple[int, BadLineRow], ...]
    lost: tuple[str, ...] = ()


class SortBlock(msgspec.Struct, frozen=True):
    """The order to sort a block; plain data, so that it goes to any process."""

    place: str
    block: InputBlock
    buckets: int
    version: str
    sizes: Sizes

    @property
    def key(self) -> str:
        """Digest of all that the result rests on."""
        return sha256(msgspec.json.encode((FORMAT, self.version, self.buckets, self.block))).hexdigest()[:24]

    @property
    def file(self) -> str:
        """Name of its file in the work folder."""
        return f"{SORTED_FOLDER}{self.key}.lines"

    @property
    def mark(self) -> str:
        """Name of the mark that it is done."""
        return f"{SORTED_FOLDER}{self.key}.done"


def digest_of(patient: str) -> int:
    """The place of a patient among all, from 0 below 2**64."""
    return int.from_bytes(blake2b(patient.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def bucket_of(patient: str, buckets: int) -> int:
    """The bucket of a patient."""
    return digest_of(patient) * buckets >> 64


def partition(order: SortBlock) -> Sorted:
    """Sort a block into its file, and leave the mark.

    Raises:
        FileChanged: a file is not what it was when it was listed.
        OSError: a file cannot be read or written.
    """
    folder = WorkFolder(order.place)
    tally = _Tally()
    segments: list[tuple[int, ...]] = []
    position = 0
    pack = zstandard.ZstdCompressor(level=1).compress
    with folder.writing(order.file) as file:
        for gathered in _segments(order, tally):
            bounds = [position]
            for lines in gathered:
                packed = pack(b"".join(lines)) if lines else b""
                file.write(packed)
                position += len(packed)
                bounds.append(position)
            segments.append(tuple(bounds))
    done = Sorted(
        key=order.key,
        size=position,
        segments=tuple(segments),
        lines=tuple(tally.lines),
        read=dict(sorted(tally.read.items())),
        shared_bytes=tally.shared_bytes,
        bad=tuple(BadCount(*what, number) for what, number in sorted(tally.bad.items())),
        listed=tuple(tally.listed),
        lost=tuple(sorted(tally.lost & OF_PATIENTS)),
    )
    with folder.writing(order.mark) as file:
        file.write(msgspec.json.encode(done))
    return done


class _Tally:
    """What is counted on the way through a block."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.read: Counter[str] = Counter()
        self.shared_bytes = 0
        self.bad: Counter[tuple[str, str, str]] = Counter()
        self.listed: list[tuple[int, BadLineRow]] = []
        self.lost: set[str] = set()

    def add_bad(self, piece: int, file: str, number: int, head: BadHead) -> None:
        """Count a line that is not used, and list it where not many are listed yet."""
        self.bad[file, head.kind, head.why] += 1
        if self.bad[file, head.kind, head.why] <= LISTED_BAD_LINES:
            self.listed.append((piece, BadLineRow(file, number, head.why, head.kind)))


def _segments(order: SortBlock, tally: _Tally) -> Iterator[list[list[bytes]]]:
    """Lines by bucket, each with its frame, a segment at a time."""
    owners: dict[str, tuple[int, bytes]] = {"": (order.buckets, b"")}
    gathered: list[list[bytes]] = [[] for _ in range(order.buckets + 1)]
    room = order.sizes.segment
    for place, piece in enumerate(order.block.pieces):
        for number, head, raw in _heads(place, piece, tally):
            owner = owners.get(head.patient)
            if owner is None:
                owner = owners[head.patient] = bucket_of(head.patient, order.buckets), _encoded(head.patient)
            bucket, patient = owner
            identity = _encoded(head.id)
            frame = FRAME.pack(number, place, _CODE_OF[head.kind], len(patient), len(identity), len(raw))
            gathered[bucket] += (frame, patient, identity, raw)
            room -= len(raw)
            if room <= 0:
                yield gathered
                gathered = [[] for _ in range(order.buckets + 1)]
                room = order.sizes.segment
    yield gathered


def _heads(place: int, piece: FileRange, tally: _Tally) -> Iterator[tuple[int, LineHead, bytes]]:
    """The lines of a piece that are used, with their numbers in it; all others are counted."""
    number = 0
    file = piece.source.name
    kinds: set[str] = set()
    bad: set[BadHead] = set()
    try:
        for raw in raw_lines(piece):
            number += 1
            if raw is None:
                tally.add_bad(place, file, number, TOO_LONG)
                bad.add(TOO_LONG)
                continue
            head = line_head(raw)
            if isinstance(head, LineHead):
                tally.read[head.kind] += 1
                kinds.add(head.kind)
                if not head.patient:
                    tally.shared_bytes += len(raw)
                yield number, head, raw
            elif raw.strip():
                tally.add_bad(place, file, number, head)
                bad.add(head)
    except DamagedFile:
        tally.add_bad(place, file, number + 1, _DAMAGED)
        bad.add(_DAMAGED)
    tally.lost |= lost_types(file, bad, kinds)
    tally.lines.append(number)


def lost_types(file: str, bad: Iterable[BadHead], read: Collection[str]) -> frozenset[str]:
    """Types of which a bad line is, or may be: as it tells, as the name of its file does, as the lines beside it do."""
    types = {head.of for head in bad}
    if "" not in types:
        return frozenset(types)
    named = {kind for kind in OF_PATIENTS if kind in file}
    of_file = {kind for kind in named if not any(kind != longer and kind in longer for longer in named)}
    return frozenset((types - {""}) | (of_file or set(read) or OF_PATIENTS))


def _encoded(text: str) -> bytes:
    """An id as bytes, whatever letters somebody put into it; cut where no real one ends."""
    return text.encode("utf-8", "surrogatepass")[:LONGEST_ID]
