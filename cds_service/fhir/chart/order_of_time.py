"""Treatments in order of time, those that go on over midnight on the date their visit began."""

from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Final, TypeVar

from cds_service.domain.care import Service, Session

_Timed = TypeVar("_Timed", Session, Service)
LONGEST_PAUSE: Final = timedelta(hours=1)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_WHEN: Final = attrgetter("date", "period.start", "reference")


def sort_by_time(treatments: list[_Timed]) -> None:
    """Put treatments in order of time, those without a time first on their date."""
    untimed = any([treatment.period is None for treatment in treatments])  # noqa: C419 - half the time of a generator
    treatments.sort(key=_by_time if untimed else _WHEN)


def join_after_midnight(treatments: list[_Timed]) -> None:
    """Give a treatment that goes on where one of the same visit ended the date on which the visit began.

    A visit over midnight is one date of service, in one treatment or in several.
    """
    for place in range(1, len(treatments)):
        before, after = treatments[place - 1], treatments[place]
        if before.date == after.date or before.period is None or after.period is None:
            continue
        if before.encounter == after.encounter and after.period.start - before.period.end <= LONGEST_PAUSE:
            treatments[place] = after._replace(date=before.date)


def _by_time(treatment: Session | Service) -> tuple[date, datetime, str]:
    return treatment.date, treatment.period.start if treatment.period is not None else _EARLIEST, treatment.reference
