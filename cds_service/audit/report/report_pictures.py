"""Charts of a report, from the same counts as the tables beside them."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from cards.drawing.bar_charts import Bar, BarChart, column_chart, row_chart
from cards.drawing.line_charts import LineChart, Series, line_chart
from cds_service.audit.report.report_words import short_day
from cds_service.audit.report.visit_tallies import Tally

MOST_BARS: Final = 14
"""Rows of a picture; the table has all."""
MOST_WEEKS_DRAWN: Final = 53
SIDES: Final = ("Supported, not billed", "Billed beyond the record", "Billed without support")


def sides_picture(title: str, tallies: Sequence[Tally]) -> Markup | None:
    """Units that were billed too low and too high, side by side; those with most first."""
    wrong = [tally for tally in tallies if tally.left_unbilled or tally.at_risk]
    most = sorted(wrong, key=lambda tally: (-(tally.left_unbilled.units + tally.at_risk.units), tally.name))
    if not most:
        return None
    bars = tuple(Bar(tally.name or "Not on record", _sides(tally)) for tally in most[:MOST_BARS])
    description = f"{title}: units supported and not billed, beside units billed beyond the record or without support."
    return row_chart(BarChart(title, f"{description} The table has the numbers.", SIDES, bars))


def weeks_picture_of(tallies: Sequence[Tally]) -> Markup | None:
    """The same week by week."""
    latest = tallies[-MOST_WEEKS_DRAWN:]
    if not any(tally.left_unbilled or tally.at_risk for tally in latest):
        return None
    bars = tuple(Bar(short_day(tally.name), _sides(tally)) for tally in latest)
    words = "Units billed too low or too high in each week. The table has the numbers."
    return column_chart(BarChart("Units by week", words, SIDES, bars))


def right_picture(tallies: Sequence[Tally]) -> Markup | None:
    """The share of judged visits that were billed right, week by week."""
    latest = tallies[-MOST_WEEKS_DRAWN:]
    shares = tuple(_share_right(tally) for tally in latest)
    if len([known for known in shares if known is not None]) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    labels = tuple(short_day(tally.name) for tally in latest)
    words = "Percent of the judged visits of each week that were billed as the record supports."
    return line_chart(LineChart("Billed right, percent", words, labels, (Series("Billed right", shares),)))


def _sides(tally: Tally) -> tuple[float, ...]:
    return tally.left_unbilled.units, tally.over_record.units, tally.unsupported.units


def _share_right(tally: Tally) -> float | None:
    judged = tally.visits - tally.count("not judged")
    return round(100 * tally.count("right") / judged, 1) if judged else None
