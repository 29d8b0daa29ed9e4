"""A server that waits a second for a body; run as a program with a port."""

import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from cds_service.app.settings import load_settings
from cds_service.web.application import create_app
from cds_service.web.front import Front


def application():
    settings = load_settings()
    return Front(create_app(settings), settings.max_body_bytes, threads=1, seconds=1.0)


if __name__ == "__main__":
    MPServer(
        "tests.server.impatient:application",
        factory=True,
        port=int(sys.argv[2]),
        interface=Interfaces.RSGI,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()
