"""A request that a visitor pastes: read and answered as the service would, and forgotten."""

from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Struct

from cds_service.app.assembly import local_now
from cds_service.errors import InvalidRequest, MissingField, RequestError, TooDeep, shown
from cds_service.hooks.answer import Answered
from cds_service.hooks.call import HookCall, read_call, read_object
from cds_service.hooks.services import SERVICES
from cds_service.security.clients import DEMO
from cds_service.web.pages.try_it.answering import answerer_here
from cds_service.web.site import Site


class _Hook(Struct):
    hook: str | None = None


_decode_hook: Final = msgspec.json.Decoder(_Hook).decode
_SERVICE: Final = {service.hook: service for service in SERVICES}


class NoSuchHook(InvalidRequest):
    """The request names a hook that no service answers."""

    def __init__(self, hook: str) -> None:
        super().__init__("hook", f"is {shown(hook)}, which no service here answers")
        self.hint = f"There are services for: {', '.join(_SERVICE)}."


@dataclass(frozen=True, slots=True)
class PastedAnswer:
    """What became of a pasted request: answered, or refused with a reason that names no value of it."""

    call: HookCall | None = None
    answered: Answered | None = None
    refused: RequestError | None = None


def answer_pasted(site: Site, text: str) -> PastedAnswer:
    """Answer a request as of now; nothing of it is kept, and no FHIR server is asked for what it lacks."""
    try:
        call = _read(text.encode("utf-8", "surrogatepass"))
        answered = answerer_here(site, local_now()).answered(call, DEMO)
    except RecursionError:
        return PastedAnswer(refused=TooDeep())
    except RequestError as refused:
        return PastedAnswer(refused=refused)
    return PastedAnswer(call, answered)


def _read(body: bytes) -> HookCall:
    hook = read_object(_decode_hook, body).hook
    if hook is None or not hook.strip():
        raise MissingField("hook")
    if hook not in _SERVICE:
        raise NoSuchHook(hook)
    return read_call(body, _SERVICE[hook].id)
