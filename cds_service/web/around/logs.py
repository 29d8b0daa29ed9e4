"""Structured log: one JSON object per line on stderr, never bodies, tokens, or anything of a patient."""

import logging
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from types import TracebackType

LOGGER: Final = "cds_service"
UNTOLD: Final = ("/health/live", "/health/ready", "/metrics")
"""Routes that machines ask all the time."""
_log: Final = logging.getLogger(__name__)


class JsonFormatter(logging.Formatter):
    """``time``, ``level``, ``event`` (the message) and the record's ``fields``, without absent ones.

    Of an exception only its type and the code lines are told: its message may quote the request.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields: dict[str, Any] = getattr(record, "fields", {})
        line |= {name: value for name, value in fields.items() if value is not None and value != ()}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = code_lines(record.exc_info[2])
        return orjson.dumps(line, default=str).decode()


class PlainFormatter(logging.Formatter):
    """One line of words for a person who tries the service: calls, pages, and what became of a reload."""

    def format(self, record: logging.LogRecord) -> str:
        """Like ``10:15:02  encounter-discharge  work-rehab-visit  2 cards  14 ms``."""
        fields: dict[str, Any] = getattr(record, "fields", {})
        match record.getMessage():
            case "request":
                words = self._request(fields)
            case "policies-reloaded":
                words = [f"policies read again: {fields['policies']} in use from the next call on"]
            case "policies-not-reloaded":
                words = [f"policies not read again, those in use stay: {fields['why']}"]
            case event:
                words = [event, *(f"{name}: {value}" for name, value in fields.items())]
        return "  ".join((datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S"), *words))

    def _request(self, fields: Mapping[str, Any]) -> list[str]:
        call = (
            [fields["hook"], fields["service"]]
            if fields["hook"]
            else [f"{fields['method']} {fields['route'] or 'nothing at this path'}"]
        )
        count = fields["cards"]
        cards = [] if count is None else [f"{count} card{'' if count == 1 else 's'}"]
        status = [] if fields["status"] == HTTPStatus.OK else [f"status {fields['status']}"]
        return [*call, *status, *cards, f"{fields['ms']:.0f} ms"]


class _ForeignFormatter(JsonFormatter):
    """What another library has to say, without its words: they may quote a URL, a header or a row."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        spoken = logging.makeLogRecord(
            {
                "created": record.created,
                "levelname": record.levelname,
                "msg": "library",
                "fields": {"library": record.name, "at": [f"{record.module}:{record.lineno} {record.funcName}"]},
                "exc_info": record.exc_info,
            }
        )
        return super().format(spoken)


def code_lines(trace: "TracebackType | None") -> list[str]:
    """Where an exception came from, innermost last, as ``module:line function``."""
    found: list[str] = []
    while trace is not None:
        frame = trace.tb_frame
        found.append(f"{frame.f_globals.get('__name__', '?')}:{trace.tb_lineno} {frame.f_code.co_name}")
        trace = trace.tb_next
    return found[-12:]


class _Stderr(logging.Handler):
    """Writes to whatever stderr is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")


class _Stdout(logging.Handler):
    """Prints."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), flush=True)  # noqa: T201 - what the demo is for


def configure_logging(level: str) -> None:
    """Send our records to stderr as JSON; a second call only changes the level."""
    logger = logging.getLogger(LOGGER)
    if not any(isinstance(handler, _Stderr) for handler in logger.handlers):
        logger.addHandler(_handler(JsonFormatter()))
    handlers = [handler for handler in logger.handlers if isinstance(handler, _Stderr | _Stdout)]
    for handler in handlers:
        if isinstance(handler, _Stderr):
            handler.setLevel(level)
    logger.setLevel(min(handler.level for handler in handlers))


def tell_calls() -> None:
    """Print calls and reloads in plain words too, whatever the level of the log."""
    printing = _Stdout(logging.INFO)
    printing.setFormatter(PlainFormatter())
    printing.addFilter(lambda record: getattr(record, "fields", {}).get("route") not in UNTOLD)
    logging.getLogger(LOGGER).addHandler(printing)


def speak_for_all() -> None:
    """For a process of our own: what Python and other libraries would print is logged by where it was, not by what.

    Of libraries that is what they warn of; of Python, warnings and exceptions that nobody catches.
    """
    handler = _handler(_ForeignFormatter())
    handler.addFilter(lambda record: record.name.partition(".")[0] != LOGGER)
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(capture=True)
    threading.excepthook = _uncaught
    sys.unraisablehook = _uncaught


def _uncaught(died: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
    _log.error("uncaught", exc_info=(died.exc_type, died.exc_value or died.exc_type(), died.exc_traceback))


def _handler(formatter: logging.Formatter) -> logging.Handler:
    handler = _Stderr()
    handler.setFormatter(formatter)
    return handler
