"""Policy values as lines of text, for a terminal."""

from collections.abc import Iterator
from typing import Any, Final

from cds_service.domain.values import PolicyValue
from cds_service.policies.effective import Effective, cited, remarks
from cds_service.policies.notation import written

LONGEST: Final = 100


def lines_of(row: Effective) -> Iterator[str]:
    """What decides, since when and by which source, what it overrides, and what is only asked about."""
    if row.value is None:
        yield f"{row.parameter.name}: nothing decides"
    else:
        yield f"{row.parameter.name}: {written(row.plain, LONGEST)}"
        yield f"  from {_origin(row.value)}"
        yield from (f"  {name}: {text}" for name, text in remarks(row.value).items())
    for one in row.overridden:
        yield f"  instead of {written(one.plain, LONGEST)} of {one.policy}, {one.confidence}"
    for one in row.questions:
        yield f"  to ask the payer: {written(one.plain, LONGEST)}? ({_origin(one)})"
    for one in row.of_one_program:
        yield f"  for work {one.program} only: {written(one.plain, LONGEST)} ({_origin(one)})"


def shortly(row: Effective) -> str:
    """The value with its layer, and below it what is only asked about, for a cell of a table."""
    decided = f"{written(row.plain, LONGEST)}  ({row.layer})" if row.value is not None else "nothing decides"
    asked = [f"to ask: {written(one.plain, LONGEST)}?  ({one.policy})" for one in row.questions]
    scoped = [f"work {one.program}: {written(one.plain, LONGEST)}  ({one.policy})" for one in row.of_one_program]
    return "\n".join([decided, *asked, *scoped])


def _origin(value: PolicyValue[Any]) -> str:
    dated = "" if value.dated else " (its source gives no date)"
    return f"{value.policy} since {value.since}{dated}, {value.confidence}: {cited(value.source)}"
