"""Options that take a day."""

from datetime import datetime
from typing import Any, Final

import click


class _Day(click.ParamType[datetime]):
    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """The midnight that the day begins with; anything but a day is refused with what is right."""
        try:
            return datetime.strptime(value, "%Y-%m-%d")  # noqa: DTZ007 - a day of no zone
        except ValueError:
            self.fail(f"{value} is no date: write it like 2026-03-16", param, ctx)


DAY: Final = _Day()
"""A day, written like 2026-03-16."""
