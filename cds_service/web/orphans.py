"""A worker process ends when the process that started it does, also when that one is killed."""

import multiprocessing
import os
import signal
from threading import Thread
from time import sleep
from typing import Final

WATCH_SECONDS: Final = 0.5


def end_with_parent(seconds: float) -> None:
    """End this worker like by SIGTERM once its parent has ended, and in any case so many ``seconds`` later.

    A worker that is told to end before it has begun to serve ends at once: handlers that it has from its parent would
    only note the signal.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        while os.getppid() == parent.pid:
            sleep(WATCH_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(seconds)
        os._exit(1)

    Thread(target=watch, name="parent", daemon=True).start()
