"""A program's timeline as a line of JSON, from the look-back that makes it to the report that draws it."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec

from cds_service.domain.program_timeline import MeasuredBy, Timeline

_LEFT_OUT: Final = frozenset({"unknown", "values"})
"""What findings and gaps say already."""
_KEPT: Final = tuple((field.name, field.type) for field in fields(Timeline) if field.name not in _LEFT_OUT)
_AsKept: Final = msgspec.defstruct("_AsKept", _KEPT)
_DECODER: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(_AsKept)
NamedT = TypeVar("NamedT", bound=Any)


def kept(timeline: Timeline, *, with_ids: bool) -> str:
    """The timeline as JSON, seen from the day after; with ids and numbers of the payer only where asked for."""
    after = replace(timeline, today=max(timeline.today, timeline.day + timedelta(days=1)))
    shown = after if with_ids else _without_ids(after)
    return msgspec.json.encode(_AsKept(**{name: getattr(shown, name) for name, _ in _KEPT})).decode()


def timeline_kept(text: str) -> Timeline:
    """The timeline that was kept.

    Raises:
        msgspec.DecodeError: The text is no timeline of this version.
    """
    read = _DECODER.decode(text)
    return Timeline(**{name: getattr(read, name) for name, _ in _KEPT})


def _without_ids(timeline: Timeline) -> Timeline:
    return replace(
        timeline,
        measured=tuple(MeasuredBy(by.tool, by.lower_is_better, _unnamed(by.results)) for by in timeline.measured),
        tested=_unnamed(timeline.tested),
        plans=_unnamed(timeline.plans),
        answers=tuple(replace(answer, reference="", number=None, request=None) for answer in timeline.answers),
        amounts=tuple(amount._replace(references=()) for amount in timeline.amounts),
    )


def _unnamed(entries: Iterable[NamedT]) -> tuple[NamedT, ...]:
    return tuple(entry._replace(reference="") for entry in entries)
