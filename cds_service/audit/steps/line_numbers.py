"""Bad lines of a whole input, counted and numbered as they stand in their files."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from cds_service.audit.rows import BadLineRow
from cds_service.audit.steps.inputs import InputBlock
from cds_service.audit.steps.partition import LISTED_BAD_LINES, BadCount, Sorted


def lines_before(blocks: Iterable[InputBlock], done: Iterable[Sorted]) -> list[tuple[int, ...]]:
    """For each piece of each block the lines of its file before it."""
    passed: Counter[str] = Counter()
    before = []
    for block, mark in zip(blocks, done, strict=True):
        numbers = []
        for piece, lines in zip(block.pieces, mark.lines, strict=True):
            numbers.append(passed[piece.source.name])
            passed[piece.source.name] += lines
        before.append(tuple(numbers))
    return before


def all_bad(blocks: Iterable[Sorted]) -> tuple[BadCount, ...]:
    """How many lines of each file are bad, and how."""
    numbers: Counter[tuple[str, str, str]] = Counter()
    for done in blocks:
        for bad in done.bad:
            numbers[bad.file, bad.kind, bad.why] += bad.lines
    return tuple(BadCount(*what, number) for what, number in sorted(numbers.items()))


def listed_bad(blocks: Iterable[Sorted], before: Iterable[Sequence[int]]) -> tuple[BadLineRow, ...]:
    """The first bad lines of each kind in each file, with the numbers that they have in the whole file."""
    seen: Counter[tuple[str, str, str]] = Counter()
    rows = []
    for done, numbers in zip(blocks, before, strict=True):
        for piece, row in done.listed:
            seen[row.file, row.kind, row.why] += 1
            if seen[row.file, row.kind, row.why] <= LISTED_BAD_LINES:
                rows.append(msgspec.structs.replace(row, line=row.line + numbers[piece]))
    return tuple(sorted(rows, key=lambda row: (row.file, row.line)))
