"""Long work on the database in small transactions, so that whoever else writes has its turn in between."""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from cds_service.records.database import Database

LEAST_PAUSE_SECONDS: Final = 0.02
"""Between two steps; otherwise as long as the step took. Who waits for SQLite looks again after 1 to 25 ms."""


def in_small_steps(database: Database, step: Callable[[Connection], int], at_once: int) -> int:
    """Do ``step`` in one transaction after the other until it finds less than ``at_once`` to do; how much it was.

    Raises:
        StoreError: the database cannot be used; the steps before are done.
    """
    total = 0
    while True:
        began = time.monotonic()
        with database.writing() as connection:
            done = step(connection)
        total += done
        if done < at_once:
            return total
        time.sleep(max(time.monotonic() - began, LEAST_PAUSE_SECONDS))
