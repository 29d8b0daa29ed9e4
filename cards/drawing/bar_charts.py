"""Bars of counts: side by side over time, or row by row with long names; each may have parts."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from cards.drawing.canvas import drawn
from cards.drawing.scales import Scale, marks, thinned
from cards.numbers import number
from cds_service.domain.frozen import dataclass

_WIDTH: Final = 720
_LEFT: Final = 44
_TOP: Final = 34
_HEIGHT: Final = 180
_MOST_LABELS: Final = 12
_NAMES: Final = 260
_ROW: Final = 30
_VALUE: Final = 60
_SERIES: Final = 4
"""Colors that the stylesheet has; more parts begin again with the first."""


class Bar(NamedTuple):
    """A bar with its name and the amount of each of its parts, in the order of the chart's parts."""

    name: str
    amounts: tuple[float, ...]

    @property
    def total(self) -> float:
        """The whole bar."""
        return sum(self.amounts)


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars of one measure. ``parts`` name what bars are made of; a chart with one part has no key.

    ``description`` says in a sentence what the picture shows, for those who do not see it.
    """

    title: str
    description: str
    parts: tuple[str, ...]
    bars: tuple[Bar, ...]


class Piece(NamedTuple):
    """A rectangle of a part, with the words that tell it."""

    x: float
    y: float
    width: float
    height: float
    color: int
    words: str


def column_chart(chart: BarChart, *, standalone: bool = False) -> Markup:
    """The bars side by side, in their order, with round numbers at the left."""
    axis = marks(0, max((bar.total for bar in chart.bars), default=0))
    up = Scale(0, axis[-1], _TOP + _HEIGHT, _TOP)
    step = (_WIDTH - _LEFT) / max(len(chart.bars), 1)
    width = round(min(step * 0.7, 48), 1)
    centers = [round(_LEFT + (index + 0.5) * step, 1) for index in range(len(chart.bars))]
    pieces: list[Piece] = []
    for center, bar in zip(centers, chart.bars, strict=True):
        below = 0.0
        for color, amount in enumerate(bar.amounts):
            top = up.at(below + amount)
            words = _words(chart, bar, color)
            pieces.append(
                Piece(round(center - width / 2, 1), top, width, up.length(amount), color % _SERIES + 1, words)
            )
            below += amount
    labels = thinned((bar.name for bar in chart.bars), _MOST_LABELS)
    return drawn(
        "column_chart.svg.j2",
        standalone=standalone,
        chart=chart,
        size=(_WIDTH, _TOP + _HEIGHT + 30),
        axis=[(number(value), up.at(value)) for value in axis],
        left=_LEFT,
        pieces=pieces,
        labels=list(zip(labels, centers, strict=True)),
        key=_key(chart.parts),
    )


def row_chart(chart: BarChart, *, standalone: bool = False) -> Markup:
    """The bars below each other with their names at the left and their amounts at the right."""
    along = Scale(0, max((bar.total for bar in chart.bars), default=0) or 1, _NAMES, _WIDTH - _VALUE)
    pieces: list[Piece] = []
    rows = []
    for index, bar in enumerate(chart.bars):
        y = _TOP + index * _ROW
        before = 0.0
        for color, amount in enumerate(bar.amounts):
            words = _words(chart, bar, color)
            pieces.append(
                Piece(along.at(before), y + 5, along.length(amount), _ROW - 10, color % _SERIES + 1, words),
            )
            before += amount
        rows.append((bar.name, y + _ROW / 2, along.at(bar.total) + 6, number(bar.total)))
    return drawn(
        "row_chart.svg.j2",
        standalone=standalone,
        chart=chart,
        size=(_WIDTH, _TOP + len(chart.bars) * _ROW + 8),
        names=_NAMES,
        pieces=pieces,
        rows=rows,
        key=_key(chart.parts),
    )


def _words(chart: BarChart, bar: Bar, place: int) -> str:
    part = chart.parts[place] if place < len(chart.parts) else ""
    return f"{', '.join(filter(None, (bar.name, part)))}: {number(bar.amounts[place])}"


def _key(parts: Sequence[str]) -> list[tuple[float, int, str]]:
    """Where the key of each part stands, its color and its words; none for a single part."""
    if len(parts) < 2:  # noqa: PLR2004 - one needs no key
        return []
    step = (_WIDTH - _LEFT) / len(parts)
    return [(round(_LEFT + index * step, 1), index % _SERIES + 1, part) for index, part in enumerate(parts)]
