"""Orders handed to a pool, a few more than its workers can do; and what stops them, in words."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import Final, TypeVar

from cds_service.audit.steps.pools import Pool
from cds_service.audit.steps.stopped import GO_ON, LookBackStopped, stopped_by

ORDERS_AHEAD: Final = 3
"""Orders in the hands of a pool for each of its workers, so that none waits."""
_LOST: Final = frozenset({"KilledWorker", "CommClosedError", "FutureCancelledError", "CancelledError"})
"""What Dask raises when its workers, or the scheduler, have died; it is not imported for it."""
_O = TypeVar("_O")
_R = TypeVar("_R")


def results_of(pool: Pool, function: Callable[[_O], _R], orders: Iterable[_O]) -> Iterator[tuple[_O, _R]]:
    """Each order with its result, as they come.

    Raises:
        LookBackStopped: the work cannot go on, or somebody stopped it; what is done stays done.
    """
    waiting = iter(orders)
    begun: dict[Future[_R], _O] = {}
    try:
        while True:
            while len(begun) < pool.workers * ORDERS_AHEAD and (order := next(waiting, None)) is not None:
                begun[pool.executor.submit(function, order)] = order
            if not begun:
                return
            for future in wait(begun, return_when=FIRST_COMPLETED).done:
                yield begun.pop(future), future.result()
    except OSError as error:
        raise stopped_by(error) from error
    except BrokenExecutor as error:
        raise _lost(
            "A process of the look-back was ended from outside, as a system does that is out of memory."
        ) from error
    except Exception as error:
        if type(error).__name__ not in _LOST:
            raise
        raise _lost("The workers of the cluster were lost while they worked.") from error
    finally:
        for future in begun:
            future.cancel()


def _lost(what: str) -> LookBackStopped:
    return LookBackStopped(what, f"See why. {GO_ON}")
