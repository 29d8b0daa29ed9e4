"""Where a worker process begins; what it serves is loaded from here, not with this module.

Nothing is garbage while a process starts: the collector rests until all is loaded, which takes an eighth less time so.
"""

import gc
from typing import TYPE_CHECKING, Final

from cds_service.web.orphans import end_with_parent

if TYPE_CHECKING:
    from cds_service.web.front import Front

STOP_SECONDS: Final = 30
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names, for the workers of a server, the folder in which they count together."""
WORKER: Final = "WORK_REHAB_CDS_WORKER"
"""Names the number of a worker: no two that live have the same, and one that replaces a dead worker has its number."""


def application() -> "Front":
    """The application of one worker, for registered clients.

    Raises:
        ConfigurationError: there is no registry of clients, or it cannot be used.
    """
    gc.disable()
    end_with_parent(STOP_SECONDS)
    from cds_service.web.warmed import for_clients

    return for_clients()


def demo_application() -> "Front":
    """The application of the demo, which anybody on this machine may call; it prints the calls."""
    gc.disable()
    end_with_parent(STOP_SECONDS)
    from cds_service.web.warmed import for_anybody

    return for_anybody()
