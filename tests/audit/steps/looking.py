"""A look-back in a process of its own, so that it can be killed: INPUT WORK PROCESSES [--resume] [--cluster URL]."""

import sys

from cds_service.audit.steps.pools import opened_pool
from cds_service.audit.steps.stopped import LookBackStopped, stopped_by_person
from tests.audit.steps.exported import looked, row_bytes


def main(place, work, processes, *options):
    cluster = options[options.index("--cluster") + 1] if "--cluster" in options else None
    try:
        with stopped_by_person(), opened_pool(int(processes), cluster) as pool:
            found = looked(place, work, pool, resume="--resume" in options)
    except LookBackStopped as stopped:
        sys.exit(str(stopped))
    sys.stdout.buffer.write(row_bytes(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
