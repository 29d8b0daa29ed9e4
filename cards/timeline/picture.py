"""The drawing of a program as SVG."""

from collections.abc import Collection, Iterator
from typing import Final

from markupsafe import Markup

from cards.drawing.canvas import drawn
from cards.numbers import number
from cards.timeline.lanes import LETTER_WIDTH, approval_lanes, days_to_know, gauges, measurement_lanes, plan_lanes
from cards.timeline.layout import BARS_HEIGHT, BARS_TOP, LEFT, PictureLayout
from cards.timeline.timeline_words import glances, summary, title
from cds_service.domain.program_timeline import Timeline

EDGE: Final = 16.0
LANE: Final = 34
DAY_ROW: Final = 22
KEY: Final = 34
TOTALS: Final = 44


SHARES: Final = (0.14, 0.15, 0.19, 0.16, 0.18, 0.18)
"""How much of the width each of the six answers takes."""
KEY_WORDS: Final = {
    "therapist": "therapist",
    "assistant": "assistant alone",
    "neither": "neither of them",
    "unknown": "who is not known",
    "booked": "booked",
    "untimed": "time not known",
}


def svg(timeline: Timeline, *, standalone: bool = False) -> Markup:
    """The picture; ``standalone`` as a file of its own, with its stylesheet and the six answers in it.

    On a page the answers stand above it as text.
    """
    layout = PictureLayout(timeline)
    lanes = [*measurement_lanes(layout), *plan_lanes(layout), *approval_lanes(layout)]
    known = list(days_to_know(layout))
    used = list(gauges(timeline))
    blocks = list(layout.bars())
    lanes_top = BARS_TOP + BARS_HEIGHT + TOTALS
    gauges_top = lanes_top + len(lanes) * LANE
    days_top = gauges_top + len(used) * LANE
    height = days_top + len(known) * DAY_ROW + KEY + 12
    return drawn(
        "timeline.svg.j2",
        standalone=standalone,
        title=title(timeline),
        summary=summary(timeline),
        layout=layout,
        size=(layout.width, height),
        left=LEFT,
        bars=(BARS_TOP, BARS_TOP + BARS_HEIGHT),
        glances=list(zip(_places(layout.width), glances(timeline), strict=True)),
        columns=list(layout.columns()),
        hours=[(number(hours), layout.up.at(hours * 60)) for hours in layout.hours],
        blocks=blocks,
        key=list(_key({block.kind for block in blocks}, signs=bool(timeline.measured))),
        lanes=[(lanes_top + place * LANE, lane) for place, lane in enumerate(lanes)],
        gauges=[(gauges_top + place * LANE, gauge) for place, gauge in enumerate(used)],
        known=[(days_top + place * DAY_ROW, entry) for place, entry in enumerate(known)],
        days_top=days_top,
    )


def _places(width: float) -> Iterator[float]:
    """Where each of the six answers begins."""
    x = EDGE
    for share in SHARES:
        yield round(x, 1)
        x += share * (width - EDGE)


def _key(kinds: Collection[str], *, signs: bool) -> Iterator[tuple[float, str, str]]:
    """Where the key of each kind of bar stands that occurs, and at the end that of the ``signs`` before results."""
    x = EDGE
    for kind, words in KEY_WORDS.items():
        if kind in kinds:
            yield round(x, 1), kind, words
            x += 18 + len(words) * LETTER_WIDTH + 18
    if signs:
        yield round(x, 1), "", ""
