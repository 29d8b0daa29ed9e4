"""Charts of the insights, from the same counts as the tables beside them."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from markupsafe import Markup

from cards.drawing.bar_charts import Bar, BarChart, column_chart, row_chart
from cds_service.records.insights import Insight
from cds_service.web.pages.insights.names import day_name

BARS_IN_PICTURE: Final = 12
"""Rows of a picture; the table has all."""
WEEKS_IN_PICTURE: Final = 53
PARTS: Final = ("Accepted", "Overridden", "No answer")


def weeks_picture(weeks: Sequence[Insight], today: date) -> Markup | None:
    """What became of the shown cards, week by week."""
    if not weeks:
        return None
    latest = weeks[-WEEKS_IN_PICTURE:]
    bars = tuple(Bar(day_name(week.key, today), (week.accepted, week.overridden, week.ignored)) for week in latest)
    description = f"Cards shown in each of {len(latest)} weeks, by what became of them. The table has the numbers."
    return column_chart(BarChart("Cards shown by week", description, PARTS, bars))


def became_picture(title: str, named: Sequence[tuple[str, Insight]]) -> Markup | None:
    """What became of the shown cards, row by row; the rows that were shown most."""
    shown = [(name, row) for name, row in named if row.shown][:BARS_IN_PICTURE]
    if not shown:
        return None
    bars = tuple(Bar(name, (row.accepted, row.overridden, row.ignored)) for name, row in shown)
    return row_chart(BarChart(title, f"{title}, the most frequent first. The table has the numbers.", PARTS, bars))


def counts_picture(title: str, part: str, named: Sequence[tuple[str, int]]) -> Markup | None:
    """Counts, row by row, the largest first."""
    if not named:
        return None
    bars = tuple(Bar(name, (count,)) for name, count in named[:BARS_IN_PICTURE])
    return row_chart(BarChart(title, f"{title}, the most frequent first. The table has the numbers.", (part,), bars))
