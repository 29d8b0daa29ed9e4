"""Answers of the database for pages: in time or not at all, and for a moment from memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select

from cds_service.errors import NotReady
from cds_service.records.database import Database, StoreError
from cds_service.records.record_tables import DecisionRow, FeedbackRow
from cds_service.records.store_threads import StoreResult

STORE_SECONDS: Final = 8.0
"""Longest wait for the database; PostgreSQL itself ends a statement after five seconds."""
REMEMBERED_SECONDS: Final = 10.0
"""How long counts are shown again while no call and no feedback came."""
MOST_REMEMBERED: Final = 32


def from_store(database: Database, work: Callable[[], StoreResult]) -> StoreResult:
    """The result of work on the database.

    Raises:
        NotReady: the database cannot be used, or does not answer in time.
    """
    if database.resting:
        raise NotReady
    try:
        return database.within(STORE_SECONDS, work)
    except StoreError:
        raise NotReady from None


class _Remembered(NamedTuple):
    marks: tuple[object, ...]
    counted: float
    result: Any


class Remembered:
    """What was counted lately, for the same question: who opens one page after the other does not count anew.

    ``clock`` counts seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._results: OrderedDict[object, _Remembered] = OrderedDict()
        self._lock = Lock()

    def counted(self, question: object, work: Callable[[], StoreResult]) -> StoreResult:
        """The answer to a question, from memory where nothing came since.

        Raises:
            NotReady: the database cannot be used.
        """
        marks, now = from_store(self._database, self._marks), self._clock()
        with self._lock:
            found = self._results.get(question)
        if found is not None and found.marks == marks and now - found.counted < REMEMBERED_SECONDS:
            result: StoreResult = found.result
            return result
        result = work()
        with self._lock:
            self._results[question] = _Remembered(marks, now, result)
            self._results.move_to_end(question)
            while len(self._results) > MOST_REMEMBERED:
                self._results.popitem(last=False)
        return result

    def _marks(self) -> tuple[object, ...]:
        """The first and the newest call, and the newest feedback: three looks at an index."""
        looks = (func.min(DecisionRow.at), func.max(DecisionRow.at), func.max(FeedbackRow.received_at))
        with self._database.single() as connection:
            return tuple(connection.execute(select(look)).scalar() for look in looks)
