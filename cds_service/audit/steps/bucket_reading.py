"""The patients of a bucket, one at a time, out of the files of all blocks."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
import zstandard

from cds_service.audit.patients import PatientLine
from cds_service.audit.shared import SharedRecord, shared_record
from cds_service.audit.steps.partition import FRAME, KINDS, bucket_of, digest_of
from cds_service.audit.steps.work_folder import WorkFolder

MOST_PARTS: Final = 4096
_LEVELS: Final = 4
"""A patient's line names a role, a role a person and an organization, an organization the one above."""
_SHARED: Final = re.compile(
    rb'"(?:https?://[^"\s]*/)?((?:Practitioner|PractitionerRole|Organization|Location)/[^"/\s]+)'
)


class BlockRange(msgspec.Struct, frozen=True):
    """What a bucket reads of the file of a block.

    Attributes:
        file: Name of the file in the work folder.
        ranges: First byte and the one after the last, for each segment.
        pieces: File of each piece of the block, and the lines of that file before it.
    """

    file: str
    ranges: tuple[tuple[int, ...], ...]
    pieces: tuple[tuple[str, int], ...]


class LinesOfPatient(NamedTuple):
    """All lines of a patient; none where there are more than fit, then ``size`` and ``resources`` say how many."""

    patient: str
    lines: list[PatientLine]
    resources: int
    size: int


class LineBounds(NamedTuple):
    """Lines and bytes of a patient that are kept; bytes of several patients in memory."""

    resources: int
    size: int
    room: int


def patients_of(
    place: str, blocks: Sequence[BlockRange], bucket: tuple[int, int], bounds: LineBounds
) -> Iterator[LinesOfPatient]:
    """The patients of a bucket in the order of their digests.

    A bucket that does not fit in memory at once is read several times, a part of its patients each time.

    Args:
        place: The work folder.
        blocks: Where their lines are.
        bucket: Its number from 0, and how many there are.
        bounds: What is kept of each patient, a patient with more being named without lines, and at once.
    """
    number, buckets = bucket
    parts, part = 1, 0
    while part < parts:
        gathered = _Gathered(bounds)
        wanted = number * parts + part
        for line in _lines(place, blocks):
            if parts == 1 or bucket_of(line.patient, buckets * parts) == wanted:
                gathered.add(line)
                if gathered.overflows and parts < MOST_PARTS:
                    break
        if gathered.overflows and parts < MOST_PARTS:
            parts, part = parts * 2, part * 2
            continue
        yield from gathered.patients()
        part += 1


class _Gathered:
    """Lines of several patients in memory."""

    def __init__(self, bounds: LineBounds) -> None:
        self._bounds = bounds
        self._lines: defaultdict[str, list[PatientLine]] = defaultdict(list)
        self._counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._room = bounds.room

    @property
    def overflows(self) -> bool:
        """Whether these are too many patients for the room."""
        return self._room < 0 and len(self._lines) > 1

    def add(self, line: PatientLine) -> None:
        """Keep a line, unless its patient has too much already."""
        kept, counts = self._lines[line.patient], self._counts[line.patient]
        counts[0] += 1
        counts[1] += len(line.raw)
        if counts[0] <= self._bounds.resources and counts[1] <= self._bounds.size:
            kept.append(line)
            self._room -= len(line.raw)
        elif kept:
            self._room += sum(len(dropped.raw) for dropped in kept)
            kept.clear()

    def patients(self) -> Iterator[LinesOfPatient]:
        """The patients in order, each let go of when the next is asked for."""
        for patient in sorted(self._lines, key=lambda patient: (digest_of(patient), patient)):
            resources, size = self._counts[patient]
            yield LinesOfPatient(patient, self._lines.pop(patient), resources, size)


def shared_by(place: str, blocks: Sequence[BlockRange], lines: Sequence[PatientLine], *, whole: bool) -> SharedRecord:
    """What all patients share, as read: the ``whole`` of it, or what these lines lead to."""
    if whole:
        return _all_shared(place, tuple(blocks))
    wanted = {name for line in lines for name in _SHARED.findall(line.raw)}
    for _ in range(_LEVELS):
        found = [line for line in _lines(place, blocks) if line.reference.encode() in wanted]
        more = {name for line in found for name in _SHARED.findall(line.raw)} - wanted
        if not more:
            break
        wanted |= more
    return shared_record(found)


@lru_cache(maxsize=1)
def _all_shared(place: str, blocks: tuple[BlockRange, ...]) -> SharedRecord:
    return shared_record(_lines(place, blocks))


def _lines(place: str, blocks: Sequence[BlockRange]) -> Iterator[PatientLine]:
    folder = WorkFolder(place)
    unpack = zstandard.ZstdDecompressor().decompress
    for block in blocks:
        with folder.opened(block.file) as file:
            for first, end in block.ranges:
                if first == end:
                    continue
                file.seek(first)
                yield from _framed(unpack(file.read(end - first)), block)


def _framed(content: bytes, block: BlockRange) -> Iterator[PatientLine]:
    position = 0
    while position < len(content):
        number, piece, kind, patient, identity, size = FRAME.unpack_from(content, position)
        of_id = position + FRAME.size + patient
        of_line = of_id + identity
        file, before = block.pieces[piece]
        yield PatientLine(
            KINDS[kind],
            content[of_id:of_line].decode("utf-8", "surrogatepass"),
            content[position + FRAME.size : of_id].decode("utf-8", "surrogatepass"),
            content[of_line : of_line + size],
            file,
            before + number,
        )
        position = of_line + size
