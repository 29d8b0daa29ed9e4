"""Who does the work: this process, several on this machine, or a Dask cluster; all behind one interface."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar

from cds_service.audit.steps.stopped import LookBackStopped

DISTRIBUTION: Final = "work-rehab-cds"
WAIT_FOR_CLUSTER: Final = "10s"
"""Longest wait for a scheduler to answer."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Pool(NamedTuple):
    """An executor, and how many orders it works on at a time."""

    executor: Executor
    workers: int


class InThisProcess(Executor):
    """Does what is submitted at once, here."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Do it, and keep how it went."""
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future


def installed_version() -> str:
    """The version of this package on the machine that is asked."""
    return version(DISTRIBUTION)


@contextmanager
def opened_pool(processes: int | None = None, cluster: str | None = None) -> Iterator[Pool]:
    """The pool for a look-back.

    Args:
        processes: How many on this machine; None for as many as it has cores.
        cluster: Address of a Dask scheduler, like ``tcp://10.0.0.5:8786``; the work is done there.

    Raises:
        LookBackStopped: the cluster cannot be used.
    """
    if cluster is not None:
        with _on_cluster(cluster) as pool:
            yield pool
        return
    number = processes or _cores()
    if number == 1:
        yield Pool(InThisProcess(), 1)
        return
    context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "fork")
    before = multiprocessing.active_children()
    executor = ProcessPoolExecutor(number, mp_context=context, initializer=_begin_worker)
    try:
        executor.submit(os.getpid).result()  # all processes begin here, before this one has threads of its own
        yield Pool(executor, number)
    finally:
        with _undisturbed():
            for worker in multiprocessing.active_children():
                if worker not in before:  # asked to end, one would wait for ever for a lock of one that was killed
                    worker.kill()  # whatever it has in hand can be done again
            executor.shutdown(cancel_futures=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """While workers are ended, whoever presses Ctrl-C once more has to wait that moment."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin_worker() -> None:
    """Leave Ctrl-C to the process that asked, and end when that one has ended, however it did."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _on_cluster(address: str) -> Iterator[Pool]:
    try:
        from distributed import Client  # an extra: most look-backs need no cluster
    except ImportError:
        raise LookBackStopped(
            "A cluster needs the package distributed, which is not installed.",
            "Install it with: pip install 'work-rehab-cds[dask]'.",
        ) from None
    try:
        begin: Any = Client  # has no types of its own
        client = begin(address, timeout=WAIT_FOR_CLUSTER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise LookBackStopped(
            f"No Dask scheduler answers at {address} ({type(error).__name__}).",
            "Check that it runs, and the address that it printed at its start.",
        ) from None
    with client:
        versions: dict[str, str] = client.run(installed_version)
        _check(address, versions)
        threads: int = sum(client.nthreads().values())
        with client.get_executor(pure=False) as executor:
            yield Pool(executor, threads)


def _check(address: str, versions: dict[str, str]) -> None:
    if not versions:
        raise LookBackStopped(f"The Dask scheduler at {address} has no workers.", "Start some: dask worker ADDRESS.")
    differing = sorted(worker for worker, installed in versions.items() if installed != installed_version())
    if differing:
        raise LookBackStopped(
            f"{len(differing)} of {len(versions)} workers have another version of {DISTRIBUTION}, like {differing[0]}.",
            f"Install {installed_version()} there.",
        )
