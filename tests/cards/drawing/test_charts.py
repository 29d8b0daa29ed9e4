"""Bar charts and line charts: every amount in its place, text harmless, a picture that any reader can open."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.drawing.bar_charts import Bar, BarChart, column_chart, row_chart
from cards.drawing.line_charts import LineChart, Series, line_chart
from cards.drawing.scales import Scale, marks, thinned

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert(1)</script>\x00\ud800 & \"'"
WEEKS = BarChart(
    "Cards by week",
    "Cards that were shown in each week",
    ("accepted", "overridden"),
    (Bar("Nov 2", (3, 1)), Bar("Nov 9", (6, 2))),
)


def parts(picture):
    return [found for found in ET.fromstring(picture).iter() if "drawing-part" in found.get("class", "")]  # noqa: S314 - our own picture


@pytest.mark.parametrize("draw", [column_chart, row_chart])
def test_the_parts_of_a_bar_are_as_long_as_their_amounts(draw):
    side = "height" if draw is column_chart else "width"
    lengths = {
        found.find(f"{SVG}title").text: float(found.get(side))
        for found in parts(draw(WEEKS))
        if found.find(f"{SVG}title") is not None
    }
    assert ["Nov 2, accepted: 3", "Nov 2, overridden: 1", "Nov 9, accepted: 6", "Nov 9, overridden: 2"] == list(lengths)
    accepted, overridden = lengths["Nov 9, accepted: 6"], lengths["Nov 9, overridden: 2"]
    assert pytest.approx(accepted, abs=0.2) == 2 * lengths["Nov 2, accepted: 3"]
    assert pytest.approx(accepted, abs=0.3) == 3 * overridden


@pytest.mark.parametrize("draw", [column_chart, row_chart])
def test_a_chart_of_nothing_is_still_a_picture(draw):
    empty = BarChart("Cards", "No card was shown", ("shown",), ())
    assert "No card was shown" in ET.fromstring(draw(empty)).find(f"{SVG}desc").text  # noqa: S314 - our own
    zero = BarChart("Cards", "No card was shown", ("shown",), (Bar("Nov 2", (0,)),))
    assert not [found for found in parts(draw(zero)) if found.find(f"{SVG}title") is not None]


def test_a_line_stops_where_there_is_no_value():
    chart = LineChart("Latency", "Milliseconds a call", ("1", "2", "3", "4", "5"), (Series("p50", (1, 2, None, 4, 5)),))
    root = ET.fromstring(line_chart(chart))  # noqa: S314 - our own picture
    assert 2 == len(root.findall(f"{SVG}polyline"))
    assert ["p50, 1: 1", "p50, 2: 2", "p50, 4: 4", "p50, 5: 5"] == [
        dot.find(f"{SVG}title").text for dot in root.findall(f"{SVG}circle")
    ]


@pytest.mark.parametrize("standalone", [True, False])
def test_hostile_text_stays_text(standalone):
    bars = BarChart(HOSTILE, HOSTILE, (HOSTILE, HOSTILE), (Bar(HOSTILE, (1, 2)),))
    lines = LineChart(HOSTILE, HOSTILE, (HOSTILE,), (Series(HOSTILE, (1,)), Series(HOSTILE, (2,))))
    for picture in (
        column_chart(bars, standalone=standalone),
        row_chart(bars, standalone=standalone),
        line_chart(lines, standalone=standalone),
    ):
        root = ET.fromstring(picture)  # noqa: S314 - our own picture
        assert not [found for found in root.iter() if "script" in found.tag]
        assert standalone == (root.find(f"{SVG}style") is not None)
        assert "style=" not in picture


def test_a_picture_is_said_to_those_who_do_not_see_it():
    root = ET.fromstring(column_chart(WEEKS))  # noqa: S314 - our own picture
    assert "img" == root.get("role")
    assert ["Cards by week", "Cards that were shown in each week"] == [
        root.find(f"{SVG}{name}").text for name in ("title", "desc")
    ]


@pytest.mark.parametrize(
    ("high", "expected"), [(0, (0, 1)), (3, (0, 1, 2, 3)), (8, (0, 2, 4, 6, 8)), (240, (0, 100, 200, 300))]
)
def test_marks_beside_counts_are_round_and_whole(high, expected):
    assert expected == marks(0, high)


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e6))
def test_marks_hold_all_values(low, span):
    found = marks(low, low + span, whole=False)
    assert found[0] <= low + 1e-5
    assert found[-1] >= low + span - 1e-5
    assert 2 <= len(found) <= 8


def test_labels_that_do_not_fit_leave_their_places():
    assert ("1", "", "3", "", "5") == thinned("12345", 3)
    assert (44.0, 44.0) == (Scale(2, 2, 44, 90).at(2), Scale(0, 10, 44, 44).at(5))
