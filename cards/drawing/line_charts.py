"""Lines over time: one a series, with gaps where there is no value."""

from typing import Final, NamedTuple

from markupsafe import Markup

from cards.drawing.canvas import drawn
from cards.drawing.scales import Scale, marks, thinned
from cards.numbers import number
from cds_service.domain.frozen import dataclass

_WIDE: Final = 720
_AT_LEFT: Final = 44
_AT_RIGHT: Final = 24
_AT_TOP: Final = 34
_TALL: Final = 180
_LABELS_THAT_FIT: Final = 10
_COLORS: Final = 4


class Series(NamedTuple):
    """A named series with a value for each label; None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over the same labels. ``whole`` is whether values are counts."""

    title: str
    description: str
    labels: tuple[str, ...]
    lines: tuple[Series, ...]
    whole: bool = False


def line_chart(chart: LineChart, *, standalone: bool = False) -> Markup:
    """The lines with a dot at each value, from 0 or the lowest value up."""
    known = [value for line in chart.lines for value in line.values if value is not None]
    axis = marks(min([0.0, *known]), max([0.0, *known]), whole=chart.whole)
    up = Scale(axis[0], axis[-1], _AT_TOP + _TALL, _AT_TOP)
    step = (_WIDE - _AT_LEFT - _AT_RIGHT) / max(len(chart.labels) - 1, 1)
    places = [round(_AT_LEFT + index * step, 1) for index in range(len(chart.labels))]
    lines = [
        {"color": index % _COLORS + 1, "runs": _runs(line, places, up), "dots": _dots(chart, line, places, up)}
        for index, line in enumerate(chart.lines)
    ]
    spread = (_WIDE - _AT_LEFT) / max(len(chart.lines), 1)
    key = [
        (round(_AT_LEFT + index * spread, 1), index % _COLORS + 1, line.name) for index, line in enumerate(chart.lines)
    ]
    return drawn(
        "line_chart.svg.j2",
        standalone=standalone,
        chart=chart,
        size=(_WIDE, _AT_TOP + _TALL + 30),
        left=_AT_LEFT,
        axis=[(number(value), up.at(value)) for value in axis],
        lines=lines,
        labels=list(zip(thinned(chart.labels, _LABELS_THAT_FIT), places, strict=True)),
        key=key if len(key) > 1 else [],
    )


def _runs(line: Series, places: list[float], up: Scale) -> list[str]:
    """The points of each stretch of values without a gap, as SVG writes them."""
    runs: list[list[str]] = [[]]
    for value, x in zip(line.values, places, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{x:g},{up.at(value):g}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _dots(chart: LineChart, line: Series, places: list[float], up: Scale) -> list[tuple[float, float, str]]:
    return [
        (x, up.at(value), f"{line.name}, {label}: {number(value)}")
        for value, x, label in zip(line.values, places, chart.labels, strict=True)
        if value is not None
    ]
