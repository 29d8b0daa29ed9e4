"""A server whose every call meets a fault, and whose faults quote the request; run as a program with a port."""

import sys
from threading import Thread

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from cds_service.app.settings import load_settings
from cds_service.policies.stack import PolicyStack
from cds_service.web.application import create_app
from cds_service.web.around.logs import speak_for_all
from cds_service.web.front import Front
from tests.web.talking import AnswersWith


def break_down(call):
    """Fails as a bug might: with the request in the message, in its cause, and in a thread of its own."""
    quoted = bytes(call.prefetch).decode()
    dies = Thread(target=_raise, args=(quoted,))
    dies.start()
    dies.join()
    try:
        _raise(quoted)
    except ValueError as error:
        raise RuntimeError(f"cannot answer {call} with {quoted}") from error


def _raise(quoted):
    raise ValueError(quoted)


def application():
    speak_for_all()
    settings = load_settings()
    app = create_app(settings, AnswersWith(break_down), PolicyStack(()))
    return Front(app, settings.max_body_bytes, threads=1)


if __name__ == "__main__":
    MPServer(
        "tests.web.faulty:application",
        factory=True,
        port=int(sys.argv[2]),
        interface=Interfaces.RSGI,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()
