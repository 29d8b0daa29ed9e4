"""What is to be done for a look-back: an order for each block, then an order for each bucket."""

from collections.abc import Sequence
from typing import Final

from cds_service.audit.audit_terms import Terms
from cds_service.audit.steps.bucket_reading import BlockRange
from cds_service.audit.steps.inputs import ExportFile, blocks_of
from cds_service.audit.steps.line_numbers import lines_before
from cds_service.audit.steps.part_files import AuditBucket, DecidedBy, key_of_part
from cds_service.audit.steps.partition import SortBlock, Sorted
from cds_service.audit.steps.sizes import Sizes

LEAST_BUCKETS: Final = 16
UNPACKED: Final = 8
"""Bytes of lines that a byte of a packed file comes to, about."""


def orders_to_sort(work: str, sources: Sequence[ExportFile], version: str, sizes: Sizes) -> list[SortBlock]:
    """The orders of the first step: they rest on the input alone."""
    size = sum(source.size * (UNPACKED if source.packed else 1) for source in sources)
    buckets = LEAST_BUCKETS
    while buckets * sizes.bucket < size:
        buckets *= 2
    return [SortBlock(work, block, buckets, version, sizes) for block in blocks_of(sources, sizes.block)]


def orders_to_audit(
    sorting: Sequence[SortBlock], blocks: Sequence[Sorted], terms: Terms, by: DecidedBy
) -> list[AuditBucket]:
    """The orders of the second step: they rest on what the first has left, on terms, policies and fees."""
    buckets = sorting[0].buckets
    before = lines_before([order.block for order in sorting], blocks)
    pieces = [
        tuple((piece.source.name, number) for piece, number in zip(order.block.pieces, numbers, strict=True))
        for order, numbers in zip(sorting, before, strict=True)
    ]

    def ranges(bucket: int) -> tuple[BlockRange, ...]:
        found = (
            BlockRange(order.file, tuple(at[bucket : bucket + 2] for at in done.segments), names)
            for order, done, names in zip(sorting, blocks, pieces, strict=True)
        )
        return tuple(block for block in found if _size((block,)))

    shared = ranges(buckets)
    keys = [done.key for done in blocks]
    orders = []
    for bucket in range(buckets):
        lines = ranges(bucket)
        orders.append(
            AuditBucket(
                place=sorting[0].place,
                key=key_of_part(keys, (bucket, buckets), terms, by, sorting[0].version),
                number=bucket,
                buckets=buckets,
                lines=lines,
                shared=shared,
                shared_whole=sum(done.shared_bytes for done in blocks) <= sorting[0].sizes.shared,
                terms=terms,
                by=by,
                sizes=sorting[0].sizes,
            )
        )
    return orders


def _size(blocks: Sequence[BlockRange]) -> int:
    return sum(end - first for block in blocks for first, end in block.ranges)
