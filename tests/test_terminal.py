from io import StringIO

import pytest
from rich.console import Console

from cds_service.sandbox import bundled
from cds_service.terminal import show_table

PROSE = "A worker after a fall from a ladder, with a program that grows week by week"


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_names_in_the_first_column_can_be_copied_at_eighty_columns(columns):
    output = StringIO()
    names = bundled()
    show_table(
        Console(file=output, width=80),
        ("story", *("about",) * columns),
        [(name, *(PROSE,) * columns) for name in names],
    )
    lines = output.getvalue().splitlines()
    assert all(any(name in line for line in lines) for name in names)
    assert max(map(len, lines)) <= 80


def test_a_table_without_rows_shows_its_header():
    output = StringIO()
    show_table(Console(file=output, width=80), ("story", "about"), [])
    assert "story" in output.getvalue()
