"""Policy values as lines of text, for a terminal: in the words that cards and pages have for them."""

from collections.abc import Iterator
from typing import Any, Final

from cards.policy_values import Table, as_table, value_in_words
from cds_service.domain.values import PolicyValue
from cds_service.policies.owners.describe import ValueRow
from cds_service.policies.owners.effective import Difference, Effective, cited, remarks

MOST_ROWS: Final = 5
"""Most rows of a table that a difference names."""


def lines_of(row: Effective) -> Iterator[str]:
    """What decides, since when and by which source, what it overrides, and what is only asked about."""
    name, unit = row.parameter.name, row.parameter.unit
    if row.value is None:
        yield f"{name}: nothing decides"
    else:
        yield f"{name}: {value_in_words(row.plain, unit)}"
        yield f"  from {_origin(row.value)}"
        yield from (f"  {key}: {text}" for key, text in remarks(row.value).items())
    for value in row.overridden:
        yield f"  instead of {value_in_words(value.plain, unit)} of {value.policy}, {value.confidence}"
    for value in row.questions:
        yield f"  to ask the payer: {value_in_words(value.plain, unit)}? ({_origin(value)})"
    for value in row.of_one_program:
        yield f"  for work {value.program} only: {value_in_words(value.plain, unit)} ({_origin(value)})"


def lines_of_dated(row: ValueRow) -> Iterator[str]:
    """One dated value of a policy: what, for whom, since when, how sure, by which source."""
    scope = f" (work {row.program})" if row.program is not None else ""
    yield f"{row.parameter}{scope}: {value_in_words(row.value, row.unit)}"
    until = f" until {row.until}" if row.until is not None else ""
    dated = "" if row.dated else " (its source gives no date)"
    source = row.citation if row.href else f"{row.citation} (no address on file)"
    yield f"  since {row.since}{until}{dated}, {row.confidence}: {source}"
    table = as_table(row.value)
    yield from (f"  - {_row(table, cells)}" for cells in table.rows) if table is not None else ()


def lines_of_difference(row: Difference, names: tuple[str, str]) -> Iterator[str]:
    """A parameter, and below it what is said of it on each side; of tables the rows that the other side lacks."""
    yield row.first.parameter.name
    sides = (row.first, row.second)
    tables = [as_table(side.plain) for side in sides]
    for number, (name, side) in enumerate(zip(names, sides, strict=True)):
        yield f"  {name}: {'; '.join(_said(side))}"
        own, opposite = tables[number], tables[1 - number]
        if own is not None and opposite is not None:
            yield from (f"    {line}" for line in _only_in(own, opposite))


def _said(row: Effective) -> Iterator[str]:
    unit = row.parameter.unit
    yield f"{value_in_words(row.plain, unit)} ({row.layer})" if row.value is not None else "nothing decides"
    yield from (f"to ask: {value_in_words(question.plain, unit)}? ({question.policy})" for question in row.questions)
    yield from (
        f"work {value.program}: {value_in_words(value.plain, unit)} ({value.policy})" for value in row.of_one_program
    )


def _only_in(own: Table, opposite: Table) -> Iterator[str]:
    there = {tuple(zip(opposite.headings, row, strict=True)) for row in opposite.rows}
    lacking = [row for row in own.rows if tuple(zip(own.headings, row, strict=True)) not in there]
    for row in lacking[:MOST_ROWS]:
        yield f"only here: {_row(own, row)}"
    if len(lacking) > MOST_ROWS:
        yield f"and {len(lacking) - MOST_ROWS} more rows only here"


def _row(table: Table, cells: tuple[str, ...]) -> str:
    return "; ".join(f"{heading} {cell}" for heading, cell in zip(table.headings, cells, strict=True) if cell)


def _origin(value: PolicyValue[Any]) -> str:
    dated = "" if value.dated else " (its source gives no date)"
    return f"{value.policy} since {value.since}{dated}, {value.confidence}: {cited(value.source)}"
