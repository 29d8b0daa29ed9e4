"""A look-back from input to part files: two steps whose orders can be done in any process, again, and in any order.

Each order leaves a file, then a mark with the digest of all that the file rests on. What has its mark is not done again
with ``resume``, so a run that was stopped in whatever way goes on where it was.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol, TypeVar

import msgspec

from cds_service.audit.audit_terms import Terms
from cds_service.audit.line_heads import OF_PATIENTS
from cds_service.audit.rows import BadLineRow, PatientRows
from cds_service.audit.steps.inputs import digest_of_input, export_files
from cds_service.audit.steps.line_numbers import all_bad, lines_before, listed_bad
from cds_service.audit.steps.part_files import AuditBucket, Audited, DecidedBy, audit
from cds_service.audit.steps.partition import BadCount, SortBlock, Sorted, partition
from cds_service.audit.steps.planning import orders_to_audit, orders_to_sort
from cds_service.audit.steps.pools import Pool, installed_version
from cds_service.audit.steps.sizes import Sizes
from cds_service.audit.steps.stopped import stopped_by
from cds_service.audit.steps.submitting import results_of
from cds_service.audit.steps.work_folder import WorkFolder


class LookBackStep(StrEnum):
    """What is watched; its amounts are bytes of the input in the first step, resources in the second."""

    SORTING = "Sorting by patient"
    LOOKING_BACK = "Looking back"


class Watching(Protocol):
    """Who shows how far a look-back is."""

    def begin(self, step: LookBackStep, total: int, done: int) -> None:
        """A step begins: so much work, of which so much is done already."""

    def advance(self, amount: int) -> None:
        """So much of the step is done."""


class LookBackAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A look-back that is asked for.

    Attributes:
        input: Folder, glob or URL.
        work: Folder or URL for what is between input and result.
        terms: What is asked; types and secret are added here.
        by: What decides.
        resume: Whether to keep what an earlier run has done.
        sizes: How much is in memory at once; results do not depend on them.
    """

    input: str
    work: str
    terms: Terms
    by: DecidedBy
    resume: bool = False
    sizes: Sizes = Sizes()


class LookedBack(msgspec.Struct, frozen=True):
    """What came of a look-back.

    Attributes:
        work: The work folder.
        parts: Names of the part files, in order.
        terms: The terms as they were used.
        read: Resources that were used, by type.
        bad: Bad lines, counted by file and kind.
        listed: The first of them, by file and line.
        audited: What the buckets came to.
    """

    work: str
    parts: tuple[str, ...]
    terms: Terms
    read: dict[str, int]
    bad: tuple[BadCount, ...]
    listed: tuple[BadLineRow, ...]
    audited: tuple[Audited, ...]

    def patients(self) -> Iterator[PatientRows]:
        """The rows of every patient, in the same order however the work was done."""
        folder = WorkFolder(self.work)
        for part in self.parts:
            with folder.opened(part) as file:
                for line in file:
                    yield _ROWS.decode(line)


_ROWS: Final = msgspec.json.Decoder(PatientRows)
_SORTED: Final = msgspec.json.Decoder(Sorted)
_AUDITED: Final = msgspec.json.Decoder(Audited)
_O = TypeVar("_O", SortBlock, AuditBucket)
_M = TypeVar("_M", Sorted, Audited)


def look_back(asked: LookBackAsked, pool: Pool, watching: Watching) -> LookedBack:
    """Sort the input by patient, look back at each, and say where the rows are.

    Raises:
        LookBackStopped: the input cannot be used, or the work cannot go on; what is done stays for ``resume``.
    """
    try:
        return _looked_back(asked, pool, watching)
    except OSError as error:
        raise stopped_by(error) from error


def _looked_back(asked: LookBackAsked, pool: Pool, watching: Watching) -> LookedBack:
    sources = export_files(asked.input)
    folder = WorkFolder(asked.work)
    sorting = orders_to_sort(asked.work, sources, installed_version(), asked.sizes)
    folder.tidy(keep={name for order in sorting for name in (order.file, order.mark)} if asked.resume else None)
    blocks = _sort(folder, sorting, pool, watching)
    types = frozenset(kind for done in blocks for kind in done.read)
    lost = frozenset(kind for done in blocks for kind in done.lost)
    terms = msgspec.structs.replace(asked.terms, types=types, lost=lost, secret=digest_of_input(sources))
    auditing = orders_to_audit(sorting, blocks, terms, asked.by)
    read: Counter[str] = Counter()
    for done in blocks:
        read.update(done.read)
    resources = sum(number for kind, number in read.items() if kind in OF_PATIENTS)
    audited = _audit(folder, auditing, resources, pool, watching)
    return LookedBack(
        work=asked.work,
        parts=tuple(order.file for order in auditing),
        terms=terms,
        read=dict(sorted(read.items())),
        bad=all_bad(blocks),
        listed=listed_bad(blocks, lines_before([order.block for order in sorting], blocks)),
        audited=tuple(audited),
    )


def _sort(folder: WorkFolder, orders: Sequence[SortBlock], pool: Pool, watching: Watching) -> list[Sorted]:
    marks = _marks(folder, orders, _SORTED)
    sizes = {order.key: order.block.size for order in orders}
    watching.begin(LookBackStep.SORTING, sum(sizes.values()), sum(sizes[key] for key in marks))
    for order, done in results_of(pool, partition, [order for order in orders if order.key not in marks]):
        marks[order.key] = done
        watching.advance(sizes[order.key])
    return [marks[order.key] for order in orders]


def _audit(
    folder: WorkFolder, orders: Sequence[AuditBucket], resources: int, pool: Pool, watching: Watching
) -> list[Audited]:
    marks = _marks(folder, orders, _AUDITED)
    watching.begin(LookBackStep.LOOKING_BACK, resources, sum(mark.resources for mark in marks.values()))
    for order, done in results_of(pool, audit, [order for order in orders if order.key not in marks]):
        marks[order.key] = done
        watching.advance(done.resources)
    return [marks[order.key] for order in orders]


def _marks(folder: WorkFolder, orders: Sequence[_O], decoder: msgspec.json.Decoder[_M]) -> dict[str, _M]:
    """The marks of the orders that are done, by key."""
    kept = folder.kept()
    found = ((order.key, _mark(folder, order, decoder, kept)) for order in orders)
    return {key: mark for key, mark in found if mark is not None}


def _mark(folder: WorkFolder, order: _O, decoder: msgspec.json.Decoder[_M], kept: Mapping[str, int]) -> _M | None:
    if order.mark not in kept or order.file not in kept:
        return None
    try:
        mark = decoder.decode(folder.read(order.mark) or b"")
    except msgspec.MsgspecError:
        return None
    return mark if mark.key == order.key and mark.size == kept[order.file] else None


def forget(work: str) -> None:
    """Remove all that look-backs keep in a work folder: copies of patients' data among the rest."""
    WorkFolder(work).tidy()
