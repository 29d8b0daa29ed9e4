"""Structured log: one JSON object per line on stderr, never bodies, tokens, or anything of a patient."""

import logging
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from types import TracebackType

LOGGER: Final = "cds_service"
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


class _ForeignFormatter(JsonFormatter):
    """What another library has to say, without its words: they may quote a URL, a header or a row."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        told = logging.makeLogRecord(
            {
                "created": record.created,
                "levelname": record.levelname,
                "msg": "library",
                "fields": {"library": record.name, "at": [f"{record.module}:{record.lineno} {record.funcName}"]},
                "exc_info": record.exc_info,
            }
        )
        return super().format(told)


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


def configure_logging(level: str) -> None:
    """Send our records to stderr as JSON; a second call only changes the level."""
    logger = logging.getLogger(LOGGER)
    logger.setLevel(level)
    if not any(isinstance(handler, _Stderr) for handler in logger.handlers):
        logger.addHandler(_handler(JsonFormatter()))


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
