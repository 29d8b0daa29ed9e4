"""Options that take a day."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    OfDays = click.ParamType[datetime]
else:
    OfDays = click.ParamType  # click 8.1 takes no type here


class _Day(OfDays):
    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """The midnight that the day begins with; anything but a day is refused with what is right."""
        try:
            return datetime.strptime(value, "%Y-%m-%d")  # noqa: DTZ007 - a day of no zone
        except ValueError:
            self.fail(f"{value} is no date: write it like 2026-03-16", param, ctx)


DAY: Final = _Day()
"""A day, written like 2026-03-16."""
